"""What an image looks like, in numbers with plain names: morphometrics for strokes and shapes.

Source: Morpho-MNIST (Castro et al., 1809.10780) for area, length, thickness, slant, width and
height. Thickness and length come from the perimeter instead of a skeleton: the outline of a
stroke runs along it twice, so length is half the perimeter and thickness is area over length.
"""

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from infogan.errors import UserError

PERIODS = {"orientation": 180.0, "hue": 360.0, "background hue": 360.0}
"""Circular measures and the degrees after which they repeat."""

BLANK = 8 / 255
"""An image in which nothing stands out from the background by more than this is blank."""
SAME = 1 / 8
"""Border pixels this close to the border's median are of the same colour."""
PLAIN = 2 / 3
"""Share of border pixels of one colour from which the background is plain."""
TAIL = 0.02
"""Share of the ink on each side that width and height leave out, as in Morpho-MNIST."""
ROUND = 0.05
"""Below this anisotropy a shape is as wide as long, and has no orientation."""
GREY = 0.03
"""Below this chroma a colour has no hue."""
SPECK = 2
"""Enclosed regions of fewer pixels are noise, not holes."""
CHUNK = 256

Grey = Float32[np.ndarray, "n h w"]
Colour = Float32[np.ndarray, "n c h w"]
Scalars = Float[np.ndarray, " n"]


def morphometrics(images: UInt8[np.ndarray, "n c h w"]) -> dict[str, Float[np.ndarray, " n"]]:
    """Measure each image, grey (c = 1) or colour (c = 3).

    On the ink, whatever stands out from the background, dark or light: `area` (pixels²), `length`
    of the stroke, its `thickness`, `width` and `height` once upright, `scale` (rms radius),
    `position x` and `position y` from the image's middle, right and down (all in pixels); `slant`
    (degrees, positive to the right), `orientation` of the long axis (degrees from 0 to 180,
    anticlockwise from horizontal). On the whole image: `brightness` (mean, 0 to 1), `contrast`
    (1st to 99th percentile), `sharpness` (steepness of edges, 1 for a step within one pixel). In
    colour also the ink's `hue` (degrees) and `saturation` (0 to 1), and the `background hue`.

    NaN stands for a measure an image has not: every measure of a blank one, the orientation of a
    round shape, the hue of grey. Raises `ValueError` for no images or other channels.
    """
    n, c, _, _ = images.shape
    if c not in (1, 3):
        raise UserError(f"morphometrics: images have {c} channels; give grey (1) or colour (3)")
    if n == 0:
        raise UserError("morphometrics: there are no images; give at least one")
    parts = [_measure(images[i : i + CHUNK]) for i in range(0, n, CHUNK)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def holes(images: UInt8[np.ndarray, "n c h w"]) -> Int[np.ndarray, " n"]:
    """How many holes the ink of each image encloses, as an 8 has two; 0 for a blank one.

    A hole is at least two pixels of background, joined by their sides, that the ink cuts off.
    """
    from scipy.ndimage import label

    counts = np.zeros(len(images), np.int64)
    for start in range(0, len(images), CHUNK):
        ink, peak, _ = _ink(images[start : start + CHUNK].astype(np.float32) / 255)
        for i, (each, strongest) in enumerate(zip(ink, peak, strict=True), start):
            ground = np.pad(each < 0.5, 1, constant_values=True)
            sizes = np.bincount(label(ground)[0].ravel())[2:]  # 0 is ink, 1 lies around it
            counts[i] = np.sum(sizes >= SPECK) if strongest >= BLANK else 0
    return counts


def _ink(pixels: Colour) -> tuple[Grey, Scalars, Float32[np.ndarray, "n c border"]]:
    """What stands out of each image, from 0 to 1, how far at most, and the image's border."""
    border = _border(pixels)
    difference = _difference(pixels, border)
    peak = difference.max(axis=(1, 2))
    ink = difference / np.maximum(peak, BLANK)[:, None, None]
    ink[ink < SAME] = 0
    ink[peak < BLANK] = 1  # of no meaning, and free of divisions by zero
    return ink, peak, border


def _measure(images: UInt8[np.ndarray, "n c h w"]) -> dict[str, Scalars]:
    pixels = images.astype(np.float32) / 255
    ink, peak, border = _ink(pixels)
    with np.errstate(invalid="ignore"):
        measures = _shape(ink) | _tone(pixels.mean(axis=1))
        if images.shape[1] == 3:
            measures |= _colour(pixels, border, ink)
    return {name: np.where(peak < BLANK, np.nan, value) for name, value in measures.items()}


def _border(pixels: Colour) -> Float32[np.ndarray, "n c border"]:
    """The outermost pixels of each image."""
    sides = pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, 1:-1, 0], pixels[:, :, 1:-1, -1]
    return np.concatenate(sides, axis=2)


def _difference(pixels: Colour, border: Float32[np.ndarray, "n c border"]) -> Grey:
    """How far each pixel is from the background, in its most different channel.

    Where two thirds of the border have one colour, that is the background. Elsewhere (a wall above
    a floor) it is what each pixel resembles most of the border straight left, right, up and down,
    and lines one pixel wide, such as where the two meet, do not count.
    """
    from scipy.ndimage import grey_opening

    median = np.median(border, axis=2, keepdims=True)
    plain = (np.abs(border - median).max(axis=1) < SAME).mean(axis=1) >= PLAIN
    difference: np.ndarray = np.abs(pixels - median[..., None]).max(axis=1)
    busy = pixels[~plain]
    ends = busy[:, :, :, :1], busy[:, :, :, -1:], busy[:, :, :1], busy[:, :, -1:]
    distances = [np.abs(busy - end).max(axis=1) for end in ends]
    difference[~plain] = grey_opening(np.minimum.reduce(distances), size=(1, 2, 2))
    return difference


def _shape(ink: Grey) -> dict[str, Scalars]:
    _, h, w = ink.shape
    rows, columns = ink.sum(axis=2), ink.sum(axis=1)
    area = rows.sum(axis=1)
    x, y = np.arange(w) - (w - 1) / 2, np.arange(h) - (h - 1) / 2
    mean_x, mean_y = columns @ x / area, rows @ y / area
    # A pixel is a square, not a point: the 1/12 is its own second moment.
    xx = columns @ x**2 / area - mean_x**2 + 1 / 12
    yy = rows @ y**2 / area - mean_y**2 + 1 / 12
    xy = (ink @ x * y).sum(axis=1) / area - mean_x * mean_y
    shear = -xy / yy
    anisotropy = np.hypot(2 * xy, xx - yy) / (xx + yy)
    orientation = np.degrees(np.arctan2(-2 * xy, xx - yy)) / 2 % 180
    perimeter = _gradient(np.pad(ink, ((0, 0), (1, 1), (1, 1)))).sum(axis=(1, 2))
    return {
        "area": area,
        "length": perimeter / 2,
        "thickness": 2 * area / perimeter,
        "slant": np.degrees(np.arctan(shear)),
        "width": _extent(_upright_columns(ink, shear, mean_y)),
        "height": _extent(rows),
        "scale": np.sqrt(xx + yy),
        "position x": mean_x,
        "position y": mean_y,
        "orientation": np.where(anisotropy < ROUND, np.nan, orientation),
    }


def _tone(luma: Grey) -> dict[str, Scalars]:
    low, high = np.percentile(luma.reshape(len(luma), -1), (1, 99), axis=1)
    gradient = _gradient(luma)
    steepness = (gradient**2).sum(axis=(1, 2)) / gradient.sum(axis=(1, 2))
    return {
        "brightness": luma.mean(axis=(1, 2)),
        "contrast": high - low,
        "sharpness": steepness / (luma.max(axis=(1, 2)) - luma.min(axis=(1, 2))),
    }


def _colour(
    pixels: Colour, border: Float32[np.ndarray, "n c border"], ink: Grey
) -> dict[str, Scalars]:
    area = ink.sum(axis=(1, 2))
    foreground = (pixels * ink[:, None]).sum(axis=(2, 3)) / area[:, None]
    saturation = np.ptp(pixels, axis=1) / np.maximum(pixels.max(axis=1), 1 / 255)
    return {
        "hue": _hue(foreground),
        "saturation": (saturation * ink).sum(axis=(1, 2)) / area,
        "background hue": _hue(border.mean(axis=2)),
    }


def _hue(colour: Float[np.ndarray, "n 3"]) -> Scalars:
    """The angle of a colour around the grey axis, degrees; 0 is red, 120 green, 240 blue."""
    red, green, blue = colour.T
    along, across = red - (green + blue) / 2, (green - blue) * np.sqrt(3) / 2
    hue = np.degrees(np.arctan2(across, along)) % 360
    return np.where(np.hypot(along, across) < GREY, np.nan, hue)


def _gradient(grey: Grey) -> Float32[np.ndarray, "n h-1 w-1"]:
    """Steepness where four pixels meet; its sum over an image is the length of the outlines."""
    down, right = np.diff(grey, axis=1), np.diff(grey, axis=2)
    slopes: np.ndarray = (
        np.hypot(down[:, :, 1:] + down[:, :, :-1], right[:, 1:] + right[:, :-1]) / 2
    )
    return slopes


def _upright_columns(ink: Grey, shear: Scalars, mean_y: Scalars) -> Float[np.ndarray, "n columns"]:
    """Ink in each column after undoing the slant; columns reach half a width beyond the image."""
    n, h, w = ink.shape
    shift = shear[:, None] * (np.arange(h) - (h - 1) / 2 - mean_y[:, None])
    column = np.clip(np.arange(w) + shift[..., None] + w / 2, 0, 2 * w - 1.001)
    whole = column.astype(np.int64)
    right = (column - whole) * ink
    bins = whole + 2 * w * np.arange(n)[:, None, None]
    left = np.bincount(bins.ravel(), (ink - right).ravel(), minlength=2 * w * n)
    shifted = np.bincount(bins.ravel() + 1, right.ravel(), minlength=2 * w * n)
    return (left + shifted[: 2 * w * n]).reshape(n, 2 * w)


def _extent(profile: Float[np.ndarray, "n bins"]) -> Scalars:
    """Pixels between the ends of a profile, its two tails left out."""
    rising = np.cumsum(profile, axis=1, dtype=np.float64)
    rising /= rising[:, -1:]
    widths: np.ndarray = _crossing(rising, 1 - TAIL) - _crossing(rising, TAIL)
    return widths


def _crossing(rising: Float[np.ndarray, "n bins"], level: float) -> Scalars:
    """Where a cumulative profile reaches a level, between pixels."""
    after = np.argmax(rising >= level, axis=1)[:, None]
    upper = np.take_along_axis(rising, after, axis=1)
    lower = np.where(after > 0, np.take_along_axis(rising, after - 1, axis=1), 0)
    places: np.ndarray = (after + (level - lower) / (upper - lower))[:, 0]
    return places
