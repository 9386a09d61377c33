"""3D Shapes: DeepMind's `3dshapes.h5`, or an `.npz` of the same two arrays.

Source: Burgess & Kim, 3D Shapes dataset, 2018.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from tqdm import tqdm

from infogan.data import hdf5, npz
from infogan.data.resize import check_fit
from infogan.data.source import GridSource, empty_images
from infogan.errors import UserError

NAMES = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")


class Shapes3D(GridSource):
    """The rooms, colour 64×64, with their six factors, of which those that vary are listed.

    Of an `.h5` only the images asked for are read, of an `.npz` all are unpacked, above 4 GiB to a
    temporary file. Raises UserError for another layout.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._images: Any
        if path.suffix == ".npz":
            self._images, labels = _unpacked(path)
        else:
            with hdf5.readable(path):
                file = hdf5.opened(path)
                self._images = hdf5.array(file, "images")
                labels = np.asarray(hdf5.array(file, "labels"))
        n, *image = self._images.shape
        if self._images.dtype != np.uint8 or not n or image != [*image[:1], *image[:1], 3]:
            raise UserError(
                f"{path}: images is {self._images.dtype} of shape {self._images.shape}, expected "
                "uint8 (480000, 64, 64, 3)"
            )
        if labels.shape != (n, len(NAMES)) or labels.dtype.kind not in "iuf":
            raise UserError(
                f"{path}: labels is {labels.dtype} of shape {labels.shape}, expected numbers "
                f"({n}, {len(NAMES)})"
            )
        check_fit(image[0], 3)
        self._path, self.shape = path, (3, image[0], image[0])
        found = [np.unique(column, return_inverse=True) for column in labels.T]
        varying = [i for i, (values, _) in enumerate(found) if len(values) > 1]
        self.factor_names = tuple(NAMES[i] for i in varying)
        self.factor_sizes = tuple(len(found[i][0]) for i in varying)
        classes = np.stack([found[i][1] for i in varying], axis=1) if varying else labels[:, :0]
        if math.prod(self.factor_sizes) != n or not np.array_equal(
            self.factors(np.arange(n)), classes
        ):
            raise UserError(f"{path}: labels is not the complete grid of 3D Shapes in its order")

    def _render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n 3 h w"]:
        indices = np.ravel_multi_index(tuple(factors.T), self.factor_sizes)
        # HDF5 takes each index once, in order.
        unique, back = np.unique(indices, return_inverse=True)
        with hdf5.readable(self._path):
            images: np.ndarray = np.asarray(self._images[unique])[back]
        return images.transpose(0, 3, 1, 2)


def holds(path: Path) -> bool:
    """Whether a file has 3D Shapes' arrays: images, and six labels of each."""
    if path.is_file() and path.suffix in hdf5.SUFFIXES:
        return {"images", "labels"} <= hdf5.keys(path)
    if path.suffix != ".npz" or not {"images", "labels"} <= set(npz.names(path)):
        return False
    try:
        shape = npz.NpzArray(path, "labels").shape
    except UserError:  # of other images, whose labels are never opened
        return False
    return len(shape) == 2 and shape[1] == len(NAMES)


def _unpacked(path: Path) -> tuple[UInt8[np.ndarray, "n h w c"], np.ndarray]:
    """The arrays of an `.npz`, the images unpacked piece by piece."""
    packed, labels = npz.NpzArray(path, "images"), npz.NpzArray(path, "labels").whole()
    if len(packed.shape) != 4 or packed.dtype != np.uint8:
        raise UserError(
            f"{path}: not a readable 3D Shapes file (images is {packed.dtype} of shape "
            f"{packed.shape})"
        )
    n, h, w, c = packed.shape
    images, start = empty_images((n, h, w, c)), 0
    with tqdm(total=n, desc="reading 3D Shapes", leave=False, disable=None) as progress:
        for part in packed.parts():
            images[start : start + len(part)] = part
            start += len(part)
            progress.update(len(part))
    return images, labels
