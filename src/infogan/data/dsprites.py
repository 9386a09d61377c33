"""dSprites' own file, `dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz` or `.hdf5`."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from tqdm import tqdm

from infogan.data import hdf5, npz
from infogan.data.resize import check_fit
from infogan.data.source import GridSource
from infogan.errors import UserError

NAMES = ("colour", "shape", "scale", "orientation", "x", "y")
CHUNK = 4096


class DSprites(GridSource):
    """The images of the official file, with its factors (those that vary: not colour).

    The file is read once, as a stream, and its binary images are kept at one bit a pixel: 377 MB
    for all 737,280, where the plain array would take 3 GB. Raises UserError for another layout.
    Source: Matthey et al., dSprites, 2017.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or str(path)
        read = _from_hdf5 if path.suffix in hdf5.SUFFIXES else _from_npz
        try:
            self._bits, side, classes = read(path)
        except ValueError as error:
            raise UserError(f"{path}: not a readable dSprites file ({error})") from None
        self.shape = (1, side, side)
        if classes.shape != (len(self._bits), len(NAMES)) or classes.dtype.kind not in "iu":
            raise UserError(
                f"{path}: latents_classes is {classes.dtype} of shape {classes.shape}, expected "
                f"whole numbers ({len(self._bits)}, {len(NAMES)})"
            )
        sizes = [int(largest) + 1 for largest in classes.max(axis=0)]
        varying = [i for i, size in enumerate(sizes) if size > 1]
        self.factor_names = tuple(NAMES[i] for i in varying)
        self.factor_sizes = tuple(sizes[i] for i in varying)
        indices = np.arange(len(self._bits))
        if math.prod(self.factor_sizes) != len(indices) or not np.array_equal(
            self.factors(indices), classes[:, varying]
        ):
            raise UserError(
                f"{path}: latents_classes is not the complete grid of dSprites in its order"
            )

    def _render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n 1 h w"]:
        _, side, _ = self.shape
        bits = self._bits[np.ravel_multi_index(tuple(factors.T), self.factor_sizes)]
        pixels = np.unpackbits(bits, axis=1, count=side * side)
        return (pixels * np.uint8(255)).reshape(-1, 1, side, side)


Bits = UInt8[np.ndarray, "n bytes"]


def holds(path: Path) -> bool:
    """Whether a file has dSprites' arrays."""
    if path.is_file() and path.suffix in hdf5.SUFFIXES:
        return {"imgs", "latents"} <= hdf5.keys(path)
    return path.suffix == ".npz" and {"imgs", "latents_classes"} <= set(npz.names(path))


def _from_npz(path: Path) -> tuple[Bits, int, np.ndarray]:
    images, classes = npz.NpzArray(path, "imgs"), npz.NpzArray(path, "latents_classes")
    return _packed(images.shape, images.dtype, images.parts()), images.shape[1], classes.whole()


def _from_hdf5(path: Path) -> tuple[Bits, int, np.ndarray]:
    with hdf5.readable(path), hdf5.opened(path) as file:
        images = hdf5.array(file, "imgs")
        classes = np.asarray(hdf5.array(file, "latents/classes"))
        parts = (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
        return _packed(images.shape, images.dtype, parts), images.shape[1], classes


def _packed(shape: tuple[int, ...], dtype: Any, parts: Iterable[np.ndarray]) -> Bits:
    """The images at one bit a pixel, read piece by piece in their order."""
    if len(shape) != 3 or shape[1] != shape[2] or dtype != np.uint8:
        raise UserError(f"imgs is {dtype} of shape {shape}, expected uint8 (n, 64, 64)")
    n, side, _ = shape
    check_fit(side, None)
    if not n:
        raise UserError("there are no images in it")
    bits, start = np.empty((n, -(-side * side // 8)), np.uint8), 0
    with tqdm(total=n, desc="reading dSprites", leave=False, disable=None) as progress:
        for part in parts:
            bits[start : start + len(part)] = np.packbits(part.reshape(len(part), -1), axis=1)
            start += len(part)
            progress.update(len(part))
    return bits
