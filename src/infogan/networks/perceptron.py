"""Two-layer perceptrons without normalisation (seed 003, and wiseodd/generative-models).

With hidden 128 they are its own: G is dim – 256 – 784 (128 in its PyTorch version), D and Q
784 – 128 – outputs.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.norm import Norm, constrained, dense_norm
from infogan.networks.pixels import Sigmoid, ToUnit
from infogan.networks.trunk import Trunk


class PerceptronGenerator(nn.Module):
    """z (n, dim) → images (n, c, size, size) in [−1, 1]; one hidden layer."""

    def __init__(self, dim: int, shape: tuple[int, int, int], hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, math.prod(shape)),
            nn.Unflatten(1, shape),
            Sigmoid(),
        )

    def forward(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        images: Tensor = self.layers(z)
        return images


class PerceptronTrunk(Trunk):
    """Images (n, c, size, size) → features (n, hidden): the hidden layer."""

    def __init__(self, shape: tuple[int, int, int], hidden: int, norm: Norm) -> None:
        super().__init__()
        self.features = hidden
        self.layers = nn.Sequential(
            ToUnit(),
            nn.Flatten(),
            constrained(norm, nn.Linear(math.prod(shape), hidden)),
            dense_norm(norm, hidden),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features: Tensor = self.layers(x)
        return features
