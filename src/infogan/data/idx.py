"""IDX files, the layout MNIST came in: a header, then unsigned bytes; gzipped or not."""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.unpacking import check_unpacking
from infogan.errors import UserError

UNSIGNED_BYTE = 0x08
NDIM = {"images": 3, "labels": 1}
MOST_PACKED = 1100
"""No gzip holds more than so many times its size."""
SPLIT_NAMES = {"train": ("train",), "test": ("t10k", "test")}


def read_images(path: Path, split: str) -> UInt8[np.ndarray, "n 1 h w"]:
    """The images of an IDX file, or of a folder that holds one for each split.

    A folder is searched for `train-images-idx3-ubyte` (split 'train') or `t10k-…` (split 'test'),
    with or without .gz, a '.' in place of the '-' before idx, or a prefix (`emnist-letters-…`).
    A single file is both splits. Label files are not looked at. Raises UserError.
    """
    file = find(path, split, "images") if path.is_dir() else path
    if file is None:
        raise UserError(
            f"{path}: no IDX images for split '{split}'; put "
            f"{SPLIT_NAMES[split][0]}-images-idx3-ubyte (or .gz) there"
        )
    return read(file, "images")[:, None]


def read_labels(path: Path, split: str) -> Int[np.ndarray, " n"] | None:
    """The labels that belong to `read_images(path, split)`, or None where there is no such file."""
    if path.is_dir():
        file = find(path, split, "labels")
    else:
        stem = path.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
        beside = [path.with_name(stem), path.with_name(f"{stem}.gz")]
        file = next((f for f in beside if f.exists() and f != path), None)
    return None if file is None else read(file, "labels").astype(np.int64)


def holds_idx(folder: Path) -> bool:
    """Whether a folder holds IDX images of either split."""
    return any(find(folder, split, "images") for split in SPLIT_NAMES)


def find(folder: Path, split: str, kind: str) -> Path | None:
    """The one IDX file of `kind` 'images' or 'labels'; uncompressed where both exist."""
    patterns = [f"*{part}*{kind}?idx{NDIM[kind]}-ubyte" for part in SPLIT_NAMES[split]]
    found = {p for pattern in patterns for end in ("", ".gz") for p in folder.glob(pattern + end)}
    stems = sorted({p.name.removesuffix(".gz") for p in found})
    if len(stems) > 1:
        raise UserError(
            f"{folder}: several IDX files for split '{split}' ({', '.join(stems)}); "
            "give the path of one of them"
        )
    return min(found, key=lambda p: p.suffix == ".gz", default=None)


def read(path: Path, kind: str, md5: str | None = None) -> UInt8[np.ndarray, "..."]:
    """The array in one IDX file: `kind` 'images' is (n, h, w), 'labels' is (n,), unsigned bytes.

    Raises UserError, naming the file, for a damaged gzip, a wrong magic number, a length that
    contradicts the header, or content whose MD5 (uncompressed) is not the one given.
    """
    ndim = NDIM[kind]
    header = 4 + 4 * ndim
    magic = bytes([0, 0, UNSIGNED_BYTE, ndim])
    with _opened(path) as file:
        start = file.read(header)
        if start[:4] != magic:
            raise UserError(
                f"{path}: not an IDX file of {kind} in unsigned bytes "
                f"(it starts with 0x{start[:4].hex()}, expected 0x{magic.hex()}); "
                "give IDX, .npy, .npz or a folder of images"
            )
        if len(start) < header:
            raise UserError(f"{path}: truncated inside its IDX header; fetch it again")
        shape = struct.unpack(f">{ndim}I", start[4:])
        expected = math.prod(shape)
        packed = path.stat().st_size
        zipped = isinstance(file, gzip.GzipFile)
        if zipped:
            check_unpacking(str(path), expected, packed)
        # A byte more than there should be, to see whether there are more.
        content = start + file.read(min(expected + 1, packed * (MOST_PACKED if zipped else 1)))
    if md5 is not None and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise UserError(f"{path}: not the published file (its MD5 differs from {md5}); delete it")
    found = len(content) - header
    if found != expected:
        dims, more = "x".join(map(str, shape)), "more" if found > expected else f"{found:,}"
        raise UserError(
            f"{path}: header says {dims} = {expected:,} bytes, but {more} follow; fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    """The content, unpacked as it is read where it is gzipped."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            yield gzip.GzipFile(fileobj=raw) if packed else raw
        except (EOFError, OSError, zlib.error) as error:
            raise UserError(f"{path}: damaged gzip ({error}); fetch it again") from error
