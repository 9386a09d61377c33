"""Between the arrays a user has and the images the networks take: learned once, used both ways."""

import math
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.resize import MAX_SIDE, MIN_SIDE, fit_images, valid_side
from infogan.data.value_range import as_remembered, extent_of, usual_range
from infogan.errors import UserError

Images = UInt8[np.ndarray, "n c h w"]
SHAPES = ("sample", "grid")

FAR = 0.5
"""How far beyond black and white a value counts as of another scale, as a part of their range."""
STRAYS = 0.02
"""The part of all values that may lie so far out."""


@dataclass(frozen=True, eq=False)
class ArrayLayout:
    """How one sample lies in a user's array, and which numbers are black and white in it.

    Attributes:
        sample: shape of one sample, such as (28, 28), (32, 32, 3) or (784,).
        grid: the same as a picture: (h, w), (h, w, c) or (c, h, w).
        padding: numbers added to a vector so that it fills its grid.
        size: side to which pictures are resized, or None.
        low: what is black; a number, or one for each feature of vectors.
        high: what is white.
        dtype: of the arrays given back.
    """

    sample: tuple[int, ...]
    grid: tuple[int, ...]
    padding: int = 0
    size: int | None = None
    low: np.ndarray | float = 0.0
    high: np.ndarray | float = 255.0
    dtype: str = "uint8"

    @classmethod
    def learn(
        cls,
        X: np.ndarray,
        *,
        image_shape: tuple[int, ...] | None = None,
        size: int | None = None,
        data_range: tuple[float, float] | None = None,
    ) -> "ArrayLayout":
        """Find the layout of images (n, h, w[, c]), (n, c, h, w), or flat vectors (n, d).

        Vectors are pictures of `image_shape`, or of a square side of 8 to 128 that fits exactly.
        Other vectors are not pictures, which is warned of: each feature becomes a pixel, scaled by
        its own range.
        Raises UserError for what is neither.
        """
        if X.ndim not in (2, 3, 4):
            raise UserError(
                f"an array of shape {X.shape} is no set of images; give (n, h, w), (n, h, w, c) "
                "or flat vectors (n, d) with image_shape"
            )
        sample, dtype = X.shape[1:], "uint8" if X.dtype == np.uint8 else "float64"
        if X.ndim > 2 or image_shape is not None:
            grid = tuple(image_shape) if X.ndim == 2 and image_shape is not None else sample
            if math.prod(grid) != math.prod(sample) or len(grid) not in (2, 3):
                raise UserError(
                    f"image_shape {grid}: vectors have {sample[0]} features; give a shape (h, w) "
                    "or (h, w, c) of as many"
                )
        else:
            side = math.isqrt(sample[0])
            if side * side != sample[0] or not valid_side(side):
                return cls._of_vectors(X)
            grid = (side, side)
        low, high = data_range or usual_range(extent_of(X), "X")
        layout = cls(sample, grid, 0, size, low, high, dtype)
        _check_side(layout)
        return layout

    @classmethod
    def _of_vectors(cls, X: np.ndarray) -> "ArrayLayout":
        """The layout of vectors that are not pictures."""
        n_features = X.shape[1]
        side = max(MIN_SIDE, 4 * math.ceil(math.sqrt(n_features) / 4))
        if side > MAX_SIDE:
            raise UserError(f"vectors of {n_features} features: at most {MAX_SIDE**2} can be taken")
        # The middle is kept away from the ends, so that equal values do not become black.
        low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
        low, high = np.where(low < high, low, low - 1), np.where(low < high, high, high + 1)
        padding = side * side - n_features
        warnings.warn(
            f"X: {n_features} columns are no square picture of 8 to 128 pixels a side: each is "
            f"taken for a number of its own, scaled by its own range, with {padding} empty ones to "
            f"fill {side}×{side}; if they are pictures, give image_shape, such as (h, w)",
            stacklevel=2,
        )
        return cls((n_features,), (side, side), padding, None, low, high, "float64")

    @classmethod
    def of_images(cls, shape: tuple[int, int, int]) -> "ArrayLayout":
        """The layout of bytes (n, h, w), or (n, h, w, c) for colour."""
        channels, height, width = shape
        sample = (height, width) if channels == 1 else (height, width, channels)
        return cls(sample, sample)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        plain = asdict(self)
        return plain | {name: np.asarray(plain[name]).tolist() for name in ("low", "high")}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "ArrayLayout":
        """The layout of such data, checked. Raises UserError."""
        try:
            sides = {name: tuple(int(side) for side in content[name]) for name in SHAPES}
            ends = {name: np.asarray(content[name], float) for name in ("low", "high")}
            plain = {name: each if each.ndim else float(each) for name, each in ends.items()}
            layout = cls(**(content | sides | plain))
            drawn = layout.from_images(np.zeros((1, *layout.image_shape), np.uint8))
            if layout.size is None and drawn.shape[1:] != layout.sample:
                raise ValueError(f"{drawn.shape[1:]} is not {layout.sample}")
            return layout
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise UserError(f"not the layout of arrays ({error})") from None

    @property
    def pictures(self) -> bool:
        """Whether samples are pictures, in which neighbouring numbers belong together."""
        return np.ndim(self.low) == 0

    @property
    def channels(self) -> int:
        """Colours of the picture."""
        return 1 if len(self.grid) == 2 else self.grid[_channel_axis(self.grid)]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(c, h, w) as the networks see it."""
        height, width = _height_width(self.grid)
        return (self.channels, self.size or height, self.size or width)

    def to_images(self, X: np.ndarray) -> Images:
        """Arrays of this layout as images; UserError for another shape or range."""
        if X.shape[1:] != self.sample:
            raise UserError(
                f"samples have shape {X.shape[1:]}, but this model was fitted to {self.sample}"
            )
        pixels = X if self._is_bytes(X) else self._quantised(X)
        pixels = np.pad(pixels.reshape(len(X), -1), ((0, 0), (0, self.padding)))
        pixels = pixels.reshape(len(X), *self.grid)
        if len(self.grid) == 2:
            images = pixels[:, None]
        else:
            images = np.moveaxis(pixels, 1 + _channel_axis(self.grid), 1)
        return fit_images(images, "X", size=self.size, channels=None)

    def from_images(self, images: Images) -> np.ndarray:
        """Images as arrays of this layout; resized ones keep the size they have."""
        if len(self.grid) == 2:
            pixels = images[:, 0]
        else:
            pixels = np.moveaxis(images, 1, 1 + _channel_axis(self.grid))
        if len(self.sample) == 1:
            pixels = pixels.reshape(len(images), -1)
            pixels = pixels[:, : pixels.shape[1] - self.padding]
        if self.dtype == "uint8" and (self.low, self.high) == (0, 255):
            return np.ascontiguousarray(pixels)
        values = self.low + pixels / 255 * (np.asarray(self.high) - self.low)
        return values.round().astype(self.dtype) if self.dtype == "uint8" else values

    def unlike(self, X: np.ndarray) -> str:
        """A line where new values are clearly of another scale than those fitted, else empty."""
        if not self.pictures or not X.size:
            return ""
        extent = extent_of(X)
        own, _ = as_remembered(extent, (float(self.low), float(self.high)), "X")
        if own == (self.low, self.high):
            far = FAR * (float(self.high) - float(self.low))
            if extent.low >= self.low - far and extent.high <= self.high + far:
                return ""
            return (
                f"values from {extent.low:g} to {extent.high:g}, but this model was fitted to "
                f"values from {self.low:g} to {self.high:g}: what lies beyond is cut to these"
            )
        return (
            f"values from {X.min():g} to {X.max():g}, but this model was fitted to values from "
            f"{self.low:g} to {self.high:g}; scale them alike"
        )

    def _is_bytes(self, X: np.ndarray) -> bool:
        return X.dtype == np.uint8 and self.pictures and (self.low, self.high) == (0, 255)

    def _quantised(self, X: np.ndarray) -> np.ndarray:
        span = np.asarray(self.high, float) - self.low
        scaled = (X - np.asarray(self.low, float)) / span
        # Interpolation overshoots a little, and a few values may lie anywhere (a scaler fitted to
        # other images); another scale altogether is a mistake.
        far = (scaled < -FAR) | (scaled > 1 + FAR)
        if self.pictures and len(X) and far.mean() > STRAYS:
            raise UserError(
                f"values from {X.min():g} to {X.max():g}, but this model was fitted to values from "
                f"{self.low:g} to {self.high:g}; scale them alike"
            )
        pixels: np.ndarray = (scaled.clip(0, 1) * 255).round().astype(np.uint8)
        return pixels


class ArrangedSource:
    """A user's array as a source of images, which are made as they are asked for."""

    name = "array"

    def __init__(self, X: np.ndarray, layout: ArrayLayout) -> None:
        self.X = X
        self.layout = layout
        self.shape = layout.image_shape
        layout.to_images(X[:1])
        if warning := layout.unlike(X):
            warnings.warn(warning, stacklevel=4)

    def __len__(self) -> int:
        return len(self.X)

    def batch(self, indices: Int[np.ndarray, " n"]) -> Images:
        """The images at these indices, in this order."""
        return self.layout.to_images(self.X[indices])


def _channel_axis(grid: tuple[int, ...]) -> int:
    if grid[-1] in (1, 3):
        return 2
    if grid[0] in (1, 3):
        return 0
    raise UserError(f"images of shape {grid}: needs 1 or 3 channels, last or first")


def _height_width(grid: tuple[int, ...]) -> tuple[int, int]:
    height, width = grid if len(grid) == 2 else np.delete(grid, _channel_axis(grid)).tolist()
    return height, width


def _check_side(layout: ArrayLayout) -> None:
    height, width = _height_width(layout.grid)
    if layout.size is None and not (height == width and valid_side(height)):
        raise UserError(
            f"images are {height}x{width}, but must be square with a side that is a multiple of 4 "
            f"from {MIN_SIDE} to {MAX_SIDE}; give size=32, say, to crop and resize them"
        )
