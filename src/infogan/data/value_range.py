"""Which numbers are black and white: one rule for every kind of input."""

from dataclasses import dataclass

import numpy as np

from infogan.errors import UserError

OVERSHOOT = 0.05
"""Interpolation goes beyond black and white by this part of the range at most."""
DEPTHS = (255, 1023, 4095, 16383, 65535)
"""White in 8, 10, 12, 14 and 16 bits."""
SMALL = (15, 16)
"""White in 4 bits, and in scikit-learn's digits: only of whole numbers that reach it."""
OTHER_SCALE = 8
STANDARDISED = "; were they standardised (StandardScaler)? Give the pictures as they were"


@dataclass
class Extent:
    """The smallest and the largest of many values, and whether all of them are whole numbers."""

    low: float = np.inf
    high: float = -np.inf
    whole: bool = True
    bytes_only: bool = True
    """Whether every value came as uint8, whose white is 255 by definition."""

    def add(self, values: np.ndarray) -> None:
        """Take more values into account; they are finite."""
        if values.size == 0:
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self.bytes_only &= values.dtype == np.uint8
        if values.dtype.kind == "f":
            self.whole = self.whole and bool((values == np.rint(values)).all())

    def merge(self, other: "Extent") -> None:
        """Take the values of another one into account."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.whole &= other.whole
        self.bytes_only &= other.bytes_only


def extent_of(values: np.ndarray) -> Extent:
    """The extent of an array."""
    extent = Extent()
    extent.add(values)
    return extent


def usual_range(extent: Extent, name: str) -> tuple[float, float]:
    """Black and white of values of such an extent; UserError where it cannot be told.

    - within 0 and 1: 0, 1; with some below 0, down to −1: −1, 1
    - whole numbers up to exactly 15 or 16: 0, 15 or 0, 16
    - bytes: 0, 255
    - else from 0 to the first of 255, 1023, 4095, 16383, 65535 that holds them, where the largest
      is above the half of it; others may be dark images of a greater depth.

    What passes an end by 5 % of the range, as interpolation does, counts as lying on it.
    """
    low, high = extent.low, extent.high
    if extent.bytes_only and high == 0:
        return 0.0, 255.0  # all black
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return 0.0, 1.0
    if -1 - 2 * OVERSHOOT <= low <= -0.5 and high <= 1 + 2 * OVERSHOOT:
        return -1.0, 1.0
    if extent.whole and low >= 0 and high in SMALL:
        return 0.0, high
    if extent.bytes_only:
        return 0.0, 255.0
    for white in DEPTHS:
        slack = 0 if extent.whole else OVERSHOOT * white
        if white / 2 < high <= white + slack and low >= -slack:
            return 0.0, float(white)
    raise UserError(
        f"{name}: values from {low:g} to {high:g}: which are black and white cannot be told; "
        f"name them, such as --range={low:g},{high:g} (data_range=({low:g}, {high:g}) in Python)"
        f"{STANDARDISED if extent.low < 0 and not extent.whole else ''}"
    )


def as_remembered(
    extent: Extent, remembered: tuple[float, float], name: str
) -> tuple[tuple[float, float], str]:
    """Black and white of new values for a model that remembers its own, and a warning or "".

    They are the remembered ones, unless the values are clearly of another scale (8 times as large
    or small), as 0 to 1 is beside 0 to 255.
    """
    if extent.bytes_only and remembered != (0, 255):
        return usual_range(extent, name), ""
    try:
        own = usual_range(extent, name)
    except UserError:
        return remembered, ""
    ratio = (own[1] - own[0]) / (remembered[1] - remembered[0])
    dark = extent.whole and ratio < 1  # whole numbers may be few, or a dark image's
    if 1 / OTHER_SCALE < ratio < OTHER_SCALE or dark or extent.low == extent.high:
        return remembered, ""
    return own, (
        f"{name}: values from {extent.low:g} to {extent.high:g}, where the model was trained on "
        f"{remembered[0]:g} to {remembered[1]:g}; read with {in_words(own)} "
        "(--range=LOW,HIGH says otherwise)"
    )


def in_words(black_white: tuple[float, float]) -> str:
    """A range for the report: black 0, white 4095 (12 bits)."""
    low, high = black_white
    bits = {float(white): f" ({white.bit_length()} bits)" for white in DEPTHS[1:]}
    return f"black {low:g}, white {high:g}{bits.get(high, '') if low == 0 else ''}"


def to_bytes_scale(values: np.ndarray, black_white: tuple[float, float]) -> np.ndarray:
    """Values as float32 with black at 0 and white at 255; what lies beyond is not cut off."""
    low, high = black_white
    return (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
