"""Moving pictures: frames, and the files they are written to: GIF, WebP or MP4."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from infogan.errors import UserError, require_extra
from infogan.figures import draw_grid, rows_of, square_grid
from infogan.files import replacing
from infogan.inference.paths import closed_path
from infogan.inference.trained_model import Model
from infogan.pictures.image_files import Resampling, to_picture

MOVING = (".gif", ".webp", ".mp4")
SIDE = 224
"""Of the frames of a way, about: images are enlarged by a whole factor."""
QUALITY = "12"
"""x264's crf: 0 is lossless, 23 its default."""


def check_animation(path: Path) -> None:
    """Raise UserError for a suffix no moving picture has, and for MP4 without its extra."""
    if path.suffix.lower() not in MOVING:
        raise UserError(f"{path}: unknown kind of moving picture; use .gif, .webp or .mp4")
    if path.suffix.lower() == ".mp4":
        require_extra("video", "MP4 (.gif and .webp do not)", "av")


def traversal_frames(
    model: Model, name: str, *, seed: int = 0, steps: int = 25
) -> list[Image.Image]:
    """One picture a step of a code, there and back, for a moving picture."""
    grid, values = model.traverse(name, rows=rows_of(model), steps=steps, seed=seed)
    shots = [
        draw_grid(
            square_grid(grid[:, step]), f"{name} = {model.names.label(name, round(value, 2))}"
        )
        for step, value in enumerate(values)
    ]
    return shots + shots[-2:0:-1]


def path_frames(
    model: Model,
    points: Float[Tensor, "n dim"],
    *,
    scale: int | None = None,
    resampling: Resampling = "nearest",
) -> list[Image.Image]:
    """A way through points and back to the first, 24 frames from each to the next."""
    images = model.generate(closed_path(model.latent, points))
    scale = scale or max(1, round(SIDE / images.shape[2]))
    return [to_picture(image, scale, resampling) for image in images]


def save_animation(frames: Sequence[Image.Image], path: Path, seconds: float = 3.0) -> None:
    """Write a moving picture by its suffix: a looping GIF, a looping lossless WebP, or an MP4.

    GIF has 256 colours a frame, and time in hundredths of a second. Raises UserError as
    `check_animation` does.
    """
    check_animation(path)
    each = seconds / len(frames)
    options: dict[str, Any] = {"save_all": True, "append_images": list(frames[1:]), "loop": 0}
    with replacing(path) as partial:
        match path.suffix.lower():
            case ".gif":
                frames[0].save(partial, "GIF", duration=10 * max(1, round(100 * each)), **options)
            case ".webp":
                duration = max(1, round(1000 * each))
                frames[0].save(partial, "WEBP", lossless=True, duration=duration, **options)
            case _:
                _save_mp4(frames, partial, each)


def _save_mp4(frames: Sequence[Image.Image], path: Path, seconds: float) -> None:
    """H.264 that every player takes: even sides, colours at half the resolution."""
    import av

    with av.open(str(path), "w", format="mp4") as file:
        rate = Fraction(1 / seconds).limit_denominator(1000)
        stream = file.add_stream("libx264", rate=rate, options={"crf": QUALITY})
        width, height = frames[0].size
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            pixels = np.asarray(frame.convert("RGB"))
            even = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        file.mux(stream.encode())
