"""Solids as clouds of points on their surface, seen through a z-buffer: for drawn sources.

Axes: x to the right, y up, z towards the viewer; the picture shows the square from −1 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

Corner = tuple[float, float, float]

SUPERSAMPLING = 2
SPACING = 0.7
"""Of neighbouring points, in samples: on any plane each sample then holds a point, as 0.7 < √½."""

EDGE_ON = 1e-4
"""Faces turned to the viewer by less are not seen, lest rounding decide."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Points of a closed surface, closer together than the samples of the picture."""

    points: Float32[np.ndarray, "n 3"]
    normals: Float32[np.ndarray, "n 3"]
    """Outward, of length 1."""
    albedo: Float32[np.ndarray, " n"]
    """Share of the light that is reflected, 0 to 1."""

    @classmethod
    def joined(cls, parts: Sequence["Surface"]) -> "Surface":
        """Several surfaces as one."""
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.albedo for part in parts]),
        )

    def moved(
        self, turn: Float[np.ndarray, "3 3"], to: tuple[float, float, float] = (0, 0, 0)
    ) -> "Surface":
        """Turned about the origin, then moved by an offset."""
        turn = turn.astype(np.float32)
        points = self.points @ turn.T + np.array(to, np.float32)
        return Surface(points, self.normals @ turn.T, self.albedo)

    def seen(self, matrix: Float[np.ndarray, "3 3"], size: int) -> Float32[np.ndarray, "4 h w"]:
        """What each pixel shows after this linear map, seen from far away along z: to be shaded.

        The first layer is the share of the pixel that is covered, times albedo; the others are
        the parts of the normal, times the same. A light from direction l gives max(0, l·normal),
        light from everywhere the first layer. The map must keep orientation (det > 0).
        """
        side = size * SUPERSAMPLING
        move = matrix.astype(np.float32)
        turn = np.linalg.inv(matrix).T.astype(np.float32)  # How normals move.
        front = np.flatnonzero(self.normals @ turn[2] > EDGE_ON)
        x, y, depth = move @ self.points[front].T
        column, row = (np.floor((v + 1) * (side / 2)).astype(np.int32) for v in (x, -y))
        inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
        sample = (row * side + column)[inside]
        nearer = depth[inside].argsort()
        nearest = np.full(side * side, -1)
        # Of several points in one sample the last that is written stays: the nearest.
        nearest[sample[nearer]] = front[inside][nearer]
        hit = np.flatnonzero(nearest >= 0)
        points = nearest[hit]
        normals = turn @ self.normals[points].T
        normals *= self.albedo[points] / np.sqrt((normals**2).sum(axis=0))
        layers = np.zeros((4, side * side), np.float32)
        layers[0, hit] = self.albedo[points]
        layers[1:, hit] = normals
        blocks = layers.reshape(4, size, SUPERSAMPLING, size, SUPERSAMPLING)
        values: np.ndarray = blocks.mean(axis=(2, 4))
        return values


def box(low: Corner, high: Corner, steps: Float[np.ndarray, "3"], albedo: float) -> Surface:
    """A box between two corners, with points no farther apart along each axis than its step."""
    counts = np.ceil((np.array(high) - low) / steps).astype(int).tolist()
    along = [_middles(*ends) for ends in zip(low, high, counts, strict=True)]
    parts = []
    for axis in range(3):
        for side, end in ((-1, low[axis]), (1, high[axis])):
            axes = [np.array([end]) if k == axis else along[k] for k in range(3)]
            points = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1).T
            parts.append((points, np.tile(side * np.eye(3)[axis], (len(points), 1))))
    return _uniform(parts, albedo)


def cylinder(radius: float, low: float, high: float, step: float, albedo: float) -> Surface:
    """An upright cylinder about the y axis, with points no farther apart than `step`."""
    angle = _middles(-np.pi, np.pi, int(np.ceil(2 * np.pi * radius / step)))
    height = _middles(low, high, int(np.ceil((high - low) / step)))
    y, a = (part.ravel() for part in np.meshgrid(height, angle, indexing="ij"))
    outward = np.stack([np.sin(a), 0 * a, np.cos(a)], axis=1)
    points = radius * outward + np.stack([0 * y, y, 0 * y], axis=1)
    parts = [(points, outward)]
    across = np.arange(-radius, radius + step, step)
    x, z = (part.ravel() for part in np.meshgrid(across, across))
    x, z = (part[x**2 + z**2 <= radius**2] for part in (x, z))
    for side, end in ((-1, low), (1, high)):
        points = np.stack([x, np.full_like(x, end), z], axis=1)
        parts.append((points, np.tile([0, side, 0], (len(x), 1))))
    return _uniform(parts, albedo)


def _middles(low: float, high: float, count: int) -> Float[np.ndarray, " count"]:
    """The middles of equal parts of an interval."""
    return low + (np.arange(count) + 0.5) / count * (high - low)


def _uniform(parts: Sequence[tuple[np.ndarray, np.ndarray]], albedo: float) -> Surface:
    """Faces (points, normals) as one surface of one tone."""
    points, normals = (np.concatenate(part).astype(np.float32) for part in zip(*parts, strict=True))
    return Surface(points, normals, np.full(len(points), albedo, np.float32))


def turned_about_y(angle: float) -> Float[np.ndarray, "3 3"]:
    """Rotation by an angle in radians: the front turns to the right of the picture."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def turned_about_x(angle: float) -> Float[np.ndarray, "3 3"]:
    """Rotation by an angle in radians: the front turns up."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
