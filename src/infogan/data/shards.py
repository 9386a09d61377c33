"""Images packed into tars, read one by one where they lie: any number of them in the same memory.

A folder that `infogan data pack` wrote holds WebDataset's shards, all images of one shape, and an
index of where in them each image lies. So a batch is any images in any order: a shuffle is of the
whole set, each process reads its own, and a run goes on in the middle of an epoch where it was. A
stream shuffles within its buffer, shares out whole shards, and skips through what it has seen.
"""

import io
import json
import os
import stat
import tarfile
import threading
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image, UnidentifiedImageError

from infogan.data import npz
from infogan.data.ingest_report import IngestReport
from infogan.data.resize import valid_side
from infogan.errors import UserError
from infogan.files import read_json, write_bytes, write_json

MANIFEST, INDEX, LABELS = "shards.json", "index.npy", "labels.npy"
VERSION = 1
PER_SHARD = 10_000
"""Images in a tar."""
MOST_OPEN = 128
"""Tars that are open at a time: a process may have some hundreds of files."""
MOST_PNG = 2**20
"""Bytes of an image: at its largest, 128 x 128 in colour, it has 48 KiB of pixels."""
REMEDY = "pack it again"


class Shards:
    """The images of such a folder, which may be anybody's.

    What it says is compared with what is there before any of it is read. Raises UserError where it
    is damaged, or an image is.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name, self._path = name, path
        n_images, self.shape, self._tars = _read_manifest(path)
        self._index = _read_index(path / INDEX, n_images, [_length(tar) for tar in self._tars])
        self._open, self._lock = dict[int, int](), threading.Lock()
        self.report = IngestReport(name, found=len(self), used=len(self), shape=self.shape)
        self.report.darkest, self.report.brightest = 0, 255

    def __len__(self) -> int:
        return len(self._index)

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, read and decoded now; nothing is kept."""
        images = np.empty((len(indices), *self.shape), np.uint8)
        for image, index in zip(images, indices.tolist(), strict=True):
            image[:] = self._read(index)
        return images

    def _read(self, index: int) -> UInt8[np.ndarray, "c h w"]:
        channels, side, _ = self.shape
        try:
            content = self._content(*self._index[index].tolist())
            with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
                if (picture.size, picture.mode) != ((side, side), "L" if channels == 1 else "RGB"):
                    raise ValueError(f"it is {picture.mode} of {picture.width}x{picture.height}")
                pixels = np.asarray(picture).reshape(side, side, channels)
        except UnidentifiedImageError:  # whose words are an address in memory
            raise UserError(f"{self._path}: image {index} is damaged (no PNG); {REMEDY}") from None
        except Exception as error:  # a damaged file makes decoders raise almost anything
            raise UserError(f"{self._path}: image {index} is damaged ({error}); {REMEDY}") from None
        return pixels.transpose(2, 0, 1)

    def _content(self, shard: int, offset: int, size: int) -> bytes:
        with self._lock:  # a file that is being read is not closed
            if shard not in self._open:
                if len(self._open) == MOST_OPEN:
                    os.close(self._open.pop(next(iter(self._open))))
                self._open[shard] = _opened(self._tars[shard])
            return os.pread(self._open[shard], size, offset)

    def __del__(self) -> None:
        for file in getattr(self, "_open", {}).values():
            os.close(file)


def holds(path: Path) -> bool:
    """Whether `infogan data pack` wrote this folder."""
    return (path / MANIFEST).is_file()


def read_labels(path: Path) -> Int[np.ndarray, " n"] | None:
    """The class of each image, where there were several; for evaluation alone. Raises UserError."""
    if not (path / LABELS).exists():
        return None
    n_images, _, _ = _read_manifest(path)
    labels = npz.mapped(path / LABELS, REMEDY)
    if labels.shape != (n_images,) or labels.dtype.kind not in "iu":
        raise UserError(
            f"{path / LABELS}: {labels.dtype} of shape {labels.shape}, expected a whole number for "
            f"each of {n_images:,} images; {REMEDY}"
        )
    return np.array(labels, np.int64)


def _read_manifest(path: Path) -> tuple[int, tuple[int, int, int], list[Path]]:
    """How many images of which shape are in which tars; UserError where it makes no sense."""
    file = path / MANIFEST
    told = read_json(file, "a folder of shards", REMEDY)

    def field(key: str, fits: bool, expected: str) -> None:
        if not fits:
            found = json.dumps(told.get(key))[:40]
            raise UserError(f"{file}: {key}: expected {expected}, found {found}; {REMEDY}")

    def number(key: str) -> Any:
        field(key, type(told.get(key)) is int, "a whole number")
        return told[key]

    field("version", number("version") == VERSION, str(VERSION))
    field("images", number("images") >= 1, "1 or more")
    field("channels", number("channels") in (1, 3), "1 or 3")
    field("size", valid_side(number("size")), "a side that `infogan data pack` writes")
    # By these names alone: any other could lead out of the folder.
    names = told["shards"] if isinstance(told.get("shards"), list) else []
    expected = [_tar_name(shard) for shard in range(len(names))]
    field("shards", names == expected != [], f"{_tar_name(0)} and those that follow it")
    shape = (told["channels"], told["size"], told["size"])
    return told["images"], shape, [path / name for name in names]


def _read_index(file: Path, n_images: int, lengths: list[int]) -> Int[np.ndarray, "n 3"]:
    """Shard, offset and size of every image, left on the disk; each lies within its tar."""
    index = npz.mapped(file, REMEDY)
    if index.shape != (n_images, 3) or index.dtype != np.int64:
        raise UserError(
            f"{file}: {index.dtype} of shape {index.shape}, expected int64 of "
            f"({n_images}, 3) as {MANIFEST} says; {REMEDY}"
        )
    known = np.array(lengths, np.int64)
    for start in range(0, n_images, PER_SHARD):
        shard, offset, size = index[start : start + PER_SHARD].T
        ok = (shard >= 0) & (shard < len(known)) & (offset >= 0) & (size > 0) & (size <= MOST_PNG)
        ok &= offset <= known[np.where(ok, shard, 0)] - size
        if not ok.all():
            raise UserError(
                f"{file}: image {start + int(np.argmin(ok))} lies outside of the tars; {REMEDY}"
            )
    return index


def pack(
    images: Iterable[UInt8[np.ndarray, "c h w"]], folder: Path, per_shard: int = PER_SHARD
) -> int:
    """Write images, all of one shape, into tars in a folder that is there; how many there were.

    In a tar an image is a PNG, called by its number. Memory is that of one image, and of 24 bytes
    for each of the others. Raises UserError where there is no image.
    """
    index, names, stream = list[Int[np.ndarray, "n 3"]](), list[str](), iter(images)
    shape: tuple[int, ...] = ()
    for first in stream:
        shape = first.shape
        names.append(_tar_name(len(names)))
        part = islice(chain([first], stream), per_shard)
        index.append(_pack_one(part, folder / names[-1], len(names) - 1, per_shard))
    if not index:
        raise UserError(f"{folder}: there are no images to pack")
    places = np.concatenate(index)
    buffer = io.BytesIO()
    np.save(buffer, places, allow_pickle=False)
    write_bytes(folder / INDEX, buffer.getvalue())
    told = {"version": VERSION, "images": len(places), "channels": shape[0], "size": shape[1]}
    write_json(folder / MANIFEST, told | {"shards": names})
    return len(places)


def _pack_one(
    images: Iterator[UInt8[np.ndarray, "c h w"]], path: Path, shard: int, per_shard: int
) -> Int[np.ndarray, "n 3"]:
    """One tar; returns shard, offset and size of each image in it."""
    places = []
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number, image in enumerate(images, start=shard * per_shard):
            pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
            member = tarfile.TarInfo(f"{number:09}.png")
            member.size = buffer.tell()
            places.append((shard, tar.offset + tarfile.BLOCKSIZE, member.size))
            buffer.seek(0)
            tar.addfile(member, buffer)
    return np.array(places, np.int64)


def _tar_name(shard: int) -> str:
    return f"{shard:05}.tar"


def _length(tar: Path) -> int:
    """Bytes in a tar. Raises UserError."""
    file = _opened(tar)
    try:
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _opened(tar: Path) -> int:
    """A tar's file; UserError where it is none, such as a pipe, which would be waited on."""
    try:
        file = os.open(tar, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise UserError(f"{tar}: cannot be read ({error.strerror}); {REMEDY}") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise UserError(f"{tar}: is no file; {REMEDY}")
    return file
