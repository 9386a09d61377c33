"""Adversarial losses: what D and G play for, from D's logits alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

Logits = Float[Tensor, " n"]
Scalar = Float[Tensor, ""]


@dataclass(frozen=True)
class Adversarial:
    """A pair of losses: `discriminator(real, fake)` and `generator(fake)`, both batch means."""

    discriminator: Callable[[Logits, Logits], Scalar]
    generator: Callable[[Logits], Scalar]


def _bce_d(real: Logits, fake: Logits) -> Scalar:
    return softplus(-real).mean() + softplus(fake).mean()


def _bce_g(fake: Logits) -> Scalar:
    return softplus(-fake).mean()


def _least_squares_d(real: Logits, fake: Logits) -> Scalar:
    return 0.5 * ((real - 1).square().mean() + fake.square().mean())


def _least_squares_g(fake: Logits) -> Scalar:
    return 0.5 * (fake - 1).square().mean()


def _hinge_d(real: Logits, fake: Logits) -> Scalar:
    return (1 - real).relu().mean() + (1 + fake).relu().mean()


def _critic_d(real: Logits, fake: Logits) -> Scalar:
    return fake.mean() - real.mean()


def _critic_g(fake: Logits) -> Scalar:
    return -fake.mean()


AdversarialName = Literal["bce", "least-squares", "hinge", "wasserstein"]

ADVERSARIAL: dict[AdversarialName, Adversarial] = {
    # Non-saturating cross-entropy (1406.2661, section 3).
    "bce": Adversarial(_bce_d, _bce_g),
    # Least squares (1611.04076, eq. 9).
    "least-squares": Adversarial(_least_squares_d, _least_squares_g),
    # Hinge (1705.02894; 1802.05957, eq. 16 and 17).
    "hinge": Adversarial(_hinge_d, _critic_g),
    # Wasserstein (1701.07875); the gradient penalty is in gradient_penalty.py.
    "wasserstein": Adversarial(_critic_d, _critic_g),
}
