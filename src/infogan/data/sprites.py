"""dSprites' own grid of factors, rendered instead of downloaded."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from infogan.data.resize import check_fit
from infogan.data.source import GridSource

SIZE = 64
SCALES = np.linspace(0.5, 1, 6)
ORIENTATIONS = np.linspace(0, 2 * np.pi, 40)
POSITIONS = np.linspace(0.25, 0.75, 32)
"""Centres as a fraction of the canvas: at every scale and orientation the shape stays inside it."""

Plane = Float32[np.ndarray, "n h w"]
Mask = Bool[np.ndarray, "n h w"]


class Sprites(GridSource):
    """White shapes on black: shape 3 × scale 6 × orientation 40 × x 32 × y 32 = 737,280 images.

    The factors, their values and their order are dSprites'; the outlines are alike, not equal to
    the pixel. As there, the first and last orientation coincide, and a square looks the same four
    times a turn. Images of 64 pixels and more are binary (0 or 255); smaller ones average several
    samples a pixel, since neighbouring positions would otherwise give the same image.
    Source: Matthey et al., dSprites, 2017.
    """

    factor_names = ("shape", "scale", "orientation", "x", "y")
    factor_sizes = (3, 6, 40, 32, 32)

    def __init__(self, size: int = SIZE) -> None:
        check_fit(size, None)
        self.name = "sprites"
        self.shape = (1, size, size)
        self._samples = -(-SIZE // size)
        """Samples per pixel and axis."""

    def _render(self, factors: Int[np.ndarray, "n 5"]) -> UInt8[np.ndarray, "n 1 h w"]:
        _, size, _ = self.shape
        side = size * self._samples
        images = np.empty((len(factors), side, side), np.uint8)
        for shape, inside in enumerate(SHAPES):
            rows = np.flatnonzero(factors[:, 0] == shape)
            images[rows] = inside(*_own_axes(factors[rows], side))
        k = self._samples
        inside_count = sum(images[:, i::k, j::k] for i in range(k) for j in range(k))
        return np.rint(inside_count * np.float32(255 / k**2)).astype(np.uint8)[:, None]


def _own_axes(factors: Int[np.ndarray, "n 5"], side: int) -> tuple[Plane, Plane]:
    """Every pixel's coordinates on its sprite's own axes, in canvas widths at scale 1."""
    scale = SCALES[factors[:, 1], None].astype(np.float32)
    angle = ORIENTATIONS[factors[:, 2], None].astype(np.float32)
    pixel = (np.arange(side, dtype=np.float32) + 0.5) / side
    dx = (pixel - POSITIONS[factors[:, 3], None].astype(np.float32)) / scale
    dy = (pixel - POSITIONS[factors[:, 4], None].astype(np.float32)) / scale
    cos, sin = np.cos(angle), np.sin(angle)
    u = (cos * dx)[:, None, :] + (sin * dy)[:, :, None]
    v = (cos * dy)[:, :, None] - (sin * dx)[:, None, :]
    return u, v


def _square(u: Plane, v: Plane) -> Mask:
    mask: np.ndarray = np.maximum(np.abs(u), np.abs(v)) <= 9 / 64
    return mask


def _ellipse(u: Plane, v: Plane) -> Mask:
    return (u * (64 / 13)) ** 2 + (v * (64 / 6.5)) ** 2 <= 1


def _heart(u: Plane, v: Plane) -> Mask:
    """u² + (5/4 v − √|u|)² ≤ 1, the tip pointing down."""
    u, v = u * (64 / 11), 0.3 - v * (64 / 11)
    return u * u + (1.25 * v - np.sqrt(np.abs(u))) ** 2 <= 1


SHAPES: tuple[Callable[[Plane, Plane], Mask], ...] = (_square, _ellipse, _heart)
"""In the order of the first factor: whether points of a sprite's own plane lie inside it."""
