"""What sits on a trunk's features: D's verdict, and Q's guess at the codes."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.networks.norm import Norm, constrained, dense_norm


class TanhMeans(nn.Module):
    """Q's means of continuous codes between −1 and 1, all else as it is."""

    def __init__(self, means: Sequence[int], q_dim: int) -> None:
        super().__init__()
        is_mean = torch.tensor([column in set(means) for column in range(q_dim)])
        self.register_buffer("is_mean", is_mean, persistent=False)
        self.is_mean: Tensor

    def forward(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n q_dim"]:
        return torch.where(self.is_mean, q.tanh(), q)


def d_head(features: int, norm: Norm) -> nn.Module:
    """Features (n, features) → one logit (n, 1): real or generated."""
    return constrained(norm, nn.Linear(features, 1))


def q_head(features: int, hidden: int, q_dim: int, norm: Norm, leak: float = 0.1) -> nn.Module:
    """Features (n, features) → Q's parameters (n, q_dim), by way of FC `hidden` (paper: 128).

    With hidden 0 Q reads its parameters straight off the features.
    """
    if hidden == 0:
        return constrained(norm, nn.Linear(features, q_dim))
    return nn.Sequential(
        constrained(norm, nn.Linear(features, hidden, bias=norm != "slim")),
        dense_norm(norm, hidden),
        nn.LeakyReLU(leak, inplace=True),
        constrained(norm, nn.Linear(hidden, q_dim)),
    )
