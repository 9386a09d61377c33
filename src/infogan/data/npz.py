"""Arrays in NumPy's `.npz` archives, read part by part, their sizes checked before anything is."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import numpy as np

from infogan.data.unpacking import check_unpacking
from infogan.errors import UserError
from infogan.files import require_file

PART_BYTES = 2**24
"""Bytes of an array held at a time."""


class NpzArray:
    """One array of an `.npz`, of which only a part is in memory. Raises UserError."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._member = path, f"{key}.npy"
        with readable(path), zipfile.ZipFile(path) as archive:
            info = archive.getinfo(self._member)
            with _opened(archive, self._member) as file:
                self.shape, self._fortran, self.dtype = _read_header(file)
                header = file.tell()
            declared = math.prod(self.shape) * self.dtype.itemsize
            if self.dtype.hasobject:
                raise UserError("Object arrays cannot be loaded")
            if info.file_size != header + declared:
                raise UserError(
                    f"{key} says it holds {declared:,} bytes, but has {info.file_size - header:,}"
                )
            check_unpacking(key, declared, info.compress_size)

    def parts(self) -> Iterator[np.ndarray]:
        """All of it along the first axis, some megabytes at a time."""
        if self._fortran or len(self.shape) < 2:
            yield self.whole()
            return
        row = math.prod(self.shape[1:]) * self.dtype.itemsize
        rows = max(1, PART_BYTES // max(1, row))
        with (
            readable(self._path),
            zipfile.ZipFile(self._path) as archive,
            _opened(archive, self._member) as file,
        ):
            _read_header(file)
            for start in range(0, self.shape[0], rows):
                count = min(rows, self.shape[0] - start)
                part = np.frombuffer(_exactly(file, count * row), self.dtype)
                yield part.reshape(count, *self.shape[1:])

    def whole(self) -> np.ndarray:
        """All of it."""
        with readable(self._path), np.load(self._path, allow_pickle=False) as arrays:
            array: np.ndarray = arrays[self._member.removesuffix(".npy")]
            return array


def names(path: Path) -> list[str]:
    """The names of the arrays in a file. Raises UserError."""
    with readable(path):
        if not zipfile.is_zipfile(path):
            raise UserError("no zip archive, or its end is missing")
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.namelist() if each.endswith(".npy")]
    return [each.removesuffix(".npy") for each in members]


def mapped(path: Path, remedy: str = "save it again") -> np.ndarray:
    """The array of an `.npy`, left on the disk, which must hold all of it. Raises UserError."""
    require_file(path, remedy)
    with readable(path, remedy):
        return np.lib.format.open_memmap(path, mode="r")


@contextmanager
def readable(path: Path, remedy: str = "save it again") -> Iterator[None]:
    """Turn what NumPy and zipfile raise for damaged files into a line."""
    try:
        yield
    except (
        *(ValueError, OSError, EOFError, OverflowError, MemoryError, KeyError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
        *(tokenize.TokenError, SyntaxError, TypeError),  # of a header, which NumPy reads as Python
    ) as error:
        if "bject" in str(error):  # NumPy's words: Object arrays, Python objects
            raise UserError(
                f"{path}: holds pickled objects, which are never loaded (images of several sizes?);"
                " save one uint8 array, or give a folder of image files"
            ) from error
        raise UserError(f"{path}: not a readable {path.suffix} ({error}); {remedy}") from error


def _opened(archive: zipfile.ZipFile, member: str) -> BufferedIOBase:
    return cast(BufferedIOBase, archive.open(member))


def _read_header(file: BufferedIOBase) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
    shape, fortran, dtype = (read or np.lib.format.read_array_header_2_0)(file)
    if any(side < 0 for side in shape):
        raise UserError(f"its shape is {shape}")
    return shape, fortran, dtype


def _exactly(file: BufferedIOBase, length: int) -> bytes:
    content = file.read(length)
    if len(content) != length:
        raise EOFError(f"{length - len(content):,} bytes are missing")
    return content
