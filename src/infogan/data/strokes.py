"""Pen-stroke digits drawn from known slant, thickness, width and height.

Each glyph is a skeleton of straight segments. Its ink is every point within half the pen's
thickness of the skeleton, so an image is the distance to the nearest segment, thresholded
softly over one pixel.
"""

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from infogan.data.source import GridSource
from infogan.errors import UserError

Point = tuple[float | int, float | int]
Segments = Float32[np.ndarray, "segments 2 2"]

# The values of each factor. Lengths are fractions of the image's side, slant is in degrees,
# positive leaning to the right. The heaviest, widest, most slanted glyph still fits.
SLANTS = np.linspace(-25, 25, 11)
THICKNESSES = np.linspace(1.25, 4.25, 7) / 28
WIDTHS = np.linspace(6.5, 12.5, 9) / 28
HEIGHTS = np.linspace(14, 19, 5) / 28


class Strokes(GridSource):
    """White digits on black: glyph 10 × slant 11 × thickness 7 × width 9 × height 5 = 34,650.

    Grey images of shape (1, size, size), drawn when asked for, thousands a second
    on one core at 28×28; nothing is kept. Raises `ValueError` for a size under 8.
    """

    factor_names = ("glyph", "slant", "thickness", "width", "height")
    factor_sizes = (10, len(SLANTS), len(THICKNESSES), len(WIDTHS), len(HEIGHTS))

    def __init__(self, size: int = 28) -> None:
        if size < 8:
            raise UserError(f"strokes: size is {size}; use at least 8 pixels")
        self.name = "strokes"
        self.shape = (1, size, size)

    def _render(self, factors: Int[np.ndarray, "n 5"]) -> UInt8[np.ndarray, "n 1 h w"]:
        size = self.shape[1]
        glyph, slant, thickness, width, height = factors.T
        segments = place(GLYPHS[glyph], SLANTS[slant], WIDTHS[width], HEIGHTS[height], size)
        radius = THICKNESSES[thickness].astype(np.float32)[:, None, None] * size / 2
        ink = np.clip(radius + 0.5 - distance(segments, size), 0, 1)
        pixels: np.ndarray = np.rint(255 * ink).astype(np.uint8)[:, None]
        return pixels


def place(
    skeletons: Float32[np.ndarray, "n segments 2 2"],
    slant: Float[np.ndarray, " n"],
    width: Float[np.ndarray, " n"],
    height: Float[np.ndarray, " n"],
    size: int,
) -> Float32[np.ndarray, "n segments 2 2"]:
    """Stretch skeletons from the unit square into pixels and shear them about the middle."""
    x = (skeletons[..., 0] - 0.5) * width[:, None, None]
    y = (skeletons[..., 1] - 0.5) * height[:, None, None]
    x = x - np.tan(np.radians(slant))[:, None, None] * y
    centre = (size - 1) / 2
    return (np.stack([x, y], axis=-1) * size + centre).astype(np.float32)


def distance(
    segments: Float32[np.ndarray, "n segments 2 2"], size: int
) -> Float32[np.ndarray, "n {size} {size}"]:
    """Return the distance in pixels from each pixel's centre to the nearest segment."""
    pixels = np.arange(size, dtype=np.float32)
    start, end = segments[:, :, 0], segments[:, :, 1]
    length = np.hypot(*np.moveaxis(end - start, -1, 0))
    along = (end - start) / np.maximum(length, 1e-6)[..., None]
    nearest = np.full((len(segments), size, size), np.inf, np.float32)
    for s in range(segments.shape[1]):
        ux, uy = along[:, s, 0, None], along[:, s, 1, None]
        dx, dy = pixels - start[:, s, 0, None], pixels - start[:, s, 1, None]
        # In the segment's own axes: how far along it, and how far to its side.
        forward = (ux * dx)[:, None, :] + (uy * dy)[:, :, None]
        aside = (-uy * dx)[:, None, :] + (ux * dy)[:, :, None]
        forward -= np.clip(forward, 0, length[:, s, None, None])
        np.minimum(nearest, forward * forward + aside * aside, out=nearest)
    return np.sqrt(nearest)


def _line(*points: Point) -> Segments:
    """Return the segments that join these points of the unit square, y pointing down."""
    return np.stack([points[:-1], points[1:]], axis=1).astype(np.float32)


def _arc(x: float, y: float, rx: float, ry: float, start: int, stop: int) -> Segments:
    """Return an elliptic arc from angle `start` to `stop` degrees, 0 right and 90 down."""
    steps = max(2, round(abs(stop - start) / 24))
    angles = np.radians(np.linspace(start, stop, steps + 1))
    points = np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)
    return _line(*map(tuple, points))


def _skeletons() -> Float32[np.ndarray, "10 segments 2 2"]:
    """Return the ten glyphs, each filling the unit square, padded to as many segments as any."""
    glyphs = [
        [_arc(0.5, 0.5, 0.5, 0.5, 0, 360)],
        [_line((0.1, 0.3), (0.55, 0), (0.55, 1)), _line((0.15, 1), (0.95, 1))],
        [_arc(0.5, 0.28, 0.45, 0.28, 195, 385), _line((0.91, 0.4), (0, 1), (1, 1))],
        [_arc(0.42, 0.25, 0.5, 0.25, 215, 450), _arc(0.42, 0.75, 0.58, 0.25, 270, 500)],
        [_line((0.7, 1), (0.7, 0), (0, 0.65), (1, 0.65))],
        [_line((0.9, 0), (0.15, 0), (0.1, 0.45)), _arc(0.45, 0.68, 0.55, 0.32, 225, 510)],
        [_arc(0.9, 0.7, 0.9, 0.7, 180, 270), _arc(0.5, 0.7, 0.5, 0.3, 0, 360)],
        [_line((0, 0), (1, 0), (0.35, 1))],
        [_arc(0.5, 0.24, 0.4, 0.24, 0, 360), _arc(0.5, 0.74, 0.5, 0.26, 0, 360)],
        [_arc(0.48, 0.3, 0.48, 0.3, 0, 360), _line((0.96, 0.3), (0.85, 1))],
    ]
    joined = [np.concatenate(strokes) for strokes in glyphs]
    corners = [(g.min(axis=(0, 1)), g.max(axis=(0, 1))) for g in joined]
    filling = [(g - low) / (high - low) for g, (low, high) in zip(joined, corners, strict=True)]
    longest = max(map(len, filling))
    return np.stack([np.pad(g, ((0, longest - len(g)), (0, 0), (0, 0)), "edge") for g in filling])


GLYPHS = _skeletons()
