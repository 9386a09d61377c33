"""Arrays of numbers in MATLAB files of version 5, the only kind of which images are published.

Not scipy's reader, whose native code a damaged file can bring to a crash. Layout: MathWorks,
MAT-File Format, level 5: a head of 128 bytes, then elements of a kind, a length and content, most
of them compressed; an array is an element of four: flags, sides, name and numbers.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from infogan.data.unpacking import check_unpacking
from infogan.errors import UserError

HEAD, TAG = 128, 8
MATRIX, PACKED = 14, 15
STORED = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"},
    16: "u1",
}
"""How the numbers lie in the file, by the kind of element."""
KEPT = {
    **{6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"},
    **{14: "i8", 15: "u8"},
}
"""What they are numbers of, by MATLAB's class; there are others, of text and the like."""
COMPLEX = 0x800
PART, BEGINNING = 2**20, 2**12
"""Bytes unpacked at a time, and as far as an array's name reaches."""
DAMAGED = "not a readable .mat file of MATLAB's version 5; fetch it again"


def read_array(path: Path, name: str) -> np.ndarray:
    """The array of a name. Raises UserError where there is none, or the file is damaged."""
    with path.open("rb") as file:
        order = {b"IM": "<", b"MI": ">"}.get(file.read(HEAD)[-2:])
        if order is None:
            raise UserError(f"{path}: {DAMAGED}")
        while len(tag := file.read(TAG)) == TAG:
            kind, length = struct.unpack(f"{order}II", tag)
            at = file.tell()
            try:
                beginning = _content(path, file, kind, length, BEGINNING)
                if _named(beginning, order, kind == PACKED) == name:
                    file.seek(at)
                    whole = _content(path, file, kind, length, None)
                    return _array(whole, order, kind == PACKED)
            except (struct.error, zlib.error, KeyError, ValueError, OverflowError) as error:
                said = str(error) if isinstance(error, UserError) else f"{path}: {DAMAGED}"
                raise UserError(said) from None
            file.seek(at + length)
    raise UserError(f"{path}: holds no {name}; give the cropped digits, train_32x32.mat")


def _content(path: Path, file: BinaryIO, kind: int, length: int, most: int | None) -> bytes:
    """An element's content, unpacked where it is compressed; no more than `most` bytes of it."""
    size = path.stat().st_size
    if kind != PACKED:
        return file.read(min(length, size, most or size))
    found, unpacking, left = bytearray(), zlib.decompressobj(), length
    while (most is None or len(found) < most) and not unpacking.eof:
        part = unpacking.unconsumed_tail or file.read(min(left, PART))
        if not part:
            break
        if not unpacking.unconsumed_tail:
            left -= len(part)
        found += unpacking.decompress(part, PART)
        check_unpacking(str(path), len(found), size)
    return bytes(found)


def _parts(content: bytes, order: str, packed: bool) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the elements of an array; within a packed one it has a tag of its own."""
    if packed:
        kind, length = struct.unpack_from(f"{order}II", content)
        if kind != MATRIX:
            raise ValueError("no array")
        content = content[TAG : TAG + length]
    at = 0
    while at < len(content):
        kind, length = struct.unpack_from(f"{order}II", content, at)
        if kind >> 16:  # a small one: its length beside its kind, its content in the tag
            yield kind & 0xFFFF, content[at + 4 : at + 4 + min(kind >> 16, 4)]
            at += TAG
        else:
            yield kind, content[at + TAG : at + TAG + length]
            at += TAG + -(-length // 8) * 8


def _named(content: bytes, order: str, packed: bool) -> str:
    """An array's name: its third element."""
    parts = _parts(content, order, packed)
    first = [text for _, (_, text) in zip(range(3), parts, strict=False)]
    return first[2].decode("latin-1") if len(first) > 2 else ""


def _array(content: bytes, order: str, packed: bool) -> np.ndarray:
    """The array itself; ValueError, KeyError or struct.error where it is another thing."""
    (_, flags), (_, sides), _, (kind, numbers), *_ = _parts(content, order, packed)
    (flag,) = struct.unpack_from(f"{order}I", flags)
    shape = struct.unpack(f"{order}{len(sides) // 4}i", sides)
    stored, kept = np.dtype(order + STORED[kind]), np.dtype(KEPT[flag & 0xFF])
    if flag & COMPLEX or min(shape) < 0 or math.prod(shape) * stored.itemsize != len(numbers):
        raise ValueError("no array of real numbers")
    return np.frombuffer(numbers, stored).astype(kept, copy=False).reshape(shape, order="F")
