"""The paper's networks for SVHN and CelebA (1606.03657, tables of C.2 and C.3), at 32×32.

With width 64 they are the tables': G is FC 2·2·448 – up 256 – up 128 – up 64 – up 3, the trunk
conv 64 – conv 128 – conv 256. D and Q read the last maps; there is no fully connected layer.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import Crop
from infogan.networks.trunk import Trunk


class PhotosGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]: four doublings."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int) -> None:
        super().__init__()
        out_channels, size, _ = shape
        base = math.ceil(size / 16)
        self.dense = nn.Sequential(
            nn.Linear(dim, 7 * width * base * base),
            dense_norm("batch", 7 * width * base * base),
            nn.ReLU(inplace=True),
            ToMaps(7 * width, base),
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(7 * width, 4 * width, 4, stride=2, padding=1),
            conv_norm("batch", 4 * width),
            nn.ReLU(inplace=True),
            # The tables name no normalisation from here on.
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, out_channels, 4, stride=2, padding=1),
            nn.Tanh(),
            Crop(size),
        )

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class PhotosTrunk(Trunk):
    """Images (n, c, size, size) → features (n, features): the last maps, flattened."""

    def __init__(self, shape: tuple[int, int, int], width: int, norm: Norm) -> None:
        super().__init__()
        inner, size, _ = shape
        layers: list[nn.Module] = []
        for level, outer in enumerate((width, 2 * width, 4 * width)):
            layers += [
                constrained(norm, nn.Conv2d(inner, outer, 4, stride=2, padding=1)),
                conv_norm(norm if level else "none", outer),
                nn.LeakyReLU(0.1, inplace=True),
            ]
            inner, size = outer, size // 2
        self.features = inner * size * size
        self.convolutions = nn.Sequential(*layers, ToVectors())

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.convolutions(in_order_of(self.convolutions, x))
        return features
