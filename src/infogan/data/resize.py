"""The one place where images change size, crop or number of channels."""

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from infogan.data.source import FactorSource, GridSource, empty_images
from infogan.errors import UserError

MIN_SIDE, MAX_SIDE = 8, 128
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a grey value (ITU-R 601, as in Pillow)."""
CHUNK = 1024


def check_fit(size: int | None, channels: int | None) -> None:
    """Raise UserError unless `size` and `channels` are None or ones the networks can take."""
    if size is not None and not valid_side(size):
        raise UserError(
            f"size {size}: images must have a side that is a multiple of 4 "
            f"from {MIN_SIDE} to {MAX_SIDE}, such as 32 or 64"
        )
    if channels not in (None, 1, 3):
        raise UserError(f"channels {channels}: give 1 (grey) or 3 (colour)")


def valid_side(side: int) -> bool:
    """Whether networks can be built for images of this side."""
    return MIN_SIDE <= side <= MAX_SIDE and side % 4 == 0


def crop_resize(image: Image.Image, size: int) -> Image.Image:
    """The central square of a picture at size × size pixels (bicubic, antialiased)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.BICUBIC)


def fit_images(
    images: UInt8[np.ndarray, "n c h w"], name: str, *, size: int | None, channels: int | None
) -> UInt8[np.ndarray, "n c2 side side"]:
    """Images of the asked size and channels, untouched where they already have them.

    With `size` the central square is resized; without, images must be square with a side that is
    a multiple of 4 from 8 to 128, else ValueError with the remedy. Grey from colour is luma,
    colour from grey repeats the channel (a view, not a copy).
    """
    _, c, h, w = images.shape
    check_fit(size, channels)
    if images.size == 0:
        raise UserError(f"{name}: there are no images in it")
    if size is None and not (h == w and valid_side(h)):
        nearest = int(np.clip(round(min(h, w) / 4) * 4, MIN_SIDE, MAX_SIDE))
        raise UserError(
            f"{name}: images are {h}x{w}, but they must be square with a side that is a multiple "
            f"of 4 from {MIN_SIDE} to {MAX_SIDE}; crop and resize them with --size {nearest}"
        )
    if size is not None and (h, w) != (size, size):
        images = _resized(images, size)
    return with_channels(images, c if channels is None else channels)


def with_channels(
    images: UInt8[np.ndarray, "n c h w"], channels: int
) -> UInt8[np.ndarray, "n c2 h w"]:
    """Grey to colour by repeating the channel, colour to grey by luma; else the same array."""
    n, c, h, w = images.shape
    if channels == c:
        return images
    if channels == 3:
        return np.broadcast_to(images, (n, 3, h, w))
    grey = empty_images((n, 1, h, w))
    weights = np.array(LUMA, np.float32)
    for start in range(0, n, CHUNK):
        part = images[start : start + CHUNK].astype(np.float32)
        grey[start : start + CHUNK, 0] = np.einsum("nchw,c->nhw", part, weights) + 0.5
    return grey


def _resized(images: UInt8[np.ndarray, "n c h w"], size: int) -> UInt8[np.ndarray, "n c s s"]:
    n, c, _, _ = images.shape
    out = empty_images((n, c, size, size))
    for i, planes in enumerate(images):
        for j, plane in enumerate(planes):
            out[i, j] = np.asarray(crop_resize(Image.fromarray(np.ascontiguousarray(plane)), size))
    return out


class FittedFactors(GridSource):
    """A factor source with its images brought to another size or number of channels as drawn."""

    def __init__(self, source: FactorSource, *, size: int | None, channels: int | None) -> None:
        check_fit(size, channels)
        side = source.shape[1] if size is None else size
        self.source = source
        self.name = source.name
        self.shape = (channels or source.shape[0], side, side)
        self.factor_names = source.factor_names
        self.factor_sizes = source.factor_sizes

    def _render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n c h w"]:
        channels, side, _ = self.shape
        images = self.source.render(factors)
        return fit_images(images, self.name, size=side, channels=channels)
