"""Continuous codes: dials, with Q's Gaussian around them."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.prior import Prior, exact, read_follow
from infogan.errors import UserError

# Q's log σ is kept in this range: below it a lucky guess earns an unbounded likelihood.
LOG_SIGMA_RANGE = (-4.0, 1.0)


@dataclass(frozen=True)
class Gaussian(Prior):
    """What every continuous code shares: Q(c|x) is a factored Gaussian (paper, section 5).

    `sigma` is a number (held fixed) or "learned": log σ is then an output of Q
    (the exponential parametrisation of the paper's appendix).
    """

    sigma: float | Literal["learned"] = "learned"
    continuous: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.sigma != "learned" and not (math.isfinite(self.sigma) and self.sigma > 0):
            raise UserError(f"{self.name or 'code'}: sigma {self.sigma} must be above 0")
        self.check_about()

    @property
    def followed(self) -> dict[str, float]:
        return read_follow(self.follow)

    @abstractmethod
    def quantiles(self, n: int) -> Float[Tensor, " n"]:
        """The middles of n parts of the prior that are equally likely, in order."""

    @property
    def dim(self) -> int:
        return 1

    @property
    def q_dim(self) -> int:
        return 2 if self.sigma == "learned" else 1

    def mean_and_log_sigma(
        self, q: Float[Tensor, "n q_dim"]
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """Split Q's output into the mean and log σ of Q(c|x)."""
        mean = q[:, 0]
        if self.sigma == "learned":
            return mean, q[:, 1].clamp(*LOG_SIGMA_RANGE)
        return mean, torch.full_like(mean, math.log(self.sigma))

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        mean, log_sigma = self.mean_and_log_sigma(q)
        scaled = (code[:, 0] - mean) / log_sigma.exp()
        return -0.5 * scaled.square() - log_sigma - 0.5 * math.log(2 * math.pi)

    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        mean, log_sigma = self.mean_and_log_sigma(q)
        return {"mean": mean, "std": log_sigma.exp()}

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return q[:, 0]

    def reading(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n 1"]:
        return q[:, :1]

    def traversal(self, steps: int) -> list[float]:
        return torch.linspace(self.low, self.high, steps).tolist()

    def share_known(self, nats: float) -> float:
        """R² of Q's mean: what it gains over a Q that knows the prior alone."""
        if self.sigma == "learned":
            ignorant = self.entropy - 0.5 * math.log(2 * math.pi * math.e * self.variance)
            return 1 - math.exp(-2 * max(0.0, nats - ignorant))
        spread = self.variance / self.sigma**2
        ignorant = self.entropy - 0.5 * spread - math.log(self.sigma) - 0.5 * math.log(2 * math.pi)
        return min(1.0, max(0.0, 2 * (nats - ignorant) / spread))

    @property
    def _sigma_spelling(self) -> str:
        return "" if self.sigma == "learned" else f":sigma={exact(self.sigma)}"


@dataclass(frozen=True)
class Uniform(Gaussian):
    """A dial between two ends; H(c) = log(high − low), not a Gaussian's entropy."""

    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UserError(f"uni:{self.low:g}:{self.high:g}: the low end must be below the high")

    @property
    def entropy(self) -> float:
        return math.log(self.high - self.low)

    @property
    def variance(self) -> float:
        return (self.high - self.low) ** 2 / 12

    @property
    def spelling(self) -> str:
        standard = (self.low, self.high) == (-1.0, 1.0)
        ends = "" if standard else f":{exact(self.low)}:{exact(self.high)}"
        return f"uni{ends}{self._sigma_spelling}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        unit = torch.rand(n, 1, generator=generator, device=generator.device)
        return self.low + (self.high - self.low) * unit

    def quantiles(self, n: int) -> Float[Tensor, " n"]:
        return self.low + (self.high - self.low) * _middles(n)

    def check(self, value: float) -> None:
        # Beyond its ends a dial still shows something, and the paper's figures do go to ±2.
        reach = (self.high - self.low) / 2
        if not self.low - reach <= value <= self.high + reach:
            raise UserError(
                f"{self.name}={value:g}: trained from {self.low:g} to {self.high:g}; "
                f"takes {self.low - reach:g} to {self.high + reach:g}"
            )


@dataclass(frozen=True)
class Normal(Gaussian):
    """A dial with a standard normal prior; H(c) = ½ log 2πe.

    Its ends are those of the middle 95 % of the prior.
    """

    @property
    def low(self) -> float:
        return -2.0

    @property
    def high(self) -> float:
        return 2.0

    @property
    def entropy(self) -> float:
        return 0.5 * math.log(2 * math.pi * math.e)

    @property
    def variance(self) -> float:
        return 1.0

    @property
    def spelling(self) -> str:
        return f"norm{self._sigma_spelling}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        return torch.randn(n, 1, generator=generator, device=generator.device)

    def quantiles(self, n: int) -> Float[Tensor, " n"]:
        found: Tensor = torch.special.ndtri(_middles(n))
        return found

    def check(self, value: float) -> None:
        if not abs(value) <= 4:
            raise UserError(f"{self.name}={value:g}: a normal code takes -4 to 4")


def _middles(n: int) -> Float[Tensor, " n"]:
    return (torch.arange(n) + 0.5) / n
