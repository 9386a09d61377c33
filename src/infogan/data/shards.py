"""Images packed into tars, read one by one where they lie: any number of them in the same memory.

A folder that `infogan data pack` wrote holds WebDataset's shards, all images of one shape, and an
index of where in them each image lies. So a batch is any images in any order: a shuffle is of the
whole set, each process reads its own, and a run goes on in the middle of an epoch where it was. A
stream shuffles within its buffer, shares out whole shards, and skips through what it has seen.
"""

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from infogan.data.ingest_report import IngestReport
from infogan.errors import UserError
from infogan.files import read_json, write_bytes, write_json

MANIFEST, INDEX, LABELS = "shards.json", "index.npy", "labels.npy"
VERSION = 1
PER_SHARD = 10_000
"""Images in a tar."""


class Shards:
    """The images of such a folder. Raises UserError where it is damaged, or an image is."""

    def __init__(self, path: Path, name: str) -> None:
        self.name, self._path = name, path
        told = read_json(path / MANIFEST, "a folder of shards", "pack it again")
        try:
            if told["version"] != VERSION:
                raise UserError(f"{path}: packed by another version of infogan; pack it again")
            channels, side = int(told["channels"]), int(told["size"])
            self._index: Int[np.ndarray, "n 3"] = np.load(path / INDEX, allow_pickle=False)
            names = [path / str(each) for each in told["shards"]]
            ok = self._index.shape == (told["images"], 3) and channels in (1, 3)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise UserError(
                f"{path}: not a whole folder of shards ({error}); pack it again"
            ) from None
        if not ok or self._index[:, 0].max(initial=0) >= len(names):
            raise UserError(f"{path}: {INDEX} is not of these shards; pack it again")
        self.shape = (channels, side, side)
        self._files = [_opened(each) for each in names]
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
        shard, offset, size = self._index[index].tolist()
        try:
            content = os.pread(self._files[shard], size, offset)
            with Image.open(io.BytesIO(content)) as picture:
                pixels = np.atleast_3d(np.asarray(picture)).transpose(2, 0, 1)
            if pixels.shape != self.shape:
                raise ValueError(f"its shape is {pixels.shape}")
        except Exception as error:  # a damaged file makes decoders raise almost anything
            raise UserError(
                f"{self._path}: image {index} is damaged ({error}); pack it again"
            ) from None
        return pixels

    def __del__(self) -> None:
        for file in getattr(self, "_files", []):
            os.close(file)


def holds(path: Path) -> bool:
    """Whether `infogan data pack` wrote this folder."""
    return (path / MANIFEST).is_file()


def read_labels(path: Path) -> Int[np.ndarray, " n"] | None:
    """The class of each image, where there were several; for evaluation alone."""
    if not (path / LABELS).is_file():
        return None
    labels: Int[np.ndarray, " n"] = np.load(path / LABELS, allow_pickle=False)
    return labels


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
        names.append(f"{len(names):05}.tar")
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


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); pack it again") from None
