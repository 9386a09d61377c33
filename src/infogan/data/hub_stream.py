"""Streams of Hugging Face's `datasets` (an extra): trained on as they come, none of it kept.

The first images are held: a run chooses codes, watches and looks at those. The order is shuffled by
files and within a buffer, and depends on seed and epoch alone: a run goes on by passing over what
it has seen, which is not decoded. Every process reads the whole stream, and decodes its own images.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from infogan.data.collection import (
    Collection,
    CollectionReader,
    CollectionSource,
    Item,
    read_collection,
)
from infogan.data.parquet import LABELS, NAMES
from infogan.data.resize import with_channels
from infogan.data.rules import ImageRules
from infogan.data.source import ArraySource
from infogan.errors import UserError, require_extra

PREFIX = "hf:"
HEAD = 1024
"""Images that are held."""
BUFFER = 4096
"""Rows, not decoded, among which the next one is drawn."""


class HubRows(Collection):
    """The images of a set on the hub, or of a folder as `datasets` reads it, read as they come.

    The column is the first of `datasets`' type for images, or called image, img, picture or photo.
    Raises UserError where it cannot be opened.
    """

    named_by = "index"

    def __init__(self, name: str, split: str) -> None:
        require_extra("streaming", f"{name}: a stream of Hugging Face's", "datasets")
        import datasets

        self.name, self.left_out = name, {}
        where = name.removeprefix(PREFIX)
        folder = Path(where).expanduser()
        self._folder = folder.resolve() if folder.is_dir() else None
        try:
            self._rows = datasets.load_dataset(
                str(self._folder or where), split=split, streaming=True
            )
            first = next(iter(self._rows.take(1)))
        except StopIteration:
            raise UserError(f"{name}: there are no images in it") from None
        except Exception as error:  # its own kinds, those of the network, and of every file format
            raise UserError(f"{name}: cannot be streamed ({error})") from None
        self._image = self._column(first)
        self._label = next((each for each in LABELS if each in first), None)
        self._count: int | None = None

    def __len__(self) -> int:
        """Counted once: the rows of a stream are not known before."""
        if self._count is None:
            self._count = sum(1 for _ in self.rows())
        return self._count

    def __iter__(self) -> Iterator[Item]:
        return (Item(str(i), self.content(row)) for i, row in enumerate(self.rows()))

    def rows(self, seed: int | None = None, epoch: int = 0) -> Iterator[dict[str, Any]]:
        """All rows in their order, or in that of an epoch of a seed."""
        rows = self._rows
        if seed is not None:
            rows = rows.shuffle(seed=seed, buffer_size=BUFFER)
            rows.set_epoch(epoch)
        yield from rows

    def content(self, row: dict[str, Any]) -> Path | bytes:
        """The picture of a row; of files only those of the folder itself."""
        value = row[self._image]
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, bytes):
            return value
        if isinstance(value, str) and self._folder is not None:
            path = Path(value)
            if path.is_file() and path.resolve().is_relative_to(self._folder):
                return path
        return b""  # unreadable, as its decoder will say

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """By the column of labels, where there is one."""
        if self._label is None:
            return None
        labels = [str(row[self._label]) for row in self.rows()]
        return [labels[int(name.partition("#")[0])] for name in names]

    def _column(self, first: dict[str, Any]) -> str:
        """Which one holds the images; they come from there as they are written."""
        import datasets

        features = self._rows.features or {}
        typed = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
        chosen = [*typed, *(name for name in NAMES if name in first)]
        if not chosen:
            raise UserError(
                f"{self.name}: no column of images (its columns: {', '.join(first)}); "
                "call one image"
            )
        if typed:
            self._rows = self._rows.cast_column(chosen[0], datasets.Image(decode=False))
        return str(chosen[0])


class _Some(Collection):
    """A few items that are there already."""

    def __init__(self, name: str, items: Sequence[Item]) -> None:
        self.name, self.left_out, self._items = name, {}, items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)


class HubStream(ArraySource):
    """Such rows to train on; as a source, their first images."""

    def __init__(self, rows: HubRows, head: CollectionSource) -> None:
        super().__init__(rows.name, head.images)
        self.report, self._rows = head.report, rows
        self.report.notes.append(f"a stream: these are its first {len(head):,} images")

    def stream(self, seed: int, start: int) -> Iterator[Item]:
        """What comes from image number `start` of all epochs on, for ever; not decoded."""
        rows, epoch = self._rows, 0
        if start:
            epoch, start = divmod(start, len(rows))
        while True:
            every = rows.rows(seed, epoch)
            for number, row in enumerate(islice(every, start, None), start):
                yield Item(f"{number} of epoch {epoch}", rows.content(row))
            epoch, start = epoch + 1, 0

    def decode(self, items: Sequence[Item]) -> UInt8[np.ndarray, "n c h w"]:
        """Their images, read as the first ones were. Raises UserError for one that is damaged."""
        channels, side, _ = self.shape
        some = _Some(self.name, items)
        reader = CollectionReader(some, size=side, rules=self.report.rules, decided=True)
        images = [image.pixels for image in reader.images()]
        if len(images) != len(items):
            which = next(iter([*reader.report.errors, *(item.name for item in items)]))
            raise UserError(
                f"{self.name}: image {which} cannot be read as one image; infogan data pack leaves "
                "such out: pack the stream, and train on the shards"
            )
        return with_channels(np.stack(images), channels)


def open_stream(
    name: str, split: str, *, size: int | None, channels: int | None, rules: ImageRules
) -> HubStream:
    """The stream of `hf:NAME`; size, channels and rules are decided by its first images."""
    rows = HubRows(name, split)
    head = _Some(name, list(islice(rows, HEAD)))
    return HubStream(rows, read_collection(head, size=size, channels=channels, rules=rules))
