"""The one place where images change size, crop or number of channels."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from infogan.data.rules import WORST_CROP, Fit
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
            f"from {MIN_SIDE} to {MAX_SIDE}; the nearest is {nearest_side(size)}"
        )
    if channels not in (None, 1, 3):
        raise UserError(f"channels {channels}: give 1 (grey) or 3 (colour)")


def valid_side(side: int) -> bool:
    """Whether networks can be built for images of this side."""
    return MIN_SIDE <= side <= MAX_SIDE and side % 4 == 0


def nearest_side(side: int) -> int:
    """The side nearest to this one that networks can be built for."""
    return int(np.clip(round(side / 4) * 4, MIN_SIDE, MAX_SIDE))


def choose_fit(sizes: Iterable[tuple[int, int]]) -> Fit:
    """How rectangles become squares when it is not said: cut where the middle holds most of them.

    Of the median picture at least half must be in its middle square; else all of it is kept.
    """
    kept = [min(size) / max(size) for size in sizes]
    return "crop" if not kept or np.median(kept) >= WORST_CROP else "pad"


def fit_square(
    image: Image.Image, size: int, fit: Fit = "crop", ground: tuple[int, int, int] = (255, 255, 255)
) -> Image.Image:
    """A picture (L, RGB or F) at size × size pixels, bicubic and antialiased: its central square,
    all of it in the middle of a ground, or stretched."""
    if fit == "pad" and image.width != image.height:
        scale = size / max(image.size)
        inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        colour = ground if image.mode == "RGB" else round(float(np.dot(ground, LUMA)))
        square = Image.new(image.mode, (size, size), colour)
        place = ((size - inner[0]) // 2, (size - inner[1]) // 2)
        square.paste(image.resize(inner, Image.Resampling.BICUBIC), place)
        return square
    if fit != "stretch":
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    return image.resize((size, size), Image.Resampling.BICUBIC)


def fit_images(
    images: UInt8[np.ndarray, "n c h w"],
    name: str,
    *,
    size: int | None,
    channels: int | None,
    fit: Fit = "auto",
    ground: tuple[int, int, int] = (255, 255, 255),
) -> UInt8[np.ndarray, "n c2 side side"]:
    """Images of the asked size and channels, untouched where they already have them.

    With `size` they are fitted to a square of it (see `fit_square`); without, they must be square
    with a side that is a multiple of 4 from 8 to 128, else ValueError with the remedy. Grey from
    colour is luma, colour from grey repeats the channel (a view, not a copy).
    """
    _, c, h, w = images.shape
    check_fit(size, channels)
    if images.size == 0:
        raise UserError(f"{name}: there are no images in it")
    if size is None and not (h == w and valid_side(h)):
        raise UserError(
            f"{name}: images are {h}x{w}, but they must be square with a side that is a multiple "
            f"of 4 from {MIN_SIDE} to {MAX_SIDE}; fit and resize them with --size "
            f"{nearest_side(min(h, w))}"
        )
    if size is not None and (h, w) != (size, size):
        how = choose_fit([(w, h)]) if fit == "auto" else fit
        images = _resized(images, size, how, ground)
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


def _resized(
    images: UInt8[np.ndarray, "n c h w"], size: int, fit: Fit, ground: tuple[int, int, int]
) -> UInt8[np.ndarray, "n c s s"]:
    n, c, _, _ = images.shape
    out = empty_images((n, c, size, size))
    grounds = [(each,) * 3 for each in ground] if c == 3 else [ground]
    for i, planes in enumerate(images):
        for j, plane in enumerate(planes):
            picture = Image.fromarray(np.ascontiguousarray(plane))
            out[i, j] = np.asarray(fit_square(picture, size, fit, grounds[j]))
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
