"""Real images beside what was made of them."""

import numpy as np
from PIL import Image

from infogan.figures import below, draw_grid
from infogan.inference.trained_model import Images

COLUMNS, ROWS = 12, 4


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
