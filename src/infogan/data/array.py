"""Arrays of images: `.npy` and `.npz` files, and NumPy arrays in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data import npz
from infogan.data.ingest_report import IngestReport
from infogan.data.picture import take_bands
from infogan.data.resize import check_fit, choose_fit, fit_images
from infogan.data.rules import ImageRules
from infogan.data.source import ArraySource, empty_images
from infogan.data.value_range import (
    SMALL,
    Extent,
    as_remembered,
    in_words,
    to_bytes_scale,
    usual_range,
)
from infogan.errors import UserError

IMAGE_KEYS = {
    "train": ("images", "x_train", "train_images", "imgs"),
    "test": ("images", "x_test", "test_images", "imgs"),
}
LABEL_KEYS = {
    "train": ("labels", "y_train", "train_labels"),
    "test": ("labels", "y_test", "test_labels"),
}
CHUNK = 1024


@runtime_checkable
class Values(Protocol):
    """Numbers that can be gone through part by part, as often as needed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many numbers along each axis."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """Of what kind they are."""
        ...

    def parts(self) -> Iterator[np.ndarray]:
        """All of them along the first axis, some at a time."""
        ...


class Held:
    """An array in memory, or mapped to it from a file."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype

    def parts(self) -> Iterator[np.ndarray]:
        """Views of it."""
        for start in range(0, len(self.array), CHUNK):
            yield self.array[start : start + CHUNK]


class ReadArray(ArraySource):
    """The images of an array, with a report of how they were read."""

    def __init__(self, images: UInt8[np.ndarray, "n c h w"], report: IngestReport) -> None:
        super().__init__(report.name, images)
        self.report = report


def open_file(path: Path, split: str) -> Values:
    """The images of a `.npy` or `.npz` file; a `.npy` stays on the disk, an `.npz` is streamed.

    In an `.npz` they are under `images`, else `x_train` / `x_test` (or `train_images` /
    `test_images`), else `imgs`, else the file's only array. Pickled objects are refused.
    Raises UserError.
    """
    if path.suffix == ".npy":
        return Held(npz.mapped(path))
    names = npz.names(path)
    key = next((key for key in IMAGE_KEYS[split] if key in names), None)
    if key is None and len(names) == 1:
        key = names[0]
    if key is None:
        raise UserError(
            f"{path}: no images for split '{split}' (its arrays: {', '.join(names)}); "
            f"name one {' or '.join(IMAGE_KEYS[split][:2])}"
        )
    return npz.NpzArray(path, key)


def read_labels(path: Path, split: str) -> Int[np.ndarray, " n"] | None:
    """The labels of an `.npz` file (`labels`, else `y_train` / `y_test`), or None without them."""
    if path.suffix == ".npy":
        return None
    names = npz.names(path)
    key = next((key for key in LABEL_KEYS[split] if key in names), None)
    if key is None:
        return None
    labels = npz.NpzArray(path, key).whole()
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"{path}: labels are {labels.dtype} of shape {labels.shape}, "
            "but must be integers, one for each image"
        )
    return labels.astype(np.int64)


def read_array(
    values: Values, name: str, *, size: int | None, channels: int | None, rules: ImageRules
) -> ReadArray:
    """Images of any usual layout and range as uint8, fitted to size and channels.

    Layouts: (n, h, w), (n, h, w, c), (n, c, h, w) with c 1 or 3, or more where `rules` name the
    bands. Black and white as the rules say, else as `value_range.usual_range` tells them. Bytes
    that need no change are not copied. Raises UserError for anything else, for NaN or infinity
    (naming the first image), for images of several sizes.
    """
    _check_numbers(values, name)
    check_fit(size, channels)
    if not values.shape or 0 in values.shape:  # nor any number of images without a pixel
        raise UserError(f"{name}: there are no images in it")
    layout = _Layout(values.shape, name, rules)
    h, w = layout.size
    report = IngestReport(name, found=values.shape[0])
    report.rules = rules = _decided(values, layout, rules, report)
    report.sizes[(w, h)] = values.shape[0]
    report.modes[str(values.dtype)] = values.shape[0]
    report.bits[8 * values.dtype.itemsize] = values.shape[0]
    report.bands = values.shape[0] if layout.bands > 3 else 0
    assert rules.range is not None
    report.black_white = in_words(rules.range)
    as_it_is = values.dtype == np.uint8 and rules.range == (0, 255)
    if as_it_is and isinstance(values, Held) and size in (None, h) and h == w:
        whole = layout.channels_first(values.array)
        images = fit_images(whole, name, size=size, channels=channels)
        for start in range(0, len(images), CHUNK):
            report.look(images[start : start + CHUNK])
        report.warn()
        return ReadArray(images, report)
    clipped = total = 0
    out: np.ndarray | None = None
    start = 0
    for part in values.parts():
        images = layout.channels_first(part)
        if not as_it_is:
            scaled = to_bytes_scale(images, rules.range)
            clipped += int(((scaled < -1) | (scaled > 256)).sum())
            total += scaled.size
            images = np.rint(scaled.clip(0, 255)).astype(np.uint8)
        images = fit_images(
            images, name, size=size, channels=channels, fit=rules.fit, ground=rules.ground_rgb
        )
        if out is None:
            out = empty_images((values.shape[0], *images.shape[1:]))
        out[start : start + len(images)] = images
        report.look(images)
        start += len(images)
    assert out is not None
    report.beyond = clipped / total if total else 0.0
    report.warn()
    return ReadArray(out, report)


class _Layout:
    """Where height, width and bands lie in an array of images."""

    def __init__(self, shape: tuple[int, ...], name: str, rules: ImageRules) -> None:
        self._rules, self._axis = rules, 0
        self.bands = 1
        if len(shape) == 4:
            last = _bands_last(shape)
            if rules.bands is None and shape[3 if last else 1] not in (1, 3):
                few = shape[3 if last else 1]
                raise UserError(
                    f"{name}: shape {shape} is none of (n, h, w), (n, h, w, c), (n, c, h, w) "
                    f"with c 1 or 3; say which of {few} bands to read, such as --bands 3,2,1, "
                    "or reshape it"
                )
            self._axis = 3 if last else 1
            self.bands = shape[self._axis]
            self.size = (shape[1], shape[2]) if last else (shape[2], shape[3])
        elif len(shape) == 3:
            self.size = (shape[1], shape[2])
        else:
            raise UserError(
                f"{name}: shape {shape} is none of (n, h, w), (n, h, w, c), (n, c, h, w) "
                "with c 1 or 3; reshape it"
            )

    def channels_first(self, images: np.ndarray) -> np.ndarray:
        """(n, c, h, w), of the bands that are read."""
        if not self._axis:
            return images[:, None]
        first = np.moveaxis(images, self._axis, 1)
        if self._rules.bands is None:
            return first
        chosen = take_bands(first[0].transpose(1, 2, 0), self._rules)  # refuses bands beyond
        picked = first[:, [band - 1 for band in self._rules.bands]]
        return picked if chosen.ndim == 3 else picked[:, :1]


def _bands_last(shape: tuple[int, ...]) -> bool:
    """Whether the bands of (n, ?, ?, ?) lie along the last axis, and not along the second."""
    if (shape[1] in (1, 3)) != (shape[3] in (1, 3)):
        return shape[3] in (1, 3)
    if (shape[1] == shape[2]) != (shape[2] == shape[3]):
        return shape[1] == shape[2]
    return shape[3] <= shape[1]


def _check_numbers(values: Values, name: str) -> None:
    if values.dtype == object:
        raise UserError(
            f"{name}: an array of objects (images of several sizes?); resize them to one size "
            "and stack them, or give a folder of image files"
        )
    if values.dtype.kind not in "buif":
        raise UserError(f"{name}: {values.dtype} values are no grey values; give uint8 or float")


def _decided(
    values: Values, layout: _Layout, rules: ImageRules, report: IngestReport
) -> ImageRules:
    """The rules with range and fit decided over all values, which are finite."""
    name, extent, start = report.name, Extent(), 0
    for part in values.parts():
        finite = np.isfinite(part).all(axis=tuple(range(1, part.ndim)))
        if not finite.all():
            raise UserError(
                f"{name}: image {start + int(np.argmin(finite))} holds NaN or infinity; "
                "remove or repair it"
            )
        extent.add(layout.channels_first(part))
        start += len(part)
        if values.dtype == np.uint8 and extent.high > max(SMALL):
            break  # bytes are finite, and more of them change nothing
    if rules.range is None:
        rules = replace(rules, range=usual_range(extent, name))
    elif not rules.range_given:
        found, warning = as_remembered(extent, rules.range, name)
        rules = replace(rules, range=found)
        report.notes += [warning] if warning else []
    if rules.fit == "auto":
        rules = replace(rules, fit=choose_fit([layout.size[::-1]]))
    return rules
