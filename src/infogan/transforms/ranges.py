"""How far images are changed where that should change nothing."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.transforms.table import POSE, draw, transform

Images = Float[Tensor, "n c h w"]


@dataclass(frozen=True)
class Augmentation:
    """The largest changes of what a code ignores; 0 leaves one out.

    Attributes:
        rotation: angle, in radians.
        shear: as a slope.
        scale: of width and of height, relative.
        shift: across and up or down, in half image sides.
        thickness: of strokes, in pixels on every side.
        blur: in pixels (σ of a Gaussian).
        hue: in half turns of the colour circle.
        saturation: as a logarithm of an exponent, as light.
        light: e^−light times the distance from white or from black.
        contrast: e^contrast times.
        texture: part of the way to the strengths of another image's spatial frequencies.
        cut_out: side of the hidden square, in image sides.
    """

    rotation: float = 0.3
    shear: float = 0.4
    scale: float = 0.2
    shift: float = 0.15
    thickness: float = 0.3
    blur: float = 0.7
    hue: float = 1.0
    saturation: float = 0.5
    light: float = 0.3
    contrast: float = 0.3
    texture: float = 1.0
    cut_out: float = 0.3

    @property
    def ranges(self) -> dict[str, float]:
        """The range of every transformation."""
        # Size and form change together: halved in square, so that a side changes by `scale`.
        scale = self.scale / 2**0.5
        apart = {"scale": scale, "stretch": scale, "shift-x": self.shift, "shift-y": self.shift}
        own = ("rotation", "shear", "thickness", "blur", "hue", "saturation", "light", "contrast")
        named = {name: float(getattr(self, name)) for name in (*own, "texture")}
        return named | apart | {"flip": 1.0, "cut-out": self.cut_out}


def augment(
    x: Images,
    augmentation: Augmentation,
    generator: torch.Generator,
) -> Images:
    """Images each changed a little in their pose, drawn evenly from the ranges."""
    ranges = augmentation.ranges
    units = draw([name for name in POSE if ranges[name]], len(x), generator)
    return transform(x, units, ranges)
