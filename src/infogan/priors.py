"""Priors of single codes: sampling, entropy, Q's family, and the values worth showing."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

# Q's log σ is kept in this range: below it a lucky guess earns an unbounded likelihood.
LOG_SIGMA_RANGE = (-4.0, 1.0)


@dataclass(frozen=True)
class Prior(ABC):
    """One named code: its prior p(c), and the family of Q(c|x) that goes with it."""

    name: str = ""
    continuous: ClassVar[bool]

    @property
    @abstractmethod
    def dim(self) -> int:
        """Columns this code takes in the generator's input."""

    @property
    @abstractmethod
    def q_dim(self) -> int:
        """Numbers Q must output for this code."""

    @property
    @abstractmethod
    def entropy(self) -> float:
        """H(c) in nats (differential entropy for continuous codes)."""

    @property
    @abstractmethod
    def spelling(self) -> str:
        """The kind as the command line spells it, such as `cat:10`."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        """Draw n codes from the prior."""

    @abstractmethod
    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        """log Q(c|x) in nats, per sample, from Q's raw output."""

    @abstractmethod
    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        """Parameters of Q(c|x): `probs` (n, k), or `mean` (n,) and `std` (n,)."""

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        """log Q(c|x) of each value a discrete code can take, in nats."""
        raise TypeError(f"{self} is continuous: it has a density, not probabilities")

    @abstractmethod
    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        """Q's single best value: the category's index, or the mean."""

    @abstractmethod
    def traversal(self, steps: int) -> list[float]:
        """Values at which to show this code, in order."""

    @abstractmethod
    def check(self, value: float) -> None:
        """Raise ValueError where a value is one this code cannot take."""

    def columns(self, values: Float[Tensor, " n"]) -> Float[Tensor, "n dim"]:
        """Turn values (a category's index, a number) into the generator's input columns."""
        return values[:, None]

    def __str__(self) -> str:
        return f"{self.name}={self.spelling}" if self.name else self.spelling


@dataclass(frozen=True)
class Categorical(Prior):
    """One of k categories, equally likely; one-hot for the generator, softmax from Q."""

    k: int = 10
    continuous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.k < 2:
            raise ValueError(f"cat:{self.k}: a categorical code needs at least 2 categories")

    @property
    def dim(self) -> int:
        return self.k

    @property
    def q_dim(self) -> int:
        return self.k

    @property
    def entropy(self) -> float:
        return math.log(self.k)

    @property
    def spelling(self) -> str:
        return f"cat:{self.k}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        index = torch.randint(self.k, (n,), generator=generator, device=generator.device)
        return F.one_hot(index, self.k).float()

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        return (code * self.log_probs(q)).sum(dim=1)

    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        return {"probs": self.log_probs(q).exp()}

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        return F.log_softmax(q, dim=1)

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return q.argmax(dim=1).float()

    def traversal(self, steps: int) -> list[float]:
        return [float(i) for i in range(self.k)]

    def check(self, value: float) -> None:
        if not (0 <= value < self.k and value == int(value)):
            raise ValueError(f"{self.name}={value:g}: takes a whole number from 0 to {self.k - 1}")

    def columns(self, values: Float[Tensor, " n"]) -> Float[Tensor, "n dim"]:
        return F.one_hot(values.long(), self.k).float()


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
            raise ValueError(f"{self.name or 'code'}: sigma {self.sigma} must be above 0")

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

    @property
    def _sigma_spelling(self) -> str:
        return "" if self.sigma == "learned" else f":sigma={_exact(self.sigma)}"


@dataclass(frozen=True)
class Uniform(Gaussian):
    """A dial between two ends; H(c) = log(high − low), not a Gaussian's entropy."""

    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"uni:{self.low:g}:{self.high:g}: the low end must be below the high")

    @property
    def entropy(self) -> float:
        return math.log(self.high - self.low)

    @property
    def spelling(self) -> str:
        standard = (self.low, self.high) == (-1.0, 1.0)
        ends = "" if standard else f":{_exact(self.low)}:{_exact(self.high)}"
        return f"uni{ends}{self._sigma_spelling}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        unit = torch.rand(n, 1, generator=generator, device=generator.device)
        return self.low + (self.high - self.low) * unit

    def traversal(self, steps: int) -> list[float]:
        return torch.linspace(self.low, self.high, steps).tolist()

    def check(self, value: float) -> None:
        # Beyond its ends a dial still shows something, and the paper's figures do go to ±2.
        reach = (self.high - self.low) / 2
        if not self.low - reach <= value <= self.high + reach:
            raise ValueError(
                f"{self.name}={value:g}: trained from {self.low:g} to {self.high:g}; "
                f"takes {self.low - reach:g} to {self.high + reach:g}"
            )


@dataclass(frozen=True)
class Normal(Gaussian):
    """A dial with a standard normal prior; H(c) = ½ log 2πe."""

    @property
    def entropy(self) -> float:
        return 0.5 * math.log(2 * math.pi * math.e)

    @property
    def spelling(self) -> str:
        return f"norm{self._sigma_spelling}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        return torch.randn(n, 1, generator=generator, device=generator.device)

    def traversal(self, steps: int) -> list[float]:
        # Equal steps in the code, over the middle 95 % of the prior.
        return torch.linspace(-2.0, 2.0, steps).tolist()

    def check(self, value: float) -> None:
        if not abs(value) <= 4:
            raise ValueError(f"{self.name}={value:g}: a normal code takes -4 to 4")


@dataclass(frozen=True)
class Bernoulli(Prior):
    """A switch, on with probability p; Q outputs the logit."""

    p: float = 0.5
    continuous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.p < 1:
            raise ValueError(f"bern:{self.p:g}: the probability must lie between 0 and 1")

    @property
    def dim(self) -> int:
        return 1

    @property
    def q_dim(self) -> int:
        return 1

    @property
    def entropy(self) -> float:
        return -self.p * math.log(self.p) - (1 - self.p) * math.log(1 - self.p)

    @property
    def spelling(self) -> str:
        return "bern" if self.p == 0.5 else f"bern:{_exact(self.p)}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        unit = torch.rand(n, 1, generator=generator, device=generator.device)
        return (unit < self.p).float()

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        return -F.binary_cross_entropy_with_logits(q[:, 0], code[:, 0], reduction="none")

    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        return {"probs": self.log_probs(q).exp()}

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        return torch.stack([F.logsigmoid(-q[:, 0]), F.logsigmoid(q[:, 0])], dim=1)

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return (q[:, 0] > 0).float()

    def traversal(self, steps: int) -> list[float]:
        return [0.0, 1.0]

    def check(self, value: float) -> None:
        if value not in (0, 1):
            raise ValueError(f"{self.name}={value:g}: a switch takes 0 or 1")


def _exact(number: float) -> str:
    """A number as briefly as it can be written without changing when it is read again."""
    return repr(float(number)).removesuffix(".0")
