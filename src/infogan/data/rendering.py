"""From a decoded page to the image that is learned from: range, ground, bands, fit, size."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from infogan.data.picture import Picture
from infogan.data.resize import LUMA, fit_square
from infogan.data.rules import ImageRules
from infogan.data.value_range import to_bytes_scale

LIGHT = 217
"""Drawings whose visible part is lighter than this (85 %) would vanish on white."""


def render(picture: Picture, side: int, rules: ImageRules) -> UInt8[np.ndarray, "3 side side"]:
    """One page as an image; the rules say the range where the picture does not know its own."""
    ground = rules.ground_rgb
    if isinstance(picture.pixels, Image.Image):
        image = picture.pixels
        if rules.bands is not None and len(rules.bands) == 1 and image.mode != "L":
            image = image.convert("RGB").getchannel(rules.bands[0] - 1)
        if rules.range_given and rules.range is not None:
            image = _stretched(image, rules.range)
        square = fit_square(_on_ground(image, ground), side, rules.fit, ground)
        return np.asarray(square.convert("RGB")).transpose(2, 0, 1)
    black_white = picture.own_range or rules.range
    if rules.range_given and rules.range is not None:
        black_white = rules.range
    assert black_white is not None, "the range is decided before anything is rendered"
    if picture.inverted:
        black_white = black_white[::-1]
    scaled = to_bytes_scale(picture.pixels, black_white).clip(0, 255)
    planes = scaled[None] if scaled.ndim == 2 else scaled.transpose(2, 0, 1)
    grounds = [ground] if len(planes) == 1 else [(each,) * 3 for each in ground]
    fitted = [
        np.asarray(fit_square(Image.fromarray(plane), side, rules.fit, colour))
        for plane, colour in zip(planes, grounds, strict=True)
    ]
    pixels = np.rint(np.stack(fitted)).clip(0, 255).astype(np.uint8)
    return np.broadcast_to(pixels, (3, side, side))


def light_on_transparent(picture: Picture) -> bool | None:
    """Whether what is visible of a transparent picture is so light that white would hide it.

    None where nothing is visible.
    """
    pixels = np.asarray(picture.pixels)
    alpha = pixels[..., 3].astype(float)
    if not alpha.any():
        return None
    return bool(np.average(pixels[..., :3] @ np.array(LUMA), weights=alpha) > LIGHT)


def light_at_border(picture: Picture) -> bool:
    """Whether the rim of a picture is more light than dark, and padding should be too."""
    if not isinstance(picture.pixels, Image.Image):
        return False
    grey = np.asarray(picture.pixels.convert("L"))
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return bool(np.median(rim) > 127)


def _on_ground(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (*ground, 255)), image).convert(
        "RGB"
    )


def _stretched(image: Image.Image, black_white: tuple[float, float]) -> Image.Image:
    """8-bit colours with another black and white; what is transparent stays so."""
    table = np.rint(to_bytes_scale(np.arange(256), black_white).clip(0, 255)).astype(int).tolist()
    colours = 1 if image.mode == "L" else 3
    return image.point(table * colours + list(range(256)) * (image.mode == "RGBA"))
