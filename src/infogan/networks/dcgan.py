"""The DCGAN of seed 004 (Juliani's InfoGAN notebook), for sides divisible by 8.

With width 32 at 32×32 they are its own. Nothing strides: at each of three convolutions of 3×3, G
moves channels into space and the trunk space into channels; G's last kernel covers the image.
"""

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import same_padding
from infogan.networks.trunk import Trunk
from infogan.networks.wide_conv import WideConv2d


class DCGANGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int, norm: Norm) -> None:
        super().__init__()
        out_channels, size, _ = shape
        # Models of before `slim` have the usual one, whatever the trunk has.
        norm = "slim" if norm == "slim" else "batch"
        base, inner = size // 8, 8 * width
        self.dense = nn.Sequential(
            nn.Linear(dim, inner * base * base, bias=False),
            dense_norm(norm, inner * base * base, generates=True),
            nn.ReLU(inplace=True),
            ToMaps(inner, base),
        )
        layers: list[nn.Module] = []
        for outer in (4 * width, 2 * width, width):
            layers += [
                nn.Conv2d(inner, outer, 3, padding=1, bias=False),
                conv_norm(norm, outer, generates=True),
                nn.ReLU(inplace=True),
                nn.PixelShuffle(2),
            ]
            inner = outer // 4
        layers += [same_padding(size), WideConv2d(inner, out_channels, size), nn.Tanh()]
        self.up = nn.Sequential(*layers)

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class DCGANTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden)."""

    def __init__(self, shape: tuple[int, int, int], width: int, hidden: int, norm: Norm) -> None:
        super().__init__()
        inner, size, _ = shape
        self.features = hidden
        layers: list[nn.Module] = []
        for level, outer in enumerate((width, 2 * width, 4 * width)):
            layers += [
                constrained(norm, nn.Conv2d(inner, outer, 3, padding=1, bias=False)),
                conv_norm(norm if level else "none", outer),
                nn.LeakyReLU(0.2, inplace=True),
                nn.PixelUnshuffle(2),
            ]
            inner = 4 * outer
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            ToVectors(),
            constrained(norm, nn.Linear(inner * (size // 8) ** 2, hidden)),
            nn.LeakyReLU(0.2, inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.convolutions(in_order_of(self.convolutions, x)))
        return features
