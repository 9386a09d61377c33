"""Street numbers on lit, coloured plates, with neighbours that the border cuts: drawn, not read."""

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from infogan.data.resize import check_fit
from infogan.data.source import GridSource
from infogan.data.strokes import GLYPHS, distance, place

Images = Float32[np.ndarray, "n h w"]
Draw = Float32[np.ndarray, "*n"]
Draws = Float32[np.ndarray, "n draws"]

SIZE = 32
HUES = 8
SCALES = np.array([0.55, 0.65, 0.75])
"""A digit's height in picture heights."""
LEVELS = np.linspace(0.45, 1, 4)
"""Of the light in the middle of the picture."""
DIRECTIONS = np.arange(8) * np.pi / 4
"""Where the light comes from: from the right, then counterclockwise."""
GRADIENT = 0.45
"""How much more light than in the middle there is at the picture's edge."""
CONTEXTS = ("none", "left", "right", "both")

ATLAS_SIDE = 96
ATLAS_HEIGHT, ATLAS_WIDTH = 0.5, 0.31
"""A glyph's share of its square of the atlas: the rest is room for strokes and tilts."""
PITCH = 1.15
"""From one digit's middle to the next, in widths of a digit, without the pen."""
NOISE_SIDE = 256


class StreetNumbers(GridSource):
    """House numbers: 10 digits × hues 8 × 8 × light 4 × 8 × context 4 × scale 3, 245,760 in colour.

    The digit in the middle is the one that counts; `context` says on which sides others stand.
    The light has a level and a direction (a circle of eight). All else is a nuisance of its own
    for each image, drawn from its number: which others, pen, slant, tilt, place, saturation, dark
    on light or light on dark, sharpness, grain. The digits are the strokes of `strokes`.
    After what varies in Netzer et al., SVHN, 2011.
    """

    factor_names = (
        "digit",
        "digit_hue",
        "plate_hue",
        "light_level",
        "light_direction",
        "context",
        "scale",
    )
    factor_sizes = (10, HUES, HUES, len(LEVELS), len(DIRECTIONS), len(CONTEXTS), len(SCALES))

    def __init__(self, size: int = SIZE) -> None:
        check_fit(size, None)
        self.name = "street-numbers"
        self.shape = (3, size, size)

    def _render(self, factors: Int[np.ndarray, "n 7"]) -> UInt8[np.ndarray, "n 3 h w"]:
        size = self.shape[1]
        digit, fore, back, level, direction, context, scale = factors.T
        number = np.ravel_multi_index(tuple(factors.T), self.factor_sizes)
        draws = _draws(number, 16)
        ink = _ink(digit, context, SCALES[scale], draws, size)[:, None]
        digit_colour, plate_colour = _colours(fore, back, draws)
        painted = plate_colour + ink * (digit_colour - plate_colour)
        light = _light(LEVELS[level], DIRECTIONS[direction], size)[:, None]
        grain = (0.01 + 0.03 * draws[:, 14, None, None, None]) * _grain(number, size)
        pixels: np.ndarray = np.rint(255 * np.clip(painted * light + grain, 0, 1)).astype(np.uint8)
        return pixels


def _draws(number: Int[np.ndarray, " n"], count: int) -> Draws:
    """Numbers from 0 to 1 that depend on an image's number alone (SplitMix64)."""
    first = number.astype(np.uint64)[:, None] * np.uint64(count) + np.uint64(1)
    x: np.ndarray = (first + np.arange(count, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    values: np.ndarray = ((x ^ (x >> np.uint64(31))) >> np.uint64(40)).astype(
        np.float32
    ) / np.float32(2**24)
    return values


def _between(draw: Draw, low: float, high: float) -> Draw:
    return low + (high - low) * draw


def _ink(
    digit: Int[np.ndarray, " n"],
    context: Int[np.ndarray, " n"],
    scale: Float[np.ndarray, " n"],
    draws: Draws,
    size: int,
) -> Images:
    """How much ink lies on each pixel, 0 to 1: the digit and its neighbours."""
    scale = scale.astype(np.float32)
    tilt = np.radians(_between(draws[:, 0], -9, 9))
    slant = _between(draws[:, 1], -0.15, 0.15)
    width = scale * ATLAS_WIDTH / ATLAS_HEIGHT * _between(draws[:, 2], 0.8, 1.1)
    pen = scale * _between(draws[:, 3], 0.12, 0.24)
    soft = _between(draws[:, 4], 0.7, 2.2) / size
    at = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5)[None]
    x = at - _between(draws[:, 5, None], -0.04, 0.04)
    y = at - _between(draws[:, 6, None], -0.04, 0.04)
    cos, sin = np.cos(tilt)[:, None, None], np.sin(tilt)[:, None, None]
    along = cos * x[:, None, :] + sin * y[:, :, None]
    down = cos * y[:, :, None] - sin * x[:, None, :]
    along += slant[:, None, None] * down
    row = _cells(down * (ATLAS_HEIGHT / scale)[:, None, None])
    pitch = PITCH * width + pen
    left, right = np.floor(10 * draws[:, 7:9]).astype(np.int64).T
    everywhere = np.ones(len(digit), bool)
    row_of_digits = ((-1, left, context % 2 == 1), (0, digit, everywhere), (1, right, context >= 2))
    ink: np.ndarray = np.zeros_like(along)
    for position, glyph, shown in row_of_digits:
        beside = along - (position * pitch)[:, None, None]
        column = _cells(beside * (ATLAS_WIDTH / width)[:, None, None])
        gap = ATLAS[glyph[:, None, None], row, column] * scale[:, None, None]
        edge = (pen[:, None, None] / 2 - gap) / soft[:, None, None]
        ink = np.maximum(ink, shown[:, None, None] * np.clip(edge + 0.5, 0, 1))
    return ink


def _cells(at: Images) -> Int[np.ndarray, "n h w"]:
    """Cells of the atlas at these places, 0 in its middle and 1 across; beyond it, its edge."""
    cells = np.floor((at + np.float32(0.5)) * ATLAS_SIDE).astype(np.int16)
    return np.clip(cells, 0, ATLAS_SIDE - 1)


def _colours(
    fore: Int[np.ndarray, " n"], back: Int[np.ndarray, " n"], draws: Draws
) -> tuple[Float32[np.ndarray, "n 3 1 1"], Float32[np.ndarray, "n 3 1 1"]]:
    """Colour of digits and plate: one of them light, the other dark, whatever the hues."""
    light, dark = _between(draws[:, 9], 0.8, 1), _between(draws[:, 10], 0.25, 0.45)
    swapped = draws[:, 11] < 0.5
    values = np.where(swapped, dark, light), np.where(swapped, light, dark)
    saturations = _between(draws[:, 12], 0.35, 0.7), _between(draws[:, 13], 0.35, 0.7)
    colours = [
        value[:, None] * (1 - saturation[:, None] * (1 - PALETTE[hue]))
        for hue, value, saturation in zip((fore, back), values, saturations, strict=True)
    ]
    return colours[0][:, :, None, None], colours[1][:, :, None, None]


def _light(level: Float[np.ndarray, " n"], direction: Float[np.ndarray, " n"], size: int) -> Images:
    """Light on each pixel, stronger towards where it comes from."""
    at = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    across = np.cos(direction).astype(np.float32)[:, None, None] * at[None, None, :]
    up = np.sin(direction).astype(np.float32)[:, None, None] * -at[None, :, None]
    values: np.ndarray = level.astype(np.float32)[:, None, None] * (
        1 + np.float32(GRADIENT) * (across + up)
    )
    return values


def _grain(number: Int[np.ndarray, " n"], size: int) -> Float32[np.ndarray, "n 3 h w"]:
    """A window of the sheet of noise, elsewhere for each image."""
    corner = np.floor(_draws(number, 3) * NOISE_SIDE).astype(np.int64)
    row = (corner[:, 0, None] + np.arange(size)) % NOISE_SIDE
    column = (corner[:, 1, None] + np.arange(size)) % NOISE_SIDE
    return NOISE[:, row[:, :, None], column[:, None, :]].transpose(1, 0, 2, 3)


def _palette() -> Float32[np.ndarray, "hues 3"]:
    """Red, green, blue of each hue at full saturation and value."""
    hue = np.arange(HUES)[:, None] / HUES
    away = np.abs((hue - np.array([0, 1 / 3, 2 / 3]) + 0.5) % 1 - 0.5)
    values: np.ndarray = np.clip(2 - 6 * away, 0, 1).astype(np.float32)
    return values


def _atlas() -> Float32[np.ndarray, "10 side side"]:
    """Each glyph's distance to its skeleton, in heights of the glyph."""
    one = np.ones(len(GLYPHS))
    placed = place(GLYPHS, 0 * one, ATLAS_WIDTH * one, ATLAS_HEIGHT * one, ATLAS_SIDE)
    return distance(placed, ATLAS_SIDE) / np.float32(ATLAS_HEIGHT * ATLAS_SIDE)


PALETTE = _palette()
ATLAS = _atlas()
NOISE = np.random.default_rng(0).standard_normal((3, NOISE_SIDE, NOISE_SIDE), np.float32)
