"""Shaded grey heads that turn, nod, grow wider and are lit from either side, drawn when asked for.

A head is a ball pulled into shape: wherever a feature lies, points move outward by a smooth bump.
Original work: no scan, picture or measured face is behind it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

from infogan.data.resize import check_fit
from infogan.data.source import GridSource
from infogan.data.surfaces import SPACING, SUPERSAMPLING, Surface, turned_about_x, turned_about_y

Values = Float[np.ndarray, "rows columns"]
Points = Float[np.ndarray, "3 rows columns"]

SIZE = 32
AZIMUTHS = np.radians(np.linspace(-60, 60, 21))
"""Positive where the face looks to the right of the picture."""
ELEVATIONS = np.radians(np.linspace(-24, 24, 9))
"""Positive where the face looks up."""
WIDTHS = np.linspace(0.8, 1.2, 5)
LIGHTS = np.radians(np.linspace(-72, 72, 9))
"""Where the light comes from, positive from the right of the picture, whatever the head does."""

LIGHT_HEIGHT = np.radians(25)
AMBIENT, DIFFUSE = 0.25, 0.95
SCALE = 0.8
"""Half a head's height in half picture heights."""
LEVELS = 127
"""Of the kept layers, which are whole numbers in one byte."""


@dataclass(frozen=True)
class Identity:
    """One person's shape: lengths in half heads, tones as shares of the light reflected."""

    nose: float = 0.22
    nose_width: float = 0.085
    nose_tip: float = -0.22
    """Height of the tip: a lower one makes a longer nose."""
    jaw: float = 0.74
    """Width of the jaw as a share of the skull's."""
    chin: float = 0.05
    cheeks: float = 0.05
    brow: float = 0.05
    ears: float = 0.13
    eyes: float = 0.28
    """Half the distance between the eyes."""
    lips: float = 0.05
    skin: float = 0.85
    hair: float = 0.3
    hair_volume: float = 0.08
    hairline: float = 0.55
    """Height where the hair begins above the forehead; 2 is bald."""
    sides: float = 0.1
    """The same over the ears."""
    nape: float = -0.35
    """The same at the back."""
    beard: float = 0.0


IDENTITIES = (
    Identity(),
    Identity(hairline=2, sides=2, nape=2, nose=0.27, nose_width=0.11, jaw=0.85, chin=0.07,
             brow=0.08, ears=0.17),
    Identity(hair=0.16, hair_volume=0.17, nape=-1.0, jaw=0.66, nose=0.16, nose_width=0.07,
             lips=0.08),
    Identity(hair=0.5, hair_volume=0.14, hairline=0.35, jaw=0.8, nose=0.17, cheeks=0.1, chin=0.02),
    Identity(beard=0.05, hair=0.2, hairline=0.6, nose=0.25, nose_tip=-0.27, jaw=0.85, chin=0.1),
    Identity(hair=0.4, hair_volume=0.18, nape=-0.8, hairline=0.45, jaw=0.68, nose=0.19, eyes=0.31,
             skin=0.95),
    Identity(hair=0.1, hair_volume=0.24, hairline=0.62, nape=-0.2, nose=0.3, nose_tip=-0.3,
             jaw=0.62, chin=0.12, cheeks=0.01),
    Identity(hair=0.55, hair_volume=0.04, hairline=0.85, jaw=0.95, cheeks=0.13, chin=0.03,
             nose=0.2, nose_width=0.14, ears=0.1, skin=0.7),
)  # fmt: skip


class Heads(GridSource):
    """Heads: identity 8 × azimuth 21 × elevation 9 × width 5 × light 9 = 68,040 grey images.

    Azimuth runs from −60° to 60°, elevation from −24° to 24°, width from 0.8 to 1.2, the light
    from 72° left to 72° right of the viewer. Heads are symmetrical, so the mirrored picture is
    that of the mirrored azimuth and light. Shading is Lambert's, seen from far away.

    What all but the light decides (7,560 geometries) is drawn on first use and kept: 31 MB at
    32 × 32. After the factors of the rendered faces in Chen et al., InfoGAN, 2016, figure 3.
    """

    factor_names = ("identity", "azimuth", "elevation", "width", "light")
    factor_sizes = (len(IDENTITIES), len(AZIMUTHS), len(ELEVATIONS), len(WIDTHS), len(LIGHTS))

    def __init__(self, size: int = SIZE) -> None:
        check_fit(size, None)
        self.name = "heads"
        self.shape = (1, size, size)
        self._layers = np.zeros((*self.factor_sizes[:4], 4, size * size), np.int8)
        self._ready = np.zeros(self.factor_sizes[:4], bool)
        self._surfaces: dict[int, Surface] = {}

    def _render(self, factors: Int[np.ndarray, "n 5"]) -> UInt8[np.ndarray, "n 1 h w"]:
        geometry, light = tuple(factors[:, :4].T), LIGHTS[factors[:, 4]]
        for new in np.unique(factors[~self._ready[geometry], :4], axis=0):
            self._draw(*new.tolist())
        layers = self._layers[geometry].astype(np.float32) / LEVELS
        towards = _towards(light).astype(np.float32)
        lit = np.maximum(np.einsum("nk,nkp->np", towards, layers[:, 1:]), 0)
        grey = 255 * (AMBIENT * layers[:, 0] + DIFFUSE * lit)
        pixels: np.ndarray = (np.minimum(grey, 255) + 0.5).astype(np.uint8).reshape(-1, *self.shape)
        return pixels

    def _draw(self, identity: int, azimuth: int, elevation: int, width: int) -> None:
        """Keep the layers of one geometry."""
        size = self.shape[1]
        if identity not in self._surfaces:
            self._surfaces[identity] = head(IDENTITIES[identity], size)
        turn = turned_about_x(ELEVATIONS[elevation]) @ turned_about_y(AZIMUTHS[azimuth])
        widened = turn @ np.diag([WIDTHS[width], 1, 1])
        layers = self._surfaces[identity].seen(widened, size).reshape(4, -1)
        layers = np.rint(layers * LEVELS).astype(np.int8)
        self._layers[identity, azimuth, elevation, width] = layers
        self._ready[identity, azimuth, elevation, width] = True


def _towards(light: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
    """The direction of the light, of length 1."""
    level = np.cos(LIGHT_HEIGHT)
    up = np.full_like(light, np.sin(LIGHT_HEIGHT))
    return np.stack([level * np.sin(light), up, level * np.cos(light)], axis=1)


def head(person: Identity, size: int) -> Surface:
    """A head and its neck at width 1, looking at the viewer, dense enough for a picture's size."""
    unit = SCALE * size * SUPERSAMPLING / 2 / SPACING
    # Closer than on a plain ball, as bumps and width stretch it.
    rows = int((1.4 + 4 * person.hair_volume) * np.pi * unit)
    latitude = (np.arange(rows) + 0.5) / rows * np.pi - np.pi / 2
    longitude = (np.arange(2 * rows) + 0.5) / rows * np.pi - np.pi
    latitude, longitude = np.meshgrid(latitude, longitude, indexing="ij")
    ball = np.stack(
        [
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
            np.cos(latitude) * np.cos(longitude),
        ]
    )
    skull, albedo = _sculpted(ball, person)
    return Surface.joined([_meshed(SCALE * skull, albedo), _neck(person, unit)])


def _sculpted(ball: Points, person: Identity) -> tuple[Points, Values]:
    """Points (3, rows, columns) of a ball moved to a head's surface, and their albedo."""
    bx, by, bz = ball
    low = np.clip(-by, 0, 1)
    front = _step(bz, 0.0, 0.25)
    # The skull is longer than wide; the jaw is narrower, and at the back there is none.
    x = 0.74 * bx * (1 - (1 - person.jaw) * _step(low, 0.1, 0.75))
    y = by * np.where(bz < 0, 1 - 0.35 * low * _step(-bz, 0, 0.6), 1)
    z = 0.88 * bz * np.where(bz > 0, 1 - 0.05 * low, 1 - 0.25 * low)
    side = np.abs(x)
    z = z + front * _relief(x, y, person)
    ear = _bump(y, bz, 0.0, -0.02, 0.17, 0.1) * _step(np.abs(bx), 0.6, 0.9)
    x = x + np.sign(bx) * person.ears * _step(ear, 0.05, 0.75)
    beard = _beard(side, y, bz) * (person.beard > 0)
    above = _above_hairline(by, bz, person)
    hair = _step(above, -0.03, 0.03)
    outward = person.hair_volume * _step(above, -0.05, 0.3) + person.beard * beard
    x, y, z = x + outward * bx, y + outward * by, z + outward * bz
    albedo = person.skin * _paint(x, y, side, front, person)
    albedo = albedo + (person.hair - albedo) * np.maximum(hair, beard)
    return np.stack([x, y, z]), albedo


def _relief(x: Values, y: Values, person: Identity) -> Values:
    """How far the face stands out at each place of the skull's front."""
    side = np.abs(x)
    return (
        _nose(x, y, person)
        - 0.06 * _bump(side, y, 0.32, -0.05, 0.35, 0.4)
        + person.brow * _bump(side, y, 0.24, 0.24, 0.22, 0.07)
        # Sockets, and the eyes in them.
        - 0.13 * _bump(side, y, person.eyes, 0.08, 0.13, 0.1)
        + 0.06 * _bump(side, y, person.eyes, 0.07, 0.075, 0.06)
        + person.cheeks * _bump(side, y, 0.38, -0.2, 0.16, 0.16)
        + person.lips * _bump(x, y, 0, -0.46, 0.17, 0.035)
        + 1.2 * person.lips * _bump(x, y, 0, -0.56, 0.14, 0.04)
        - 0.05 * _bump(x, y, 0, -0.66, 0.18, 0.05)
        + 1.5 * person.chin * _bump(x, y, 0, -0.85, 0.18, 0.13)
    )


def _nose(x: Values, y: Values, person: Identity) -> Values:
    """A ridge that rises from between the eyes down to the tip, with wings beside it."""
    along = np.clip((0.2 - y) / (0.2 - person.nose_tip), 0, 1.2)
    below = 1 - _step(person.nose_tip - y, 0.0, 0.11)
    ridge = (
        person.nose
        * along**1.2
        * below
        * np.exp(-((x / (person.nose_width * (0.55 + 0.45 * along))) ** 2))
    )
    wings = (
        0.35
        * person.nose
        * _bump(np.abs(x), y, person.nose_width, person.nose_tip + 0.01, 0.06, 0.06)
    )
    values: np.ndarray = ridge + wings
    return values


def _above_hairline(by: Values, bz: Values, person: Identity) -> Values:
    """How far above the line from forehead over ears to nape; below 0 on the face."""
    temple = person.hairline - 0.05
    heights = [person.nape, person.nape, person.sides, temple, person.hairline]
    values: np.ndarray = by - np.interp(bz, [-1, -0.35, 0.15, 0.5, 1], heights)
    return values


def _beard(side: Values, y: Values, bz: Values) -> Values:
    """1 under the beard: the jaw from ear to ear, without the mouth."""
    jaw = _step(0.5 * side - 0.5 - y, 0, 0.14) * _step(bz, -0.1, 0.1)
    values: np.ndarray = jaw * (1 - 0.9 * _bump(side, y, 0, -0.51, 0.17, 0.06))
    return values


def _paint(x: Values, y: Values, side: Values, front: Values, person: Identity) -> Values:
    """Darker eyes, brows, lips, nostrils and ears' insides, as shares of the skin's albedo."""
    dark = (
        0.8 * _bump(side, y, person.eyes, 0.07, 0.085, 0.045)
        + 0.55 * _bump(side, y, person.eyes + 0.01, 0.25, 0.15, 0.035)
        + 0.45 * _bump(x, y, 0, -0.51, 0.17, 0.05)
        + 0.5 * _bump(side, y, 0.06, person.nose_tip - 0.06, 0.04, 0.03)
        + 0.25 * _bump(side, y, person.eyes, 0.08, 0.16, 0.11)
    )
    return 1 - front * np.minimum(dark, 0.9)


def _neck(person: Identity, unit: float) -> Surface:
    """A column below the skull, down past the picture's edge."""
    height = np.linspace(-0.45, -1.75, int(1.6 * unit))[:, None]
    angle = np.linspace(-np.pi, np.pi, int(3.5 * unit), endpoint=False)[None]
    wide = 0.36 * (0.6 + 0.4 * person.jaw / 0.74) + 0.5 * np.clip(-1.1 - height, 0, 2) ** 1.5
    x, z = wide * np.sin(angle), 0.38 * np.cos(angle) - 0.18
    # Darker in the shadow of the chin.
    albedo = person.skin * (0.6 + 0.25 * np.clip(-0.8 - height, 0, 1))
    points = np.stack(np.broadcast_arrays(x, height, z))
    return _meshed(SCALE * points, np.broadcast_to(albedo, x.shape))


def _meshed(points: Points, albedo: Values) -> Surface:
    """The surface through a grid (3, rows, columns) of points that closes round the columns."""
    ring = np.concatenate([points[:, :, -1:], points, points[:, :, :1]], axis=2)
    across = ring[:, :, 2:] - ring[:, :, :-2]
    normals = np.cross(across, np.gradient(points, axis=1), axis=0)
    outward = (normals[[0, 2]] * points[[0, 2]]).sum() > 0
    normals *= (1 if outward else -1) / np.maximum(np.linalg.norm(normals, axis=0), 1e-12)
    flat = (points.reshape(3, -1).T, normals.reshape(3, -1).T, albedo.reshape(-1))
    return Surface(*(np.ascontiguousarray(part, np.float32) for part in flat))


def _bump(x: Values, y: Values, x0: float, y0: float, width: float, height: float) -> Values:
    """A Gaussian hill of height 1 about a place."""
    return np.exp(-(((x - x0) / width) ** 2) - ((y - y0) / height) ** 2)


def _step(x: Values, start: float, stop: float) -> Values:
    """0 below `start`, 1 above `stop`, smooth between."""
    t = np.clip((x - start) / (stop - start), 0, 1)
    return t * t * (3 - 2 * t)
