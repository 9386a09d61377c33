"""Images part by part, each with its name: any number of them in the same memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from infogan.data.folder import decode, image_files, report_unreadable
from infogan.data.open import kind_of, open_images
from infogan.data.resize import with_channels

PART = 256
"""Images held at a time."""


class Chunk(NamedTuple):
    """Some images, and which they are."""

    names: list[str]
    """Files below the folder; or numbers, counted from 0."""
    paths: list[Path] | None
    """Where those files are; None where images are not files of their own."""
    images: UInt8[np.ndarray, "n c h w"]


class ImageStream:
    """The images of whatever `open_images` takes, of a given shape, in order.

    A folder's files are decoded as they come and not kept; arrays and IDX files are held as they
    are, a `.npy` of bytes on the disk. Raises UserError as `open_images` does.
    """

    def __init__(self, data: str | Path, *, split: str, shape: tuple[int, int, int]) -> None:
        self.data = data
        self.channels, self.size, _ = shape
        path = Path(data).expanduser()
        self._root = path if kind_of(str(data), path) == "folder" else None
        if self._root:
            self._files = image_files(self._root, split)
        else:
            self._source = open_images(data, split=split, size=self.size, channels=self.channels)

    def __len__(self) -> int:
        """Number of images, unreadable files included."""
        return len(self._files) if self._root else len(self._source)

    @property
    def named_by(self) -> str:
        """What names the images: `file` or `index`."""
        return "file" if self._root else "index"

    def __iter__(self) -> Iterator[Chunk]:
        if self._root:
            yield from self._decoded(self._root)
            return
        for start in range(0, len(self), PART):
            indices = np.arange(start, min(start + PART, len(self)))
            yield Chunk([str(i) for i in indices], None, self._source.batch(indices))

    def _decoded(self, root: Path) -> Iterator[Chunk]:
        errors: dict[Path, str] = {}
        for start in range(0, len(self._files), PART):
            files = self._files[start : start + PART]
            results = dict(zip(files, decode(files, self.size), strict=True))
            errors |= {file: each for file, each in results.items() if isinstance(each, str)}
            images = {file: each for file, each in results.items() if not isinstance(each, str)}
            if images:
                pixels = with_channels(np.stack(list(images.values())), self.channels)
                names = [file.relative_to(root).as_posix() for file in images]
                yield Chunk(names, list(images), pixels)
        report_unreadable(root, errors, len(self._files))
