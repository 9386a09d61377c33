"""Networks for pictures in colour, from 32×32 to 128×128: a residual trunk, and a G that fits it.

G doubles to the nearest neighbour and smooths by 3×3 convolutions: transposed convolutions draw
checkerboards where strokes of ink do not hide them (Odena et al. 2016). A block of the trunk has a
path of one convolution and a skipping one of 1×1, and no normalisation: R1 keeps it smooth.
Skipping paths in G left little variety, and blocks of two convolutions (SNGAN, 1802.05957, appendix
B) took four times as long on a processor: docs/experiments.md.
"""

import math
from itertools import chain, pairwise, starmap

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, doublings, in_order_of
from infogan.networks.norm import Norm, constrained
from infogan.networks.pixels import Crop
from infogan.networks.trunk import Trunk

MOST = 4
"""Channels grow to so many times the width."""


def _channels(width: int, size: int) -> list[int]:
    """Channels from the first halving to the base."""
    return [min(2**level, MOST) * width for level in range(doublings(size))]


def _up(inner: int, outer: int) -> list[nn.Module]:
    """Feature maps of twice the side."""
    return [
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(inner, outer, 3, padding=1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    ]


class Down(nn.Module):
    """Feature maps of half the side."""

    def __init__(self, inner: int, outer: int, norm: Norm, leak: float) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.LeakyReLU(leak), constrained(norm, nn.Conv2d(inner, outer, 4, 2, 1))
        )
        self.skip = nn.Sequential(
            nn.AvgPool2d(2), constrained(norm, nn.Conv2d(inner, outer, 1, bias=False))
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h2 w2"]:
        out: Tensor = self.path(x) + self.skip(x)
        return out


class ResidualGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int, hidden: int) -> None:
        super().__init__()
        out_channels, size, _ = shape
        base = math.ceil(size / 2 ** doublings(size))
        channels = _channels(width, size)[::-1]
        self.dense = nn.Sequential(
            nn.Linear(dim, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, base * base * channels[0], bias=False),
            nn.BatchNorm1d(base * base * channels[0]),
            nn.ReLU(),
            ToMaps(channels[0], base),
        )
        self.up = nn.Sequential(
            *chain.from_iterable(starmap(_up, pairwise([*channels, channels[-1]]))),
            nn.Conv2d(channels[-1], out_channels, 3, padding=1),
            nn.Tanh(),
            Crop(size),
        )

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class ResidualTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden)."""

    def __init__(
        self, shape: tuple[int, int, int], width: int, hidden: int, norm: Norm, leak: float
    ) -> None:
        super().__init__()
        in_channels, size, _ = shape
        channels = _channels(width, size)
        self.features = hidden
        self.blocks = nn.Sequential(
            constrained(norm, nn.Conv2d(in_channels, width, 4, 2, 1)),
            *(Down(inner, outer, norm, leak) for inner, outer in pairwise(channels)),
            nn.LeakyReLU(leak),
            ToVectors(),
        )
        for _ in channels:
            size //= 2
        self.dense = nn.Sequential(
            constrained(norm, nn.Linear(channels[-1] * size * size, hidden)), nn.LeakyReLU(leak)
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.blocks(in_order_of(self.blocks, x)))
        return features
