"""Codes with categories: a choice of several, and a switch."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from infogan.codes.prior import Prior, exact
from infogan.errors import UserError

MOST_CATEGORIES = 1000
UNEVEN = 0.2
"""Of a learned prior, in nats: kinds that are as frequent as 1, 2, … 10 lie 0.15 from even."""


@dataclass(frozen=True)
class Discrete(Prior):
    """What every code with categories shares: they are the numbers from 0."""

    continuous: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _ = self.ignored
        if self.follow:
            raise UserError(f"{self}: only dials follow a transformation (uni, norm, circ)")

    @property
    def variance(self) -> float:
        return 1 - sum(share**2 for share in self.shares)

    @property
    def low(self) -> float:
        return 0.0

    @property
    def high(self) -> float:
        return self.n_categories - 1.0

    def traversal(self, steps: int) -> list[float]:
        return [float(i) for i in range(self.n_categories)]

    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        return {"probs": self.log_probs(q).exp()}

    def reading(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        return self.log_probs(q).exp()

    def share_known(self, nats: float) -> float:
        return min(1.0, max(0.0, nats / self.entropy))


@dataclass(frozen=True)
class Categorical(Discrete):
    """One of k categories; one-hot for the generator, softmax from Q.

    They are equally likely, or, with `prior="learned"`, as likely as the softmax of `logits`: a
    training run learns it from Q's answers on real images; equal until then.
    """

    k: int = 10
    prior: Literal["uniform", "learned"] = "uniform"
    logits: Float[Tensor, " k"] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k < 2:
            raise UserError(f"cat:{self.k}: a categorical code needs at least 2 categories")
        if self.k > MOST_CATEGORIES:
            raise UserError(f"cat:{self.k}: a categorical code takes up to {MOST_CATEGORIES:,}")

    @property
    def n_categories(self) -> int:
        return self.k

    @property
    def dim(self) -> int:
        return self.k

    @property
    def q_dim(self) -> int:
        return self.k

    @property
    def entropy(self) -> float:
        if self.logits is None:
            return math.log(self.k)
        log_p = F.log_softmax(self.logits, dim=0)
        return -float((log_p.exp() * log_p).sum())

    @property
    def shares(self) -> list[float]:
        if self.logits is None:
            return [1 / self.k] * self.k
        return self.logits.softmax(dim=0).tolist()

    @property
    def for_rare_kinds(self) -> str:
        return f"{self.name}=cat:{self.k}:prior=learned" if self.prior == "uniform" else ""

    @property
    def uneven(self) -> float:
        return UNEVEN if self.prior == "learned" else 0.0

    @property
    def spelling(self) -> str:
        return f"cat:{self.k}" if self.prior == "uniform" else f"cat:{self.k}:prior=learned"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        if self.logits is None:
            index = torch.randint(self.k, (n,), generator=generator, device=generator.device)
            return self._one_hot(index)
        unit = torch.rand(n, self.k, generator=generator, device=generator.device)
        noisy = self.logits.to(unit) - (-unit.clamp_min(1e-20).log()).log()
        return self._one_hot(noisy.argmax(dim=1))

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        return (code * self.log_probs(q)).sum(dim=1)

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        return F.log_softmax(q, dim=1)

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return q.argmax(dim=1).float()

    def check(self, value: float) -> None:
        if not (0 <= value < self.k and value == int(value)):
            raise UserError(f"{self.name}={value:g}: takes a whole number from 0 to {self.k - 1}")

    def columns(self, values: Float[Tensor, " n"]) -> Float[Tensor, "n dim"]:
        return self._one_hot(values.long())

    def _one_hot(self, index: Int[Tensor, " n"]) -> Float[Tensor, "n k"]:
        # torch's own looks at the largest index first, and a device would be waited for.
        return (index[:, None] == torch.arange(self.k, device=index.device)).float()


@dataclass(frozen=True)
class Bernoulli(Discrete):
    """A switch, on with probability p; Q outputs the logit."""

    p: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.p < 1:
            raise UserError(f"bern:{self.p:g}: the probability must lie between 0 and 1")

    @property
    def n_categories(self) -> int:
        return 2

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
    def shares(self) -> list[float]:
        return [1 - self.p, self.p]

    @property
    def spelling(self) -> str:
        return "bern" if self.p == 0.5 else f"bern:{exact(self.p)}"

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        unit = torch.rand(n, 1, generator=generator, device=generator.device)
        return (unit < self.p).float()

    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        return -F.binary_cross_entropy_with_logits(q[:, 0], code[:, 0], reduction="none")

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        return torch.stack([F.logsigmoid(-q[:, 0]), F.logsigmoid(q[:, 0])], dim=1)

    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        return (q[:, 0] > 0).float()

    def check(self, value: float) -> None:
        if value not in (0, 1):
            raise UserError(f"{self.name}={value:g}: a switch takes 0 or 1")
