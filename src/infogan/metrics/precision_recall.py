"""Precision and recall of generated images: are they like real ones, and do they cover them?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from infogan.errors import UserError
from infogan.metrics.neighbours import inside, squared_radii


@dataclass(frozen=True)
class PrecisionRecall:
    """Both shares; `value` is their harmonic mean."""

    value: float
    precision: float
    """Share of generated images that lie where real ones do."""
    recall: float
    """Share of real images that lie where generated ones do."""
    protocol: str


def precision_recall(
    real: Float[np.ndarray, "n d"],
    generated: Float[np.ndarray, "m d"],
    *,
    neighbours: int = 3,
    features: str = "features not named",
) -> PrecisionRecall:
    """Shares of each set that fall inside some k-nearest-neighbour ball of the other.

    Both depend on the number of images: compare only equal numbers, and with the floor
    (metrics.floor). `features` names the network, for the protocol. Time and memory bounded:
    every pair is compared once or twice, a thousand rows at a time.

    Raises UserError for k images or fewer a side. Source: Kynkäänniemi et al. (1904.06991), eq. 2.
    """
    if min(len(real), len(generated)) <= neighbours:
        raise UserError(
            f"{len(real)} real and {len(generated)} generated images: "
            f"give more than {neighbours} of each"
        )
    precision = float(inside(generated, real, squared_radii(real, neighbours))[0].mean())
    recall = float(inside(real, generated, squared_radii(generated, neighbours))[0].mean())
    total = precision + recall
    return PrecisionRecall(
        value=2 * precision * recall / total if total else 0.0,
        precision=precision,
        recall=recall,
        protocol=f"precision and recall (k={neighbours}) on {features}: {len(real):,} real, "
        f"{len(generated):,} generated images",
    )
