"""Images as files of their own: each in its native size, pixel for pixel, or enlarged."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from infogan.files import replacing_folder
from infogan.inference.code_table import open_table, value_columns
from infogan.inference.sampling import Part
from infogan.inference.trained_model import Model

Resampling = Literal["nearest", "lanczos"]
TABLE = "codes.csv"


def to_picture(
    image: UInt8[np.ndarray, "c h w"], scale: int = 1, resampling: Resampling = "nearest"
) -> Image.Image:
    """One image as a picture, grey or colour; each pixel `scale` times as wide and high."""
    pixels = image.transpose(1, 2, 0)
    picture = Image.fromarray(pixels[..., 0] if len(image) == 1 else pixels)
    if scale == 1:
        return picture
    size = (scale * picture.width, scale * picture.height)
    return picture.resize(size, Image.Resampling[resampling.upper()])


def save_images(
    model: Model,
    parts: Iterable[Part],
    n: int,
    out: Path,
    *,
    scale: int = 1,
    resampling: Resampling = "nearest",
    progress: Callable[[int], object] = lambda n: None,
) -> None:
    """Write n images as PNG files into a folder, `codes.csv` saying every code of each.

    The folder is there whole in the end, or not at all; one that was there before is replaced.
    """
    digits = max(6, len(str(n - 1)))
    done = 0
    with replacing_folder(out) as folder, open_table(folder / TABLE) as table:
        for images, codes in parts:
            names = [f"{i:0{digits}d}.png" for i in range(done, done + len(images))]
            for name, image in zip(names, images, strict=True):
                to_picture(image, scale, resampling).save(folder / name)
            table.write({"file": np.array(names), **value_columns(model, codes)})
            done += len(images)
            progress(len(images))
