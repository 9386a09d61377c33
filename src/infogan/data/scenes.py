"""A shaded object in a coloured room: 3D Shapes' six factors, rendered instead of downloaded."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Int, UInt8

from infogan.data.resize import check_fit
from infogan.data.source import GridSource

Points = Float32[np.ndarray, "3 n"]
Scalars = Float32[np.ndarray, " n"]
Layers = Float32[np.ndarray, "4 n"]
Distance = Callable[[Points], Scalars]

SIZE = 64
HUES = np.arange(10) / 10
SCALES = np.linspace(0.75, 1.25, 8)
ORIENTATIONS = np.radians(np.linspace(-30, 30, 15))

WALL_DISTANCE, WALL_HEIGHT = 2.6, 2.3
CAMERA_DISTANCE, CAMERA_HEIGHT, TARGET_HEIGHT = 5.5, 2.6, 0.75
FOCAL_LENGTH = 2.5
"""In half picture widths."""
SUPERSAMPLING = 2
WHITENESS = 0.12
"""How far the hues are from pure colours."""
WHITE = np.array([0.93, 0.96, 1], np.float32)
"""Colour of the sky and of highlights."""
AMBIENT = 0.42
LIGHT = np.array([[0.66], [0.24], [0.71]], np.float32)
"""Direction of the light, of length 1 and the same in the room from wherever one looks."""
REACH = 1.4
"""Radius of a ball around the target that holds every object."""
MARCH_STEPS, SHADOW_STEPS = 32, 12


class Scenes(GridSource):
    """A cube, cylinder, sphere or capsule in a room: 480,000 colour images.

    Factors in 3D Shapes' order: hue of the floor 10, of the walls 10, of the object 10, scale 8,
    shape 4, orientation 15 (the viewer walks from -30° to 30° around the room). Their values are
    3D Shapes'; the pictures are alike, not equal.

    Hues only tint. What scale, shape and orientation decide (480 geometries) is ray-marched on
    first use and kept: 8 MB at 64 × 64. Source: Burgess & Kim, 3D Shapes, 2018.
    """

    factor_names = ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    factor_sizes = (10, 10, 10, 8, 4, 15)

    def __init__(self, size: int = SIZE) -> None:
        check_fit(size, None)
        self.name = "scenes"
        self.shape = (3, size, size)
        self._layers = np.zeros((*self.factor_sizes[3:], 4, size * size), np.uint8)
        self._ready = np.zeros(self.factor_sizes[3:], bool)

    def _render(self, factors: Int[np.ndarray, "n 6"]) -> UInt8[np.ndarray, "n 3 h w"]:
        hues, geometry = factors[:, :3], tuple(factors[:, 3:].T)
        new = np.unique(factors[~self._ready[geometry], 3:], axis=0)
        for scale, shape, orientation in new.tolist():
            layers = _layers(scale, shape, orientation, self.shape[1])
            self._layers[scale, shape, orientation] = layers
            self._ready[scale, shape, orientation] = True
        white = np.broadcast_to(WHITE, (len(factors), 1, 3))
        colours = np.concatenate([PALETTE[hues], white], axis=1).transpose(0, 2, 1)
        pixels = colours @ self._layers[geometry].astype(np.float32)
        images: np.ndarray = (
            (np.minimum(pixels, 255) + 0.5).astype(np.uint8).reshape(-1, *self.shape)
        )
        return images


def _palette() -> Float32[np.ndarray, "10 3"]:
    """Red, green, blue of each hue at full value, softened towards white."""
    away = np.abs((HUES[:, None] - np.array([0, 1 / 3, 2 / 3]) + 0.5) % 1 - 0.5)
    colour: np.ndarray = (WHITENESS + (1 - WHITENESS) * np.clip(2 - 6 * away, 0, 1)).astype(
        np.float32
    )
    return colour


PALETTE = _palette()


def _layers(scale: int, shape: int, orientation: int, size: int) -> UInt8[np.ndarray, "4 pixels"]:
    """How strongly floor, walls, object and white show in each pixel of one geometry, 0..255."""
    factor = np.float32(SCALES[scale])

    def distance(points: Points) -> Scalars:
        return SHAPES[shape](points / factor) * factor

    side = size * SUPERSAMPLING
    eye, rays = _camera(float(ORIENTATIONS[orientation]), side)
    layers = _room(eye, rays, distance)
    seen, points = _march(eye, rays, distance)
    layers[:, seen] = 0
    layers[2:, seen] = _surface(points, rays[:, seen], distance)
    blocks = layers.reshape(4, size, SUPERSAMPLING, size, SUPERSAMPLING).mean(axis=(2, 4))
    pixels: np.ndarray = np.rint(np.clip(blocks, 0, 1) * 255).astype(np.uint8).reshape(4, -1)
    return pixels


def _camera(orientation: float, side: int) -> tuple[Float32[np.ndarray, "3 1"], Points]:
    """The eye, and a unit ray through each pixel; at orientation 0 it faces the room's corner."""
    angle = np.pi / 4 + orientation
    outward = np.array([np.cos(angle), np.sin(angle), 0])
    eye = CAMERA_DISTANCE * outward + [0, 0, CAMERA_HEIGHT]
    forward = np.array([0, 0, TARGET_HEIGHT]) - eye
    forward /= np.linalg.norm(forward)
    right = np.array([-outward[1], outward[0], 0])
    down = np.cross(forward, right)
    y, x = np.mgrid[:side, :side].reshape(2, -1) * 2 / side - 1 + 1 / side
    rays = FOCAL_LENGTH * forward[:, None] + np.outer(down, y) + np.outer(right, x)
    return eye[:, None].astype(np.float32), _unit(rays.astype(np.float32))


def _room(eye: Float32[np.ndarray, "3 1"], rays: Points, distance: Distance) -> Layers:
    """The layers of the room without its object, but with the object's shadow."""
    planes = np.array([[-WALL_DISTANCE], [-WALL_DISTANCE], [0]], np.float32)
    depths = np.where(rays < 0, (planes - eye) / np.minimum(rays, -1e-6), np.inf)
    plane = depths.argmin(axis=0)
    points = eye + depths.min(axis=0) * rays
    height = points[2]
    floor = plane == 2
    wall = ~floor & (height < WALL_HEIGHT)
    light = AMBIENT + (1 - AMBIENT) * LIGHT[plane, 0]
    layers = np.zeros((4, rays.shape[1]), np.float32)
    layers[0, floor] = light[floor] * _shadow(points[:, floor], distance)
    layers[1, wall] = light[wall] * (0.85 + 0.15 * height[wall] / WALL_HEIGHT)
    layers[3, ~floor & ~wall] = 0.95
    return layers


def _shadow(points: Points, distance: Distance) -> Scalars:
    """1 in the open, less in the object's shadow and where it meets the floor."""
    clear = np.ones(points.shape[1], np.float32)
    travelled = np.full(points.shape[1], 0.05, np.float32)
    for _ in range(SHADOW_STEPS):
        gap = distance(points + travelled * LIGHT)
        clear = np.minimum(clear, 6 * gap / travelled)
        travelled += np.maximum(gap, 0.08)
    contact = np.clip(distance(points) / 0.35, 0, 1)
    return (0.5 + 0.5 * np.clip(clear, 0, 1)) * (0.75 + 0.25 * contact)


def _march(
    eye: Float32[np.ndarray, "3 1"], rays: Points, distance: Distance
) -> tuple[Int[np.ndarray, " hits"], Float32[np.ndarray, "3 hits"]]:
    """Which rays meet the object, and where: steps as long as the distance to it allows."""
    to_target = np.array([[0], [0], [TARGET_HEIGHT]], np.float32) - eye
    nearest = (rays * to_target).sum(axis=0)
    near = np.flatnonzero((to_target**2).sum() - nearest**2 < REACH**2)
    depth = nearest[near] - np.float32(REACH)
    for _ in range(MARCH_STEPS):
        gap = distance(eye + depth * rays[:, near])
        depth += gap
    hit = gap < 1e-3
    return near[hit], eye + depth[hit] * rays[:, near[hit]]


def _surface(points: Points, rays: Points, distance: Distance) -> Float32[np.ndarray, "2 n"]:
    """The object's own colour and its highlight at points on its surface."""
    steps = np.float32(1e-2) * np.eye(3, dtype=np.float32)[:, :, None]
    normals = _unit(np.stack([distance(points + s) - distance(points - s) for s in steps]))
    facing = (normals * _unit(LIGHT - rays)).sum(axis=0)
    ambient = AMBIENT * (0.8 + 0.2 * normals[2]) * (0.7 + 0.3 * np.clip(points[2], 0, 1))
    diffuse = (1 - AMBIENT) * np.maximum((normals * LIGHT).sum(axis=0), 0)
    return np.stack([ambient + diffuse, 0.5 * np.maximum(facing, 0) ** 40])


def _unit(vectors: Points) -> Points:
    unit: np.ndarray = vectors / np.sqrt((vectors**2).sum(axis=0))
    return unit


def _cube(points: Points) -> Scalars:
    half, rounding = np.float32(0.58), np.float32(0.04)
    centre = np.array([[0], [0], [half]], np.float32)
    x, y, z = np.abs(points - centre) - (half - rounding)
    corner = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2 + np.maximum(z, 0) ** 2)
    distance: np.ndarray = corner + np.minimum(np.maximum(np.maximum(x, y), z), 0) - rounding
    return distance


def _cylinder(points: Points) -> Scalars:
    x, y, z = points
    radial = np.sqrt(x**2 + y**2) - np.float32(0.58)
    axial = np.abs(z - np.float32(0.65)) - np.float32(0.65)
    corner = np.sqrt(np.maximum(radial, 0) ** 2 + np.maximum(axial, 0) ** 2)
    distance: np.ndarray = corner + np.minimum(np.maximum(radial, axial), 0)
    return distance


def _sphere(points: Points) -> Scalars:
    x, y, z = points
    distance: np.ndarray = np.sqrt(x**2 + y**2 + (z - np.float32(0.7)) ** 2) - np.float32(0.7)
    return distance


def _capsule(points: Points) -> Scalars:
    x, y, z = points
    above = z - np.clip(z, 0.45, 1.15)
    distance: np.ndarray = np.sqrt(x**2 + y**2 + above**2) - np.float32(0.45)
    return distance


SHAPES: tuple[Distance, ...] = (_cube, _cylinder, _sphere, _capsule)
"""Signed distances to each shape at scale 1, standing on the floor at the origin."""
