"""dSprites' own file, `dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz`, when the user has it."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from numpy.lib import format as npy
from tqdm import tqdm

from infogan.data.resize import check_fit
from infogan.data.source import GridSource

NAMES = ("colour", "shape", "scale", "orientation", "x", "y")
CHUNK = 4096


class DSprites(GridSource):
    """The images of the official file, with its factors (those that vary: not colour).

    The file is read once, as a stream, and its binary images are kept at one bit a pixel: 377 MB
    for all 737,280, where the plain array would take 3 GB. Raises ValueError for another layout.
    Source: Matthey et al., dSprites, 2017.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or str(path)
        try:
            with zipfile.ZipFile(path) as file:
                with file.open("latents_classes.npy") as stream:
                    classes = npy.read_array(stream, allow_pickle=False)
                self._bits, side = _packed(file)
        except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path}: not a readable dSprites file ({error})") from error
        check_fit(side, None)
        self.shape = (1, side, side)
        sizes = classes.max(axis=0) + 1
        varying = np.flatnonzero(sizes > 1)
        self.factor_names = tuple(NAMES[i] for i in varying)
        self.factor_sizes = tuple(int(size) for size in sizes[varying])
        indices = np.arange(len(self._bits))
        if len(self) != len(indices) or not np.array_equal(
            self.factors(indices), classes[:, varying]
        ):
            raise ValueError(
                f"{path}: latents_classes is not the complete grid of dSprites in its order"
            )

    def _render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n 1 h w"]:
        _, side, _ = self.shape
        bits = self._bits[np.ravel_multi_index(tuple(factors.T), self.factor_sizes)]
        pixels = np.unpackbits(bits, axis=1, count=side * side)
        return (pixels * np.uint8(255)).reshape(-1, 1, side, side)


def _packed(file: zipfile.ZipFile) -> tuple[UInt8[np.ndarray, "n bytes"], int]:
    """The images at one bit a pixel, and their side."""
    with file.open("imgs.npy") as stream:
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        shape, fortran, dtype = read_header[npy.read_magic(stream)](stream)
        if len(shape) != 3 or shape[1] != shape[2] or fortran or dtype != np.uint8:
            raise ValueError(f"imgs is {dtype} of shape {shape}, expected uint8 (n, 64, 64)")
        n, side, _ = shape
        bits = np.empty((n, -(-side * side // 8)), np.uint8)
        bar = tqdm(range(0, n, CHUNK), "reading dSprites", leave=False, disable=None)
        for start in bar:
            count = min(CHUNK, n - start)
            pixels = np.frombuffer(stream.read(count * side * side), np.uint8)
            bits[start : start + count] = np.packbits(pixels.reshape(count, -1), axis=1)
    return bits, side
