"""InfoGAN-CR's networks for dSprites (1906.06034, and its code), at 64×64.

With width 32 and hidden 128 they are its own: G is FC 128 – FC 4·4·64 – up 64 – up 32 – up 32 –
up 1, the trunk (and that of the judge of pairs) conv 32 – 32 – 64 – 64 – FC 128, with spectral
normalisation where the preset asks for it.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.conv import ToMaps, ToVectors, in_order_of
from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import Crop, Sigmoid, ToUnit
from infogan.networks.trunk import Trunk


class SpritesGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]: four doublings."""

    def __init__(self, dim: int, shape: tuple[int, int, int], width: int, hidden: int) -> None:
        super().__init__()
        out_channels, size, _ = shape
        base, inner = math.ceil(size / 16), 2 * width
        self.dense = nn.Sequential(
            nn.Linear(dim, hidden),
            nn.ReLU(inplace=True),
            dense_norm("batch", hidden),
            nn.Linear(hidden, inner * base * base),
            nn.ReLU(inplace=True),
            dense_norm("batch", inner * base * base),
            ToMaps(inner, base),
        )
        layers: list[nn.Module] = []
        for outer in (2 * width, width, width):
            layers += [nn.ConvTranspose2d(inner, outer, 4, stride=2, padding=1)]
            layers += [nn.LeakyReLU(0.2, inplace=True), conv_norm("batch", outer)]
            inner = outer
        layers += [nn.ConvTranspose2d(inner, out_channels, 4, stride=2, padding=1)]
        self.up = nn.Sequential(*layers, Sigmoid(), Crop(size))

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.up(in_order_of(self.up, self.dense(z)))
        return images


class SpritesTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden).

    `norm_last` has the judge of pairs of the 3D teapots: normalisation after the rectifiers, and
    none at the first layer.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        width: int,
        hidden: int,
        norm: Norm,
        norm_last: bool = False,
    ) -> None:
        super().__init__()
        inner, size, _ = shape
        self.features = hidden
        layers: list[nn.Module] = [ToUnit()]
        for level, outer in enumerate((width, width, 2 * width, 2 * width)):
            # Images too small for four halvings keep their last pixel.
            stride = 2 if size > 1 else 1
            kernel = 4 if size > 1 else 3
            layers += [constrained(norm, nn.Conv2d(inner, outer, kernel, stride, padding=1))]
            after = [conv_norm(norm, outer), nn.LeakyReLU(0.2, inplace=True)]
            if norm_last:
                after = [after[1], after[0] if level else nn.Identity()]
            layers += after
            inner, size = outer, max(1, size // 2)
        self.convolutions = nn.Sequential(*layers)
        after = [dense_norm(norm, hidden), nn.LeakyReLU(0.2, inplace=True)]
        self.dense = nn.Sequential(
            ToVectors(),
            constrained(norm, nn.Linear(inner * size * size, hidden)),
            *(after[::-1] if norm_last else after),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.convolutions(in_order_of(self.convolutions, x)))
        return features
