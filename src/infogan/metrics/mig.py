"""Mutual information gap: is each factor held by one code alone?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.information import discretise, entropy, mutual_information
from infogan.metrics.samples import Protocol, check, draw, protocol_name

_SAMPLES = {"A": 10_000, "B": 73_728}


@dataclass(frozen=True, eq=False)
class MIG:
    """Mutual information gap, mean over the factors."""

    value: float
    per_factor: Float[np.ndarray, " k"]
    best: Int[np.ndarray, " k"]
    """The code that knows most about each factor."""
    information: Float[np.ndarray, "d k"]
    """Mutual information of each code with each factor, in nats."""
    entropy: Float[np.ndarray, " k"]
    """Entropy of each factor, in nats."""
    protocol: str


def mig(
    codes: Float[np.ndarray, "n d"],
    factors: Int[np.ndarray, "n k"],
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    samples: int | None = None,
    bins: int = 20,
) -> MIG:
    """Gap between the two codes that know most about a factor, over the factor's entropy.

    `samples` images are drawn (A 10,000, B 73,728, or all there are). Codes are cut into `bins`
    equal widths, so 1 is out of reach of a factor with more values than bins: a perfect dSprites
    code scores (1 + 1 + .812 + .85 + .85) / 5 = .902 less the noise floor of its second-best
    code, .895 with 10,000 images. A single code is compared with nothing, that is with 0.

    Raises UserError for unusable codes or factors. Source: Chen et al. (1802.04942), eq. 6.
    """
    name = protocol_name(protocol)
    check(codes, factors)
    drawn = draw(len(codes), samples or _SAMPLES[protocol], rng)
    information = mutual_information(discretise(codes[drawn], bins), factors[drawn])
    entropies = entropy(factors[drawn])
    ranked = np.sort(np.vstack([information, np.zeros_like(entropies)]), axis=0)
    gaps = (ranked[-1] - ranked[-2]) / entropies
    return MIG(
        value=float(gaps.mean()),
        per_factor=gaps,
        best=information.argmax(axis=0),
        information=information,
        entropy=entropies,
        protocol=f"MIG, {name}: {len(drawn):,} images, {bins} equal-width bins",
    )
