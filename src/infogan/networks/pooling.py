"""Convolution, batch normalisation and pooling (seed 001): G doubles, the trunk pools.

The text gives the kinds of layers, the inputs and the outputs; kernels of 5×5 and the widths are
this project's choice, those usual in Keras examples of its time.
"""

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.trunk import Trunk


class PoolingGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]: FC, then two deconvolutions."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int) -> None:
        super().__init__()
        channels, size, _ = shape
        base = size // 4
        self.dense = nn.Sequential(
            nn.Linear(dim, 2 * width * base * base),
            dense_norm("keras", 2 * width * base * base),
            nn.LeakyReLU(0.2, inplace=True),
            ToMaps(2 * width, base),
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            conv_norm("keras", width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class PoolingTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden)."""

    def __init__(self, shape: tuple[int, int, int], width: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        channels, size, _ = shape
        self.features = hidden
        self.convolutions = nn.Sequential(
            constrained(norm, nn.Conv2d(channels, width, 5, padding=2)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.MaxPool2d(2),
            constrained(norm, nn.Conv2d(width, 2 * width, 5, padding=2)),
            conv_norm(norm, 2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.MaxPool2d(2),
        )
        self.dense = nn.Sequential(
            ToVectors(),
            constrained(norm, nn.Linear(2 * width * (size // 4) ** 2, hidden)),
            dense_norm(norm, hidden),
            nn.LeakyReLU(0.2, inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.convolutions(in_order_of(self.convolutions, x)))
        return features
