"""Coverage of categories on real data: which codes do real images use, and how evenly?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError


@dataclass(frozen=True, eq=False)
class Coverage:
    """Use of the categories; `value` is the entropy of use over its maximum, 0 to 1."""

    value: float
    usage: Float[np.ndarray, " categories"]
    """Share of the images in each category."""
    entropy: float
    """Entropy of use, in nats."""
    effective: float
    """exp(entropy): how many evenly used categories it amounts to."""
    dead: tuple[int, ...]
    """Categories used less than a tenth of an even share."""
    protocol: str


def coverage(clusters: Int[np.ndarray, " n"], categories: int) -> Coverage:
    """Usage, its entropy and the dead categories, of images assigned to `categories` codes.

    Raises UserError for no images, fewer than two categories, or clusters outside them.
    """
    if categories < 2:
        raise UserError(f"{categories} categories: coverage compares at least two")
    if len(clusters) == 0:
        raise UserError("no images given: assign at least one to a category")
    if clusters.min() < 0 or clusters.max() >= categories:
        raise UserError(
            f"clusters run from {clusters.min()} to {clusters.max()}: "
            f"expected 0 to {categories - 1}, one per category"
        )
    usage = np.bincount(clusters, minlength=categories) / len(clusters)
    used = usage[usage > 0]
    entropy = max(0.0, float(-(used * np.log(used)).sum()))
    return Coverage(
        value=entropy / float(np.log(categories)),
        usage=usage,
        entropy=entropy,
        effective=float(np.exp(entropy)),
        dead=tuple(np.flatnonzero(usage < 0.1 / categories).tolist()),
        protocol=f"coverage of {categories} categories by {len(clusters):,} real images",
    )
