"""scikit-learn's 1,797 real handwritten digits, embedded: no file, no network."""

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

SIZE = 28
MARGIN = 1
"""Cells of background added around the 8×8, so that strokes at its edge end roundly."""


def read_images(size: int = SIZE) -> UInt8[np.ndarray, "1797 1 size size"]:
    """All 1,797 digits, 8×8 cells with values 0..16, enlarged to size × size (bicubic, in floats).

    The set has no split of its own: 'train' and 'test' both are the whole of it.
    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (CC BY 4.0).
    """
    from sklearn.datasets import load_digits

    cells = np.pad(load_digits().images, [(0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)])
    enlarged = [
        np.asarray(Image.fromarray(c).resize((size, size), Image.Resampling.BICUBIC))
        for c in cells.astype(np.float32)
    ]
    return np.rint(np.clip(np.stack(enlarged)[:, None] / 16, 0, 1) * 255).astype(np.uint8)


def read_labels() -> Int[np.ndarray, " 1797"]:
    """The digit that each image shows, for evaluation only."""
    from sklearn.datasets import load_digits

    labels: np.ndarray = load_digits().target.astype(np.int64)
    return labels
