"""The paper's convolutional networks (1606.03657, table for MNIST), for any square size.

At 28×28 with width 64 and hidden 1024 they are the table's: the generator is
FC 1024 – FC 7·7·128 – up 64 – up 1, the trunk conv 64 – conv 128 – FC 1024. Larger images get
one more doubling for each factor of two beyond 8×8 at the base.
"""

import math
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from .norm import Norm, constrained, conv_norm, dense_norm


def doublings(size: int) -> int:
    """How often the feature map doubles (or halves) between its base of at most 8×8 and size."""
    return max(2, math.ceil(math.log2(size / 8)))


def _channels(width: int, levels: int) -> list[int]:
    """Channels at each resolution, from the image side to the base; at most 8 × width."""
    return [min(2**level, 8) * width for level in range(levels)]


class ConvGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int, hidden: int) -> None:
        super().__init__()
        out_channels, self.size, _ = shape
        levels = doublings(self.size)
        base = math.ceil(self.size / 2**levels)
        channels = _channels(width, levels)[::-1]
        self.dense = nn.Sequential(
            nn.Linear(dim, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, base * base * channels[0], bias=False),
            nn.BatchNorm1d(base * base * channels[0]),
            nn.ReLU(inplace=True),
            nn.Unflatten(1, (channels[0], base, base)),
        )
        blocks: list[nn.Module] = []
        for inner, outer in pairwise(channels):
            blocks += [
                nn.ConvTranspose2d(inner, outer, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(outer),
                nn.ReLU(inplace=True),
            ]
        blocks += [nn.ConvTranspose2d(channels[-1], out_channels, 4, stride=2, padding=1)]
        self.up = nn.Sequential(*blocks)

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        image = self.up(self.dense(z)).tanh()
        # Sizes that are not base · 2^levels are generated a little larger, and cropped.
        edge = (image.shape[-1] - self.size) // 2
        return image[..., edge : edge + self.size, edge : edge + self.size]


class ConvTrunk(nn.Module):
    """Images (n, c, size, size) → features (n, hidden), shared by D and Q."""

    def __init__(self, shape: tuple[int, int, int], width: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        in_channels, size, _ = shape
        layers: list[nn.Module] = []
        for level, outer in enumerate(_channels(width, doublings(size))):
            layers.append(constrained(norm, nn.Conv2d(in_channels, outer, 4, stride=2, padding=1)))
            # The first layer sees pixels and is left as it is, as in the paper's table.
            layers += [conv_norm(norm if level else "none", outer), nn.LeakyReLU(0.1, inplace=True)]
            in_channels, size = outer, size // 2
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Flatten(),
            constrained(norm, nn.Linear(in_channels * size * size, hidden)),
            dense_norm(norm, hidden),
            nn.LeakyReLU(0.1, inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        return self.dense(self.convolutions(x))
