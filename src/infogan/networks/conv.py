"""The paper's convolutional networks (1606.03657, table for MNIST), for any square size.

At 28×28 with width 64 and hidden 1024 they are the table's: the generator is
FC 1024 – FC 7·7·128 – up 64 – up 1, the trunk conv 64 – conv 128 – FC 1024. Larger images get
one more doubling for each factor of two beyond 8×8 at the base.
"""

import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.norm import Norm, constrained, conv_norm, dense_norm
from infogan.networks.pixels import Pixels, Sigmoid, ToUnit
from infogan.networks.trunk import Trunk


def doublings(size: int) -> int:
    """How often the feature map doubles (or halves) between its base of at most 8×8 and size."""
    return max(2, math.ceil(math.log2(size / 8)))


def _channels(width: int, levels: int) -> list[int]:
    """Channels at each resolution, from the image side to the base; at most 8 × width."""
    return [min(2**level, 8) * width for level in range(levels)]


def in_order_of(module: nn.Module, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """x in the memory order of the module's weights, which it is about to meet.

    Of one channel both orders look alike to PyTorch, which then takes the slow one for all that
    follows; the strides say it plainly.
    """
    weight = next(parameter for parameter in module.parameters() if parameter.dim() == 4)
    if weight.stride(1) != 1:
        return x.contiguous()
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


def set_order(module: nn.Module, order: torch.memory_format) -> None:
    """Lay out the weights of all convolutions in this order, which their activations follow."""
    for parameter in module.parameters():
        if parameter.dim() == 4:
            rows = parameter.data.contiguous()
            if order is torch.channels_last:
                _, i, h, w = rows.shape
                # Spelt out, because contiguous(memory_format=…) leaves one channel as it was.
                rows = torch.empty_strided(rows.shape, (h * w * i, 1, w * i, i)).copy_(rows)
            parameter.data = rows


class ToMaps(nn.Module):
    """Vectors (n, size·size·channels) → feature maps (n, channels, size, size), channels last."""

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()
        self.shape = (size, size, channels)

    def forward(self, x: Float[Tensor, "n features"]) -> Float[Tensor, "n c h w"]:
        maps: Tensor = x.unflatten(1, self.shape).permute(0, 3, 1, 2)
        return maps


class ToVectors(nn.Module):
    """Feature maps (n, channels, h, w) → vectors (n, h·w·channels), channels last: no copy."""

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        return x.permute(0, 2, 3, 1).flatten(1)


class ConvGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]."""

    def __init__(
        self,
        dim: int,
        shape: tuple[int, int, int],
        width: int,
        hidden: int,
        pixels: Pixels = "tanh",
    ) -> None:
        super().__init__()
        out_channels, self.size, _ = shape
        self.to_pixels = nn.Tanh() if pixels == "tanh" else Sigmoid()
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
            ToMaps(channels[0], base),
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
        maps = in_order_of(self.up, self.dense(z))
        image = self.to_pixels(self.up(maps))
        # Sizes that are not base · 2^levels are generated a little larger, and cropped.
        edge = (image.shape[-1] - self.size) // 2
        cropped: Tensor = image[..., edge : edge + self.size, edge : edge + self.size]
        return cropped


class ConvTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden), shared by D and Q."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        width: int,
        hidden: int,
        norm: Norm,
        leak: float = 0.1,
        pixels: Pixels = "tanh",
    ) -> None:
        super().__init__()
        in_channels, size, _ = shape
        self.features = hidden
        layers: list[nn.Module] = [] if pixels == "tanh" else [ToUnit()]
        for level, outer in enumerate(_channels(width, doublings(size))):
            layers.append(constrained(norm, nn.Conv2d(in_channels, outer, 4, stride=2, padding=1)))
            # The first layer sees pixels and is left as it is, as in the paper's table.
            layers += [
                conv_norm(norm if level else "none", outer),
                nn.LeakyReLU(leak, inplace=True),
            ]
            in_channels, size = outer, size // 2
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            ToVectors(),
            constrained(norm, nn.Linear(in_channels * size * size, hidden)),
            dense_norm(norm, hidden),
            nn.LeakyReLU(leak, inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.dense(self.convolutions(in_order_of(self.convolutions, x)))
        return features
