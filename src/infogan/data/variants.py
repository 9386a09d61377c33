"""MNIST made harder: turned, inverted, cropped, or coloured on a textured ground; or padded.

Every image is drawn when it is asked for, and depends on its index and the seed alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from infogan.data.resize import fit_images
from infogan.data.source import Source

Images = UInt8[np.ndarray, "n c h w"]

CROP = 20
TURN = np.pi / 4
HUES = 12
TEXTURES = ("plain", "stripes", "checks", "dots")
WIDER = 32


class Altered(ABC):
    """Images of another source, each altered in its own way; labels stay those of the other."""

    def __init__(self, name: str, source: Source, seed: int = 0) -> None:
        self.name, self.source = name, source
        self.shape: tuple[int, int, int] = source.shape
        self._rng = np.random.default_rng((seed, len(source)))

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, altered now."""
        return self._alter(self.source.batch(indices), indices)

    @abstractmethod
    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]: ...


class Rotated(Altered):
    """Each image turned about its centre by an angle of its own, up to 45° either way."""

    def __init__(self, name: str, source: Source, seed: int = 0) -> None:
        super().__init__(name, source, seed)
        self.angles = self._rng.uniform(-TURN, TURN, len(source)).astype(np.float32)

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        return turned(images, self.angles[indices])


class Inverted(Altered):
    """Dark on light."""

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        return 255 - images


class Cropped(Altered):
    """A window of 20×20 pixels somewhere in each image: strokes are cut off."""

    def __init__(self, name: str, source: Source, seed: int = 0) -> None:
        super().__init__(name, source, seed)
        channels, size, _ = source.shape
        self.shape = (channels, CROP, CROP)
        # The middle half of the places a window can have: most of the digit stays inside.
        room = size - CROP
        self.corners = self._rng.integers(room // 4, room - room // 4 + 1, (len(source), 2))

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        top, left = self.corners[indices].T
        rows = top[:, None, None] + np.arange(CROP)[:, None]
        columns = left[:, None, None] + np.arange(CROP)
        each = np.arange(len(images))[:, None, None]
        return np.ascontiguousarray(images[each, :, rows, columns].transpose(0, 3, 1, 2))


class Padded(Altered):
    """The same pixels in the middle of 32×32, black around them (seed 004)."""

    def __init__(self, name: str, source: Source, seed: int = 0) -> None:
        super().__init__(name, source, seed)
        self.shape = (source.shape[0], WIDER, WIDER)

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        edge = (WIDER - images.shape[-1]) // 2
        return np.pad(images, [(0, 0), (0, 0), (edge, edge), (edge, edge)])


class Coloured(Altered):
    """Grey digits painted in one of 12 hues on a grey ground of one of four textures, 32×32.

    `factors` tells hue and texture; the digit is the label of the image underneath.
    """

    factor_names: ClassVar[tuple[str, ...]] = ("hue", "texture")
    factor_sizes: ClassVar[tuple[int, ...]] = (HUES, len(TEXTURES))

    def __init__(self, name: str, source: Source, seed: int = 0) -> None:
        super().__init__(name, source, seed)
        self.shape = (3, WIDER, WIDER)
        self._factors = self._rng.integers(0, self.factor_sizes, (len(source), 2))
        self._phases = self._rng.integers(0, 8, (len(source), 2))

    def factors(self, indices: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n 2"]:
        """Hue (0 to 11, round the circle from red) and texture of the images at these indices."""
        chosen: np.ndarray = self._factors[indices]
        return chosen

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        edge = (WIDER - images.shape[-1]) // 2
        ink = np.pad(images[:, :1], [(0, 0), (0, 0), (edge, edge), (edge, edge)]) / np.float32(255)
        hue, texture = self._factors[indices].T
        colour = hue_to_rgb(hue / HUES)[:, :, None, None]
        ground = textured(texture, self._phases[indices])[:, None]
        painted = ink * colour + (1 - ink) * ground
        pixels: np.ndarray = np.rint(255 * painted).astype(np.uint8)
        return pixels


class Fitted(Altered):
    """Another size, or another number of channels."""

    def __init__(self, source: Source, *, size: int | None, channels: int | None) -> None:
        super().__init__(source.name, source)
        side = source.shape[1] if size is None else size
        self.shape = (channels or source.shape[0], side, side)

    def _alter(self, images: Images, indices: np.ndarray) -> UInt8[np.ndarray, "n c2 h2 w2"]:
        channels, side, _ = self.shape
        return np.ascontiguousarray(fit_images(images, self.name, size=side, channels=channels))


VARIANTS: dict[str, Callable[[str, Source], Altered]] = {
    "mnist-rotated": Rotated,
    "mnist-inverted": Inverted,
    "mnist-cropped": Cropped,
    "mnist-padded": Padded,
    "colour-digits": Coloured,
}


def turned(images: UInt8[np.ndarray, "n c h w"], angles: Float[np.ndarray, " n"]) -> Images:
    """Images turned anticlockwise by angles in radians, bilinear, black beyond the edge."""
    # Not with the module: reading MNIST itself needs no torch, which takes a second to load.
    import torch
    from torch.nn import functional as F

    cos, sin = np.cos(angles), np.sin(angles)
    still = np.zeros_like(cos)
    theta = np.stack([np.stack([cos, -sin, still], 1), np.stack([sin, cos, still], 1)], axis=1)
    pixels = torch.from_numpy(images.astype(np.float32))
    grid = F.affine_grid(torch.from_numpy(theta).float(), list(images.shape), align_corners=False)
    warped = F.grid_sample(pixels, grid, padding_mode="zeros", align_corners=False)
    return warped.round().to(torch.uint8).numpy()


def hue_to_rgb(hue: Float[np.ndarray, " n"]) -> Float32[np.ndarray, "n 3"]:
    """Full colours, 0 to 1, of hues from 0 to 1, red first."""
    distance = np.abs(hue[:, None] * 6 - np.array([3, 2, 4]))
    rgb = np.stack([distance[:, 0] - 1, 2 - distance[:, 1], 2 - distance[:, 2]], axis=1)
    colours: np.ndarray = np.clip(rgb, 0, 1).astype(np.float32)
    return colours


def textured(
    texture: Int[np.ndarray, " n"], phases: Int[np.ndarray, "n 2"]
) -> Float32[np.ndarray, "n h w"]:
    """Grey grounds, 0.15 to 0.4: plain, stripes, checks or dots with a period of 8 pixels."""
    at = np.arange(WIDER)
    y = (at[None, :, None] + phases[:, :1, None]) % 8
    x = (at[None, None, :] + phases[:, 1:, None]) % 8
    flat = np.full((len(texture), WIDER, WIDER), 0.5)
    stripes = np.broadcast_to(y < 4, flat.shape)
    checks = (y < 4) ^ (x < 4)
    dots = (np.abs(y - 3.5) < 2) & (np.abs(x - 3.5) < 2)
    light = np.choose(texture[:, None, None], [flat, stripes, checks, dots])
    return (0.15 + 0.25 * light).astype(np.float32)
