"""Many picture files, wherever they lie: surveyed once, then read one by one by the same rules."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Int, UInt8
from tqdm import tqdm

from infogan.data.decoding import decode_pages, read_header
from infogan.data.ingest_report import IngestReport, suffix_reason
from infogan.data.picture import Content, Header, NotAPicture, Picture
from infogan.data.rendering import light_at_border, light_on_transparent, render
from infogan.data.resize import MIN_SIDE, choose_fit, with_channels
from infogan.data.rules import ImageRules
from infogan.data.source import ArraySource, empty_images
from infogan.data.value_range import Extent, as_remembered, in_words, usual_range
from infogan.errors import UserError

DEFAULT_SIDES = (28, 64)
"""Without a size, images get a side within these, near their own."""
LOOKED_AT = 64
"""Pictures of which the ground is decided."""
PICTURE_SUFFIXES = {
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".pgm", ".ppm", ".gif", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif", ".jp2", ".ico", ".tga", ".dcm", ".psd", ".qoi"),
}
"""Files so named that are no pictures are damaged; others are simply something else."""

In = TypeVar("In")
Out = TypeVar("Out")


class Item(NamedTuple):
    """One file or record."""

    name: str
    """Below the folder or in the archive; or its number."""
    content: Content


class Collection(ABC):
    """Files or records that may be pictures, in an order of their own; may be gone through often.

    Attributes:
        name: what the user typed.
        named_by: what names its images, `file` or `index`.
        left_out: for each reason, files that are not even looked at.
    """

    name: str
    named_by = "file"
    left_out: dict[str, list[str]]

    @abstractmethod
    def __len__(self) -> int:
        """Number of files or records that will be looked at."""

    @abstractmethod
    def __iter__(self) -> Iterator[Item]:
        """All of them, read one by one."""

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """The class of each, by the folder it lies in; None where there are not several.

        Only evaluation asks: what else says the class is not even read before.
        """
        tops = [Path(name).parts[0] if len(Path(name).parts) > 1 else "" for name in names]
        return tops if len(set(tops)) > 1 and "" not in tops else None


class Image(NamedTuple):
    """One image that came of an item."""

    name: str
    path: Path | None
    pixels: UInt8[np.ndarray, "3 side side"]


@dataclass(frozen=True, eq=False)
class _Read:
    """What became of one item: its pages rendered, or why not."""

    item: Item
    pages: int
    pictures: list[Picture]
    images: list[np.ndarray]
    error: str | None = None
    other_kind: bool = False


class CollectionReader:
    """Reads a collection by rules; `report` says, as it goes, what was found and done.

    `size` and what the rules leave open are decided over all images when the reader is made,
    unless everything is known already (`decided`, for a model that remembers). Raises UserError.
    """

    def __init__(
        self, collection: Collection, *, size: int | None, rules: ImageRules, decided: bool = False
    ) -> None:
        self.collection = collection
        self.report = IngestReport(collection.name, found=len(collection))
        for reason, names in collection.left_out.items():
            self.report.found += len(names)
            self.report.left_out[reason] = list(names)
        self._lock, self._range_known = Lock(), rules.range_given
        if rules.range_given and rules.range is not None:
            self.report.black_white = in_words(rules.range)
        if not decided and (size is None or "auto" in (rules.fit, rules.ground)):
            size, rules = self._decide(size, rules)
        self.size = size or DEFAULT_SIDES[0]
        # A stream for a model of old, which remembers nothing, is read as models of old were.
        self.rules = replace(rules, fit="crop" if rules.fit == "auto" else rules.fit)
        self.report.rules = self.rules

    def __iter__(self) -> Iterator[Image]:
        """Every image in order; unreadable ones are left out. Raises UserError in the end."""
        yield from self.images()
        self.report.check()

    def images(self) -> Iterator[Image]:
        """Every image in order, however few there are."""
        for read in mapped(self._read, self.collection):
            yield from self._kept(read)

    def _kept(self, read: _Read) -> Iterator[Image]:
        item, report = read.item, self.report
        if read.other_kind and Path(item.name).suffix.lower() not in PICTURE_SUFFIXES:
            report.leave_out(suffix_reason(item.name), item.name)
            return
        if read.error is not None:
            report.unreadable(item.name, read.error)
            return
        report.pages += read.pages > 1
        path = item.content if isinstance(item.content, Path) else None
        for page, (picture, pixels) in enumerate(zip(read.pictures, read.images, strict=True)):
            report.sizes[picture.size] += 1
            report.modes[picture.mode] += 1
            report.turned += picture.turned
            report.bits[picture.bits] += 1
            report.bands += picture.bands > 3
            report.transparent += picture.transparent
            report.look(pixels[None])
            name = f"{item.name}#{page + 1}" if len(read.images) > 1 else item.name
            yield Image(name, path if len(read.images) == 1 else None, pixels)
        if len(read.images) > 1:
            report.found += len(read.images) - 1

    def _read(self, item: Item) -> _Read:
        try:
            pages, pictures = decode_pages(item.content, self.rules, self.size)
        except NotAPicture:
            return _Read(item, 0, [], [], "not a kind of image known here", other_kind=True)
        except Exception as error:  # a damaged file makes decoders raise almost anything
            return _Read(item, 0, [], [], _said(error))
        for each in pictures:
            if isinstance(each.pixels, np.ndarray) and not np.isfinite(each.pixels).all():
                return _Read(item, 0, [], [], "holds NaN or infinity")
        rules = self._with_range() if any(each.wide for each in pictures) else self.rules
        return _Read(item, pages, pictures, [render(each, self.size, rules) for each in pictures])

    def _with_range(self) -> ImageRules:
        """The rules with black and white of the pictures that are not bytes."""
        with self._lock:
            if not self._range_known:
                self._range_known = True
                remembered, name = self.rules.range, self.collection.name
                extent = Extent()
                for each in mapped(self._extent, self.collection):
                    extent.merge(each)
                if remembered is None:
                    found = usual_range(extent, name)
                else:
                    found, warning = as_remembered(extent, remembered, name)
                    self.report.notes += [warning] if warning else []
                self.rules = replace(self.rules, range=found)
                self.report.rules, self.report.black_white = self.rules, in_words(found)
            return self.rules

    def _extent(self, item: Item) -> Extent:
        extent = Extent()
        try:
            if read_header(item.content).wide:
                for picture in decode_pages(item.content, self.rules, self.size)[1]:
                    if picture.wide:
                        extent.add(np.asarray(picture.pixels))
        except Exception:  # it is reported when it is read for good
            return Extent()
        return extent

    def _decide(self, size: int | None, rules: ImageRules) -> tuple[int, ImageRules]:
        """Side, fit and ground for all of the collection."""
        sizes: list[tuple[int, int]] = []
        transparent: list[Item] = []
        first: list[Item] = []
        for item, header in mapped(_header, self.collection):
            if header is not None:
                sizes.append(header.size)
                chosen = transparent if header.may_be_transparent else first
                if len(chosen) < LOOKED_AT:
                    chosen.append(item)
        if rules.fit == "auto":
            rules = replace(rules, fit=choose_fit(sizes))
        if size is None:
            longer = max if rules.fit == "pad" else min
            median = np.median([longer(each) for each in sizes] or [0])
            size = int(np.clip(median // 4 * 4, *DEFAULT_SIDES))
        if rules.ground == "auto":
            rules = replace(rules, ground=self._ground(transparent, first, rules))
        return size, rules

    def _ground(self, transparent: list[Item], first: list[Item], rules: ImageRules) -> str:
        """White under what is transparent, unless it would hide it; around rectangles their own."""
        found = [
            light_on_transparent(each) for each in _look(transparent, rules) if each.transparent
        ]
        light = [each for each in found if each is not None]
        if found:
            return "#000000" if light and np.mean(light) > 0.5 else "#ffffff"
        if rules.fit != "pad":
            return "auto"
        rims = [light_at_border(each) for each in _look(first, rules)]
        return "#ffffff" if np.mean(rims or [False]) > 0.5 else "#000000"


class CollectionSource(ArraySource):
    """The images of a collection, with their names, and what could not be read."""

    def __init__(
        self,
        images: UInt8[np.ndarray, "n c h w"],
        read: list[Image],
        report: IngestReport,
    ) -> None:
        super().__init__(report.name, images)
        self.report = report
        self.names = tuple(image.name for image in read)
        """What each image is called in its collection."""
        self.paths = tuple(image.path for image in read if image.path is not None)
        """The file of each image, where each has its own."""
        self.unreadable = tuple(report.errors)
        """The names of files that could not be read, and are not among the images."""


def read_collection(
    collection: Collection, *, size: int | None, channels: int | None, rules: ImageRules
) -> CollectionSource:
    """All images of a collection, in memory or above 4 GiB in a temporary file.

    Without `size` they get the greatest multiple of 4 up to their median shorter side (their
    longer one where they are padded), within 28..64. Without `channels` they are grey (1) if every
    image is, else in colour (3). Raises UserError.
    """
    reader = CollectionReader(collection, size=size, rules=rules)
    images = empty_images((len(collection), 3, reader.size, reader.size))
    read: list[Image] = []
    bar = tqdm(reader, "reading images", len(collection), unit="image", leave=False, disable=None)
    for image in bar:
        if len(read) == len(images):
            larger = empty_images((2 * len(images), *images.shape[1:]))
            larger[: len(images)] = images
            images = larger
        images[len(read)] = image.pixels
        read.append(image._replace(pixels=images[len(read)]))
    images = images[: len(read)]
    if all((image[0] == image[1:]).all() for image in images):
        images = images[:, :1]
    images = with_channels(images, channels or images.shape[1])
    reader.report.warn()
    reader.report.shape = (images.shape[1], reader.size, reader.size)
    return CollectionSource(images, read, reader.report)


def read_classes(collection: Collection, rules: ImageRules) -> Int[np.ndarray, " n"] | None:
    """The class of each readable image: its label in a table or shard, or the folder it lies in.

    The classes are numbered in alphabetical order. Decodes the images once more, small, since
    only readable ones have a class. None where they are not sorted into several.
    """
    read = CollectionReader(collection, size=MIN_SIDE, rules=rules, decided=True)
    labels = collection.classes([image.name for image in read])
    if labels is None or len(set(labels)) < 2:
        return None
    numbers = all(label.isdecimal() for label in labels)
    if numbers:
        return np.array([int(label) for label in labels], np.int64)
    return np.searchsorted(sorted(set(labels)), labels).astype(np.int64)


def mapped(work: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """`work` done to every item by several threads, in order, with a few items under way."""
    workers = min(8, (cpu_count() or 1) + 2)
    waiting: deque[Future[Out]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _header(item: Item) -> tuple[Item, Header | None]:
    try:
        return item, read_header(item.content)
    except Exception:  # it is reported when it is read for good
        return item, None


def _look(items: list[Item], rules: ImageRules) -> Iterator[Picture]:
    for item in items:
        try:
            yield from decode_pages(item.content, rules, MIN_SIDE)[1][:1]
        except Exception:  # it is reported when it is read for good
            continue


def _said(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if isinstance(error, UserError) else f"{type(error).__name__}: {words}"
