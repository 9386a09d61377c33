"""A few labelled images, listed in a file: `file,label` or `index,label`."""

import csv
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from infogan.data.folder import read_image
from infogan.data.open import open_images
from infogan.data.rules import ImageRules
from infogan.errors import UserError

HEADERS = {"file", "index", "path", "image", "filename"}


def read_labels_csv(path: Path) -> dict[str, str]:
    """Image (a file, or a number counted from 0) → label, in the order of the file.

    The first line may be a header. Raises UserError, naming the line, for a line without both, or
    for an image with two labels.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; it should hold lines such as photo.png,cat")
    labels: dict[str, str] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                cells = [cell.strip() for cell in row]
                if not any(cells) or (number == 1 and cells[0].lower() in HEADERS):
                    continue
                if len(cells) < 2 or not cells[0] or not cells[1]:
                    raise UserError(f"line {number} needs an image and a label, such as 17,eight")
                if labels.setdefault(cells[0], cells[1]) != cells[1]:
                    raise UserError(f"line {number}: {cells[0]} has another label already")
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path}: {error}") from None
    if not labels:
        raise UserError(f"{path}: holds no labels; it needs lines such as photo.png,cat")
    return labels


def labelled_images(
    names: list[str],
    data: str | Path,
    *,
    split: str,
    shape: tuple[int, int, int],
    rules: ImageRules | None = None,
) -> UInt8[np.ndarray, "n c h w"]:
    """The images of these names: numbers in `data`, or files in the folder that it is.

    Raises UserError for one that is not there or cannot be read.
    """
    channels, side, _ = shape
    if all(name.isdecimal() for name in names):
        source = open_images(data, split=split, size=side, channels=channels, rules=rules)
        if beyond := [name for name in names if int(name) >= len(source)]:
            raise UserError(
                f"{data}: has no image {beyond[0]}, its {split} part holds {len(source):,} "
                "counted from 0"
            )
        return source.batch(np.array([int(name) for name in names]))
    return np.stack([read_image(Path(data) / name, shape, rules) for name in names])
