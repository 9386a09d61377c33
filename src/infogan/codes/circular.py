"""Circular codes: dials without ends, with Q's von Mises distribution around the circle."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.prior import Prior, read_follow
from infogan.errors import UserError
from infogan.transforms.table import TRANSFORMATIONS

ASYMPTOTIC, TERMS = 10.0, 24
"""κ from which the expansion serves `resultant`, and steps of the fraction below."""
MOST_CONCENTRATED = 300.0
"""κ of Q is kept below: beyond it a lucky guess earns an unbounded likelihood."""


@dataclass(frozen=True)
class Circular(Prior):
    """A dial that goes round, in half turns: from −1 to 1, which are the same.

    G is given the point (cos πc, sin πc). Q's two outputs are κ·(cos μ, sin μ), the natural
    parameters of a von Mises distribution of mean direction μ and concentration κ.
    """

    continuous: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.check_about()
        for name in self.followed:
            if not TRANSFORMATIONS[name].circle:
                round_ = ", ".join(each.name for each in TRANSFORMATIONS.values() if each.circle)
                raise UserError(
                    f"{self.name or 'code'}: {name} does not go round; circ can follow {round_}, "
                    f"and uni:follow={name} is a dial with ends"
                )

    @property
    def followed(self) -> dict[str, float]:
        found = read_follow(self.follow)
        told = "@" in self.follow
        return {n: far if told else TRANSFORMATIONS[n].circle or far for n, far in found.items()}

    @property
    def dim(self) -> int:
        return 1

    @property
    def q_dim(self) -> int:
        return 2

    @property
    def low(self) -> float:
        return -1.0

    @property
    def high(self) -> float:
        return 1.0

    @property
    def variance(self) -> float:
        """Of the point on the circle."""
        return 1.0

    @property
    def entropy(self) -> float:
        return math.log(2)

    @property
    def spelling(self) -> str:
        return "circ"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        return 2 * torch.rand(n, 1, generator=generator, device=generator.device) - 1

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        kappa = concentration(q)
        towards = (points(code[:, 0]) * self.reading(q)).sum(dim=1)
        # log I₀(κ) = log(e^−κ I₀(κ)) + κ; half turns have π times the density of radians.
        nats: Tensor = kappa * (towards - 1) - torch.special.i0e(kappa).log() - math.log(2)
        return nats

    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        length = resultant(concentration(q)).clamp_min(1e-6)
        std = (-2 * length.log()).sqrt() / math.pi
        return {"mean": self.estimate(q), "std": std}

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return torch.atan2(q[:, 1], q[:, 0]) / math.pi

    def reading(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n 2"]:
        return q / q.square().sum(dim=1, keepdim=True).add(1e-12).sqrt()

    def traversal(self, steps: int) -> list[float]:
        return torch.linspace(self.low, self.high, steps + 1)[:-1].tolist()

    def share_known(self, nats: float) -> float:
        return 1 - math.exp(-2 * max(0.0, nats))

    def check(self, value: float) -> None:
        if not -2 <= value <= 2:
            raise UserError(f"{self.name}={value:g}: goes round from -1 to 1; takes -2 to 2")


def concentration(q: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
    """κ of Q's two outputs, at most `MOST_CONCENTRATED`."""
    return q.square().sum(dim=1).add(1e-12).sqrt().clamp_max(MOST_CONCENTRATED)


def resultant(kappa: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """I₁(κ) / I₀(κ), the mean cosine about the mean direction, in operations that ONNX has.

    Gauss's continued fraction, which takes about κ steps, and from `ASYMPTOTIC` on the expansion
    for large κ: 1 − 1/2κ − 1/8κ² − 1/8κ³ (Abramowitz and Stegun, 9.7.1).
    """
    small = kappa.clamp_max(ASYMPTOTIC)
    below = torch.full_like(kappa, 2.0 * TERMS)
    for term in range(TERMS - 1, 0, -1):
        below = 2 * term + small.square() / below
    inverse = 1 / kappa.clamp_min(ASYMPTOTIC)
    large = 1 - inverse / 2 - inverse**2 / 8 - inverse**3 / 8
    return torch.where(kappa < ASYMPTOTIC, small / below, large)


def wrapped(values: Tensor) -> Tensor:
    """Half turns as those from −1 to 1 that lead to the same place."""
    return (values + 1) % 2 - 1


def points(values: Float[Tensor, " n"]) -> Float[Tensor, "n 2"]:
    """Where on the unit circle so many half turns lead."""
    return torch.stack([(math.pi * values).cos(), (math.pi * values).sin()], dim=1)
