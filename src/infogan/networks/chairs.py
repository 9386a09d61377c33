"""The paper's networks for the 3D chairs (1606.03657, table of C.5), at 64×64.

With width 64 and hidden 1024 they are the table's: G is FC 1024 – FC 8·8·256 – conv 256 – conv 256
– up 128 – up 64 – up 1, the trunk conv 64 – 128 – 256 – 256 – 256 – FC 1024. Layers to which the
table gives no stride keep the size.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import Crop, Sigmoid, ToUnit, same_padding
from infogan.networks.trunk import Trunk


class ChairsGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int, hidden: int) -> None:
        super().__init__()
        out_channels, size, _ = shape
        base, inner = math.ceil(size / 8), 4 * width
        self.dense = nn.Sequential(
            nn.Linear(dim, hidden),
            dense_norm("batch", hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, inner * base * base),
            dense_norm("batch", inner * base * base),
            nn.ReLU(inplace=True),
            ToMaps(inner, base),
        )
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [same_padding(4), nn.Conv2d(inner, inner, 4)]
            layers += [conv_norm("batch", inner), nn.ReLU(inplace=True)]
        for outer in (2 * width, width):
            layers += [nn.ConvTranspose2d(inner, outer, 4, stride=2, padding=1)]
            layers += [conv_norm("batch", outer), nn.ReLU(inplace=True)]
            inner = outer
        layers += [nn.ConvTranspose2d(inner, out_channels, 4, stride=2, padding=1)]
        self.up = nn.Sequential(*layers, Sigmoid(), Crop(size))

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class ChairsTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden)."""

    def __init__(self, shape: tuple[int, int, int], width: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        inner, size, _ = shape
        self.features = hidden
        layers: list[nn.Module] = [ToUnit()]
        for level, outer in enumerate((width, 2 * width, 4 * width)):
            layers += [constrained(norm, nn.Conv2d(inner, outer, 4, stride=2, padding=1))]
            layers += [conv_norm(norm if level else "none", outer)]
            layers += [nn.LeakyReLU(0.1, inplace=True)]
            inner, size = outer, size // 2
        for _ in range(2):
            layers += [same_padding(4), constrained(norm, nn.Conv2d(inner, inner, 4))]
            layers += [conv_norm(norm, inner), nn.LeakyReLU(0.1, inplace=True)]
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            ToVectors(),
            constrained(norm, nn.Linear(inner * size * size, hidden)),
            dense_norm(norm, hidden),
            nn.LeakyReLU(0.1, inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.convolutions(in_order_of(self.convolutions, x)))
        return features
