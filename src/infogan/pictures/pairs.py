"""Real images beside what was made of them."""

import numpy as np
from PIL import Image

from infogan.figures import below, draw_grid
from infogan.inference.trained_model import Images

COLUMNS, ROWS = 12, 4
ENLARGED = 224
"""Pixels that an image of an edit is about wide, at least."""


def draw_edit(before: Images, rebuilt: Images, after: Images) -> Image.Image:
    """One image (1, c, h, w) as it was, as the model rebuilds it, and edited, much enlarged."""
    images = np.stack([before[0], rebuilt[0], after[0]])[None]
    factor = max(1, round(ENLARGED / images.shape[-1]))
    large = images.repeat(factor, axis=-1).repeat(factor, axis=-2)
    return draw_grid(large, column_labels=("before", "rebuilt", "after"))


def draw_pairs(
    real: Images, made: Images, labels: tuple[str, str] = ("real", "made")
) -> Image.Image:
    """Rows of real images, each over the row of their reproductions; the first 48 of them."""
    n = min(len(real), COLUMNS * ROWS)
    columns = min(n, COLUMNS)
    strips = []
    for start in range(0, n, columns):
        pair = np.stack([images[start : min(start + columns, n)] for images in (real, made)])
        strips.append(draw_grid(pair, row_labels=labels))
    return below(strips)
