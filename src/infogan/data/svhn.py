"""Street View House Numbers, cropped: `train_32x32.mat` and `test_32x32.mat`, MATLAB version 5.

Source: Netzer et al., Reading digits in natural images with unsupervised feature learning, 2011.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.matlab import read_array
from infogan.errors import UserError

FILE = "{split}_32x32.mat"


def holds(path: Path) -> bool:
    """Whether this is a `.mat` file, or a folder that holds SVHN's."""
    files = (path / FILE.format(split=split) for split in ("train", "test"))
    return path.suffix == ".mat" if path.is_file() else any(file.is_file() for file in files)


def read_images(path: Path, split: str) -> UInt8[np.ndarray, "n 3 h w"]:
    """The images, as a view of the file's own array: X is (32, 32, 3, n), the last axis slowest.

    Of a folder the split's file, of a file its images whatever the split. Raises UserError.
    """
    path = _file(path, split)
    x = _read(path, "X")
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[2] != 3 or x.shape[0] != x.shape[1]:
        raise UserError(f"{path}: X is {x.dtype} of shape {x.shape}, expected uint8 (32, 32, 3, n)")
    return x.transpose(3, 2, 0, 1)


def read_labels(path: Path, split: str) -> Int[np.ndarray, " n"]:
    """The digits 0 to 9; the file writes the digit 0 as 10."""
    path = _file(path, split)
    y = _read(path, "y").ravel()
    if y.dtype.kind not in "ui" or (y.size and not (y.min() >= 1 and y.max() <= 10)):
        raise UserError(f"{path}: y holds other labels than the whole numbers from 1 to 10")
    return y.astype(np.int64) % 10


def _file(path: Path, split: str) -> Path:
    if path.is_dir():
        path = path / FILE.format(split=split)
        if not path.is_file():
            raise UserError(f"{path}: is missing; the folder holds only SVHN's other split")
    return path


def _read(path: Path, key: str) -> np.ndarray:
    with path.open("rb") as file:
        if file.read(10) == b"MATLAB 7.3":
            raise UserError(
                f"{path}: a MATLAB 7.3 file, but SVHN's cropped digits are of version 5; "
                "give train_32x32.mat as published"
            )
    return read_array(path, key)
