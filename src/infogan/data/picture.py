"""One decoded page of a picture file, and the memory that decoding may take."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from infogan.data.rules import ImageRules
from infogan.errors import UserError

Content = Path | bytes
MAX_DECODED = 384 * 2**20
"""Bytes that one decoded picture may take; while it is converted there are two of it."""
PACKED_WELL, MOST_PACKED = 64 * 2**20, 50_000
"""Bytes of a picture that any file may hold, and of a larger one for each byte of its file."""
IN_FLIGHT = 256 * 2**20
"""Bytes of pictures decoded at the same time; a larger one is decoded alone."""
MAX_PAGES = 10_000
LARGE = 2**24
"""Pixels above which a picture is shrunk by whole steps before it is resized."""
SPARE = 2
"""Times the side asked for that a picture keeps when it is decoded smaller."""


class NotAPicture(Exception):
    """Content of no known kind of image."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded page.

    Attributes:
        pixels: L, RGB or RGBA of 8 bits; or numbers (h, w) or (h, w, 3) of some range.
        own_range: black and white of those numbers, where the file says so.
        inverted: whether the larger of those numbers are the darker ones.
        turned: whether it lay or hung in the file, and was turned upright as its EXIF says.
        size: width and height, upright.
        mode: Pillow's mode, or the type of the numbers.
        bits: of one value.
        bands: values of one pixel in the file.
    """

    pixels: Image.Image | np.ndarray
    size: tuple[int, int]
    mode: str
    bits: int
    bands: int = 1
    own_range: tuple[float, float] | None = None
    inverted: bool = False
    turned: bool = False

    @property
    def wide(self) -> bool:
        """Whether black and white must be told from the values of all images."""
        return not isinstance(self.pixels, Image.Image) and self.own_range is None

    @property
    def transparent(self) -> bool:
        """Whether some of it is transparent."""
        return isinstance(self.pixels, Image.Image) and self.pixels.mode == "RGBA"


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says of itself before anything is decoded."""

    size: tuple[int, int]
    wide: bool
    may_be_transparent: bool

    def __post_init__(self) -> None:
        check_memory(*self.size, 0)


class Budget:
    """Memory that threads share: who asks for more than is left waits, or works alone."""

    def __init__(self, limit: int) -> None:
        self.limit, self._used = limit, 0
        self._freed = threading.Condition()

    @contextmanager
    def reserve(self, amount: int) -> Iterator[None]:
        """Hold so many bytes."""
        with self._freed:
            self._freed.wait_for(lambda: not self._used or self._used + amount <= self.limit)
            self._used += amount
        try:
            yield
        finally:
            with self._freed:
                self._used -= amount
                self._freed.notify_all()


MEMORY = Budget(IN_FLIGHT)


def check_memory(width: int, height: int, pixel_bytes: int) -> int:
    """The bytes that a picture will take; UserError where they are too many, or there are none."""
    if min(width, height) < 1:
        raise UserError(f"{width}x{height} pixels: there is nothing in it")
    amount = width * height * pixel_bytes
    if amount > MAX_DECODED:
        raise UserError(
            f"{width}x{height} pixels take {amount / 2**20:,.0f} MiB, "
            f"at most {MAX_DECODED / 2**20:,.0f} are read; make it smaller"
        )
    return amount


def check_packing(content: Content, amount: int) -> None:
    """UserError where a file is far too short for the picture that it says it holds."""
    length = len(content) if isinstance(content, bytes) else content.stat().st_size
    if amount > PACKED_WELL and amount > MOST_PACKED * length:
        raise UserError(f"{length:,} bytes are said to unpack to {amount:,}, as no picture does")


def shrink(values: np.ndarray, side: int) -> np.ndarray:
    """Numbers (h, w) or (h, w, k) averaged over squares of whole steps, where there are many."""
    height, width = values.shape[:2]
    step = min(height, width) // (SPARE * side)
    if width * height <= LARGE or step < 2:
        return values
    rows, columns = height // step, width // step
    total = np.zeros((rows, columns, *values.shape[2:]), np.float32)
    for i in range(step):
        for j in range(step):
            total += values[i::step, j::step][:rows, :columns]
    mean: np.ndarray = total / step**2
    return mean


def take_bands(values: np.ndarray, rules: ImageRules) -> np.ndarray:
    """The bands that are to be read, of numbers (h, w, k); UserError where it is not said which."""
    bands = 1 if values.ndim == 2 else values.shape[2]
    if rules.bands is None:
        if bands in (1, 3):
            return values.reshape(values.shape[:2]) if bands == 1 else values
        raise UserError(f"{bands} bands; say which to read, such as --bands {'3,2,1'[: 2 * bands]}")
    if max(rules.bands) > bands:
        raise UserError(f"--bands: there is no band {max(rules.bands)}, there are {bands}")
    chosen = values.reshape(*values.shape[:2], bands)[..., [band - 1 for band in rules.bands]]
    return chosen[..., 0] if len(rules.bands) == 1 else chosen


def first_bytes(content: Content, length: int) -> bytes:
    """The beginning of a file."""
    if isinstance(content, bytes):
        return content[:length]
    with content.open("rb") as file:
        return file.read(length)
