"""What sits on a trunk's features: D's verdict, and Q's guess at the codes."""

from torch import nn

from infogan.networks.norm import Norm, constrained, dense_norm


def d_head(features: int, norm: Norm) -> nn.Module:
    """Features (n, features) → one logit (n, 1): real or generated."""
    return constrained(norm, nn.Linear(features, 1))


def q_head(features: int, hidden: int, q_dim: int, norm: Norm) -> nn.Module:
    """Features (n, features) → Q's parameters (n, q_dim), by way of FC `hidden` (paper: 128).

    With hidden 0 Q reads its parameters straight off the features.
    """
    if hidden == 0:
        return constrained(norm, nn.Linear(features, q_dim))
    return nn.Sequential(
        constrained(norm, nn.Linear(features, hidden)),
        dense_norm(norm, hidden),
        nn.LeakyReLU(0.1, inplace=True),
        constrained(norm, nn.Linear(hidden, q_dim)),
    )
