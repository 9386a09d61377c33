"""Images part by part, each with its name: any number of them in the same memory."""

import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from infogan.data.collection import CollectionReader
from infogan.data.ingest_report import IngestReport
from infogan.data.open import kind_of, open_collection, open_images
from infogan.data.preprocessing import Preprocessing, report_of
from infogan.data.resize import with_channels
from infogan.data.rules import ImageRules

PART = 256
"""Images held at a time."""


class Chunk(NamedTuple):
    """Some images, and which they are."""

    names: list[str]
    """Files below the folder or in the archive; or numbers, counted from 0."""
    paths: list[Path] | None
    """Where those files are; None where images are not files of their own."""
    images: UInt8[np.ndarray, "n c h w"]


class ImageStream:
    """The images of whatever `open_images` takes, as a model takes them, in order.

    Picture files are decoded as they come and not kept; arrays and IDX files are held as they are,
    a `.npy` of bytes on the disk. `preprocessing` is what the model remembers, `rules` what the
    user says besides. Warns where the first part does not look like what the model was trained on.
    Raises ValueError as `open_images` does.
    """

    def __init__(
        self,
        data: str | Path,
        *,
        split: str,
        shape: tuple[int, int, int],
        preprocessing: Preprocessing | None = None,
        rules: ImageRules | None = None,
    ) -> None:
        self.data, self.split = data, split
        self.channels, self.size, _ = shape
        self._known = preprocessing or Preprocessing()
        self.rules = (rules or ImageRules()).over(self._known.rules)
        name, path = str(data), Path(data).expanduser()
        self._collection = open_collection(kind_of(name, path), name, path, split)
        self.report: IngestReport | None = None
        """What was read, once all of it was."""
        if self._collection is None:
            self._source = open_images(
                data, split=split, size=self.size, channels=self.channels, rules=self.rules
            )

    def __len__(self) -> int:
        """Number of images, unreadable files included."""
        return len(self._source if self._collection is None else self._collection)

    @property
    def named_by(self) -> str:
        """What names the images: `file` or `index`."""
        return "index" if self._collection is None else self._collection.named_by

    def __iter__(self) -> Iterator[Chunk]:
        for i, part in enumerate(self._parts()):
            if i == 0 and (warning := self._known.warning(part.images, str(self.data))):
                warnings.warn(warning, stacklevel=2)
            yield part
        if self.report:
            self.report.warn()

    def _parts(self) -> Iterator[Chunk]:
        if self._collection is None:
            for start in range(0, len(self), PART):
                indices = np.arange(start, min(start + PART, len(self)))
                yield Chunk([str(i) for i in indices], None, self._source.batch(indices))
            self.report = report_of(self._source)
            return
        reader = CollectionReader(self._collection, size=self.size, rules=self.rules, decided=True)
        every = iter(reader)
        while images := list(islice(every, PART)):
            paths = [image.path for image in images if image.path is not None]
            pixels = with_channels(np.stack([image.pixels for image in images]), self.channels)
            names = [image.name for image in images]
            yield Chunk(names, paths if len(paths) == len(names) else None, pixels)
        self.report = reader.report
