"""Modularity: does each code know about one factor only?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.information import discretise, mutual_information
from infogan.metrics.samples import Protocol, check, draw, protocol_name

_SAMPLES = {"A": 10_000, "B": 73_728}


@dataclass(frozen=True, eq=False)
class Modularity:
    """Modularity, mean over the codes."""

    value: float
    per_code: Float[np.ndarray, " d"]
    information: Float[np.ndarray, "d k"]
    """Mutual information of each code with each factor, in nats."""
    protocol: str


def modularity(
    codes: Float[np.ndarray, "n d"],
    factors: Int[np.ndarray, "n k"],
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    samples: int | None = None,
    bins: int = 20,
) -> Modularity:
    """One less the share of a code's squared information that is about its other factors.

    `samples` images are drawn (A 10,000, B 73,728, or all there are). A constant code scores 0.
    Trap: pure noise does not. Its chance information, about (bins − 1)(values − 1) / 2n per
    factor, is largest for the factor with most values: .68 on dSprites. Read it beside MIG.

    Raises UserError for unusable codes or factors. Source: Ridgeway & Mozer (1802.05312), eq. 2.
    """
    name = protocol_name(protocol)
    check(codes, factors, least_factors=2)
    drawn = draw(len(codes), samples or _SAMPLES[protocol], rng)
    information = mutual_information(discretise(codes[drawn], bins), factors[drawn])
    squared = information**2
    best = squared.max(axis=1)
    others = (squared.sum(axis=1) - best) / (factors.shape[1] - 1)
    per_code = 1 - np.divide(others, best, out=np.ones_like(best), where=best > 0)
    return Modularity(
        value=float(per_code.mean()),
        per_code=per_code,
        information=information,
        protocol=f"modularity, {name}: {len(drawn):,} images, {bins} equal-width bins",
    )
