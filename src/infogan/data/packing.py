"""Whatever holds images, packed into shards part by part."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from infogan.data.collection import Collection, CollectionReader
from infogan.data.ingest_report import IngestReport
from infogan.data.open import kind_of, open_collection, open_images, open_labels
from infogan.data.preprocessing import report_of
from infogan.data.resize import with_channels
from infogan.data.rules import ImageRules
from infogan.data.shards import LABELS, PER_SHARD, pack
from infogan.errors import UserError

PART = 256
"""Images of a source read at a time."""


@dataclass
class Packing:
    """Images on their way into shards: picture files are decoded one by one, and none is kept.

    Attributes:
        data: whatever `open_images` takes.
        split: of it.
        size: side; chosen as `open_images` does when not given.
        channels: 1 or 3; grey when not given and every image is.
        rules: how images are read.
    """

    data: str | Path
    split: str = "train"
    size: int | None = None
    channels: int | None = None
    rules: ImageRules = field(default_factory=ImageRules)

    def into(self, folder: Path, per_shard: int = PER_SHARD) -> IngestReport:
        """Pack them into a folder that is there; what was read and how. Raises UserError."""
        if per_shard < 1:
            raise UserError(f"{per_shard} images in a shard: at least 1 is needed")
        name, path = str(self.data), Path(self.data).expanduser()
        collection = open_collection(kind_of(name, path), name, path, self.split)
        if collection is None:
            source = open_images(
                self.data,
                split=self.split,
                size=self.size,
                channels=self.channels,
                rules=self.rules,
            )
            parts = np.array_split(np.arange(len(source)), max(1, len(source) // PART))
            pack((image for part in parts for image in source.batch(part)), folder, per_shard)
            labels = open_labels(self.data, split=self.split, rules=self.rules)
            report = report_of(source)
        else:
            reader = CollectionReader(collection, size=self.size, rules=self.rules)
            channels = self.channels or (1 if self._all_grey(collection, reader) else 3)
            pack(self._pixels(reader, channels), folder, per_shard)
            labels = open_labels(self.data, split=self.split, rules=reader.rules)
            report = reader.report
            report.shape = (channels, reader.size, reader.size)
        report.warn()
        if labels is not None:
            np.save(folder / LABELS, labels, allow_pickle=False)
        return report

    def _all_grey(self, collection: Collection, reader: CollectionReader) -> bool:
        """Whether every image is; read once more for it, up to the first that is not."""
        looking = CollectionReader(collection, size=reader.size, rules=reader.rules, decided=True)
        return all((image.pixels[0] == image.pixels[1:]).all() for image in looking)

    @staticmethod
    def _pixels(reader: CollectionReader, channels: int) -> Iterator[UInt8[np.ndarray, "c h w"]]:
        for image in reader:
            yield with_channels(image.pixels[None], channels)[0]
