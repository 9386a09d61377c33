"""Adversarial losses: what D and G play for, from D's logits alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

from infogan.losses.log_bounds import UNBOUNDED, LogBounds

Logits = Float[Tensor, " n"]
Scalar = Float[Tensor, ""]


@dataclass(frozen=True)
class Adversarial:
    """Three losses, all batch means: D's `real(logits)` and `fake(logits)`, G's `generator(fake)`.

    D's may be taken apart: several sources show D real and generated images in separate steps.
    """

    real: Callable[[Logits], Scalar]
    fake: Callable[[Logits], Scalar]
    generator: Callable[[Logits], Scalar]

    def discriminator(self, real: Logits, fake: Logits) -> Scalar:
        """D's whole loss."""
        return self.real(real) + self.fake(fake)


def _cross_entropies(bounds: LogBounds) -> tuple[Callable[[Logits], Scalar], ...]:
    """−E log D and −E log(1 − D), with D = sigmoid(logits)."""

    def taken_for_real(logits: Logits) -> Scalar:
        return -bounds(-softplus(-logits)).mean()

    def taken_for_fake(logits: Logits) -> Scalar:
        return -bounds(-softplus(logits)).mean()

    return taken_for_real, taken_for_fake


def _half_square_to_1(logits: Logits) -> Scalar:
    return 0.5 * (logits - 1).square().mean()


def _half_square(logits: Logits) -> Scalar:
    return 0.5 * logits.square().mean()


def _hinge_above_1(logits: Logits) -> Scalar:
    return (1 - logits).relu().mean()


def _hinge_below_minus_1(logits: Logits) -> Scalar:
    return (1 + logits).relu().mean()


def _mean(logits: Logits) -> Scalar:
    return logits.mean()


def _minus_mean(logits: Logits) -> Scalar:
    return -logits.mean()


AdversarialName = Literal["bce", "kl", "least-squares", "hinge", "wasserstein"]


@cache
def games(bounds: LogBounds) -> dict[AdversarialName, Adversarial]:
    """All of them; `bounds` keeps finite the logarithms of those that have any."""
    taken_for_real, taken_for_fake = _cross_entropies(bounds)
    return {
        # Non-saturating cross-entropy (1406.2661, section 3).
        "bce": Adversarial(taken_for_real, taken_for_fake, taken_for_real),
        # The same D; G minimises −E log D/(1 − D), an estimate of KL(G's images ‖ real)
        # (1610.04490).
        "kl": Adversarial(taken_for_real, taken_for_fake, _minus_mean),
        # Least squares (1611.04076, eq. 9).
        "least-squares": Adversarial(_half_square_to_1, _half_square, _half_square_to_1),
        # Hinge (1705.02894; 1802.05957, eq. 16 and 17).
        "hinge": Adversarial(_hinge_above_1, _hinge_below_minus_1, _minus_mean),
        # Wasserstein (1701.07875); the gradient penalty is in gradient_penalty.py.
        "wasserstein": Adversarial(_minus_mean, _mean, _minus_mean),
    }


ADVERSARIAL = games(UNBOUNDED)
