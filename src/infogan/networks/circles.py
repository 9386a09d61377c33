"""Codes that go round: a generator is given their points on the unit circle."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class OnCircles(nn.Module):
    """A generator behind cos πc and sin πc of these columns of its input; the rest stays as it is.

    −1 and 1 are the same place then, and no step on the way is larger than another.
    """

    def __init__(self, generator: nn.Module, columns: Sequence[int]) -> None:
        super().__init__()
        self.generator, self.columns = generator, list(columns)

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        angle = math.pi * z[:, self.columns]
        pieces, start = list[Tensor](), 0
        for i, column in enumerate(self.columns):
            pieces += [z[:, start:column], angle[:, i : i + 1].cos(), angle[:, i : i + 1].sin()]
            start = column + 1
        images: Tensor = self.generator(torch.cat([*pieces, z[:, start:]], dim=1))
        return images
