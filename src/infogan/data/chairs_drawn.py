"""Chairs of boxes and tubes that turn all the way round, drawn when asked for.

Original work, in the manner of rendered chairs: each kind is a back, with or without arms, on a
base. A chair stands on y = 0 and faces z; lengths are in half picture widths.
"""

from itertools import product

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.resize import check_fit
from infogan.data.source import GridSource
from infogan.data.surfaces import (
    SPACING,
    SUPERSAMPLING,
    Surface,
    box,
    cylinder,
    turned_about_x,
    turned_about_y,
)

Span = tuple[float, float]

SIZE = 64
ROTATIONS = np.arange(60) * 6.0
"""Degrees, evenly round the circle; at 0 the chair faces the viewer, at 90 the picture's right."""
WIDTHS = np.linspace(0.7, 1.3, 7)

BACKS = ("panel", "slats", "rungs", "low", "round")
BASES = ("legs", "pedestal", "sled", "block")
KINDS: tuple[tuple[str, bool, str], ...] = tuple(product(BACKS, (False, True), BASES))
"""Back, whether it has arms, and base."""

CAMERA_HEIGHT = np.radians(22)
"""How far above the horizon the viewer is."""
AMBIENT, DIFFUSE = 0.35, 0.62
LIGHT = np.array([-0.45, 0.62, 0.642])
"""Towards the light, which stays with the viewer."""
TONE = 0.85
MIDDLE = 0.68
"""Height of the middle of the picture."""
ZOOM = 1.08
LEAN = -0.16
"""Angle of the back, in radians."""

SEAT, SEAT_TOP, HALF = 0.55, 0.62, 0.36
"""Height of the seat's underside and of its upper side, and half its width and depth."""
TOP, LOW_TOP, ARM = 1.36, 0.98, 0.86
"""Height of a back, of a low one, and of the arms."""
POST = 0.045
"""Half the thickness of legs and posts."""


class ChairsDrawn(GridSource):
    """Chairs: kind 40 × rotation 60 × width 7 = 16,800 grey images on white.

    A kind is one of five backs (panel, slats, rungs, low, round), without or with arms, on one of
    four bases (legs, pedestal, sled, block). Rotation is a circle, 6° a step; width from 0.7 to
    1.3. The light stays with the viewer. Images are drawn on first use and kept: 69 MB at 64 × 64.
    After the factors of Aubry et al.'s rendered chairs in Chen et al., InfoGAN, 2016, figure 4.
    """

    factor_names = ("kind", "rotation", "width")
    factor_sizes = (len(KINDS), len(ROTATIONS), len(WIDTHS))

    def __init__(self, size: int = SIZE) -> None:
        check_fit(size, None)
        self.name = "chairs-drawn"
        self.shape = (1, size, size)
        self._images = np.zeros((*self.factor_sizes, size, size), np.uint8)
        self._ready = np.zeros(self.factor_sizes, bool)
        self._surfaces: dict[int, Surface] = {}

    def _render(self, factors: Int[np.ndarray, "n 3"]) -> UInt8[np.ndarray, "n 1 h w"]:
        size = self.shape[1]
        new = np.unique(factors[~self._ready[tuple(factors.T)]], axis=0)
        for kind, rotation, width in new.tolist():
            if kind not in self._surfaces:
                self._surfaces[kind] = chair(*KINDS[int(kind)], size)
            image = draw(self._surfaces[kind], ROTATIONS[rotation], WIDTHS[width], size)
            self._images[kind, rotation, width] = image
            self._ready[kind, rotation, width] = True
        values: np.ndarray = self._images[tuple(factors.T)][:, None]
        return values


def draw(surface: Surface, rotation: float, width: float, size: int) -> UInt8[np.ndarray, "h w"]:
    """A chair on white, turned by so many degrees, its width scaled."""
    turn = turned_about_x(-CAMERA_HEIGHT) @ turned_about_y(np.radians(rotation % 360))
    layers = surface.seen(ZOOM * turn @ np.diag([width, 1, 1]), size)
    lit = np.maximum(np.tensordot(LIGHT, layers[1:], 1), 0)
    grey = 255 * (1 - layers[0] / TONE + AMBIENT * layers[0] + DIFFUSE * lit)
    pixels: np.ndarray = (np.clip(grey, 0, 255) + 0.5).astype(np.uint8)
    return pixels


def chair(back: str, arms: bool, base: str, size: int) -> Surface:
    """A chair of width 1, dense enough for a picture's size at any width of the source."""
    step = 2 * SPACING / (size * SUPERSAMPLING * ZOOM)
    parts = [_seat(back, step), _back(back, step), *_base(base, step)]
    if arms:
        parts += _arms(step)
    return Surface.joined(parts).moved(np.eye(3), (0, -MIDDLE, 0))


def _box(x: float, y: Span, z: Span, half: float, step: float) -> Surface:
    """An upright box about x, so wide to either side, with room in its points for any width."""
    steps = step / np.array([WIDTHS[-1], 1, 1])
    return box((x - half, y[0], z[0]), (x + half, y[1], z[1]), steps, TONE)


def _seat(back: str, step: float) -> Surface:
    if back == "round":
        return cylinder(HALF, SEAT, SEAT_TOP, step, TONE)
    return _box(0, (SEAT, SEAT_TOP), (-HALF, HALF), HALF, step)


def _back(back: str, step: float) -> Surface:
    """The back, drawn upright from the seat's height 0, then leant and put in its place."""
    top = (LOW_TOP if back == "low" else TOP) - SEAT
    deep = (0.0, 2 * POST)
    if back in ("panel", "low"):
        parts = [_box(0, (0, top), deep, HALF, step)]
    elif back == "round":
        disc = cylinder(HALF * 0.9, 0, 2 * POST, step, TONE)
        stem = _box(0, (0, top - HALF), deep, 2 * POST, step)
        upright = turned_about_x(-np.pi / 2)
        parts = [disc.moved(upright, (0, top - 0.9 * HALF, 0)), stem]
    else:
        parts = [_box(x, (0, top), deep, POST, step) for x in (POST - HALF, HALF - POST)]
        parts += [_box(0, (top - 2.5 * POST, top), deep, HALF, step)]
        if back == "slats":
            parts += [_box(x, (0, top), deep, 0.6 * POST, step) for x in (-0.16, 0, 0.16)]
        else:
            parts += [_box(0, (y, y + 2.2 * POST), deep, HALF, step) for y in (0.2, 0.43)]
    return Surface.joined(parts).moved(turned_about_x(LEAN), (0, SEAT, -HALF))


def _arms(step: float) -> list[Surface]:
    """An arm on either side, on a post at the front."""
    parts = []
    for x in (-HALF - POST, HALF + POST):
        parts.append(
            _box(x, (ARM, ARM + 1.6 * POST), (-HALF - 0.05, 0.75 * HALF), 1.3 * POST, step)
        )
        parts.append(_box(x, (SEAT, ARM), (0.4 * HALF, 0.4 * HALF + 2 * POST), POST, step))
    return parts


def _base(base: str, step: float) -> list[Surface]:
    """What stands between floor and seat."""
    sides = (POST - HALF, HALF - POST)
    if base == "legs":
        return [_box(x, (0, SEAT), (z - POST, z + POST), POST, step) for x in sides for z in sides]
    if base == "pedestal":
        foot = _box(0, (0, 1.5 * POST), (-HALF, HALF), 1.1 * POST, step)
        star = [foot.moved(turned_about_y(angle)) for angle in (np.pi / 4, -np.pi / 4)]
        return [cylinder(1.4 * POST, 0, SEAT, step, TONE), *star]
    if base == "sled":
        posts = [_box(x, (0, SEAT), (HALF - 2 * POST, HALF), POST, step) for x in sides]
        runners = [_box(x, (0, 2 * POST), (-HALF, HALF), POST, step) for x in sides]
        return [*posts, *runners, _box(0, (0, 2 * POST), (HALF - 2 * POST, HALF), HALF, step)]
    return [_box(0, (0, SEAT), (-0.9 * HALF, 0.9 * HALF), 0.9 * HALF, step)]
