"""The networks of the Keras tutorial (Brownlee 2019), at 28×28 or any side divisible by 4.

With width 64 they are its own: G is FC 512·7·7 – conv 128 – up 64 – up 1, the trunk
conv 64 – conv 128 – conv 256, all of 4×4. Unlike in the paper, activations come before
normalisation.
"""

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import same_padding
from infogan.networks.trunk import Trunk


class TutorialGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int) -> None:
        super().__init__()
        channels, size, _ = shape
        base = size // 4
        self.dense = nn.Sequential(
            nn.Linear(dim, 8 * width * base * base),
            nn.ReLU(inplace=True),
            dense_norm("keras", 8 * width * base * base),
            ToMaps(8 * width, base),
        )
        self.up = nn.Sequential(
            same_padding(4),
            nn.Conv2d(8 * width, 2 * width, 4),
            nn.ReLU(inplace=True),
            conv_norm("keras", 2 * width),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(inplace=True),
            conv_norm("keras", width),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class TutorialTrunk(Trunk):
    """Images (n, c, size, size) → features (n, features): the last maps, flattened."""

    def __init__(self, shape: tuple[int, int, int], width: int, norm: Norm) -> None:
        super().__init__()
        channels, size, _ = shape
        self.features = 4 * width * (size // 4) ** 2
        self.convolutions = nn.Sequential(
            constrained(norm, nn.Conv2d(channels, width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.1, inplace=True),
            constrained(norm, nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.1, inplace=True),
            conv_norm(norm, 2 * width),
            same_padding(4),
            constrained(norm, nn.Conv2d(2 * width, 4 * width, 4)),
            nn.LeakyReLU(0.1, inplace=True),
            conv_norm(norm, 4 * width),
            ToVectors(),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.convolutions(in_order_of(self.convolutions, x))
        return features
