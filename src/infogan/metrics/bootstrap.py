"""Bootstrap confidence intervals for metrics over per-image arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError


@dataclass(frozen=True)
class Interval:
    """A percentile interval around a metric's value."""

    value: float
    """The metric on all images."""
    low: float
    high: float
    level: float
    resamples: int
    protocol: str


def bootstrap(
    statistic: Callable[[Int[np.ndarray, " n"]], float],
    n: int,
    rng: np.random.Generator,
    *,
    resamples: int = 1_000,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap interval of `statistic(indices)`, indices drawn from range(n).

    It holds the uncertainty of the finite set of images, not that of another training run. Do not
    use it on FID, KID, precision or coverage: a resample repeats images, which narrows the
    covariance and makes an image its own neighbour.

    Raises UserError for n < 2, no resamples, or a level outside (0, 1). Source: Efron (1979).
    """
    if n < 2:
        raise UserError(f"n={n}: resampling needs at least two images")
    if resamples < 1 or not 0 < level < 1:
        raise UserError(
            f"resamples={resamples}, level={level}: ask at least one resample, a level in (0, 1)"
        )
    values = [float(statistic(rng.integers(0, n, n))) for _ in range(resamples)]
    low, high = percentiles(np.array(values), level)
    return Interval(
        value=float(statistic(np.arange(n))),
        low=float(low),
        high=float(high),
        level=level,
        resamples=resamples,
        protocol=f"{level:.0%} percentile bootstrap, {resamples:,} resamples of {n:,} images",
    )


def percentiles(
    values: Float[np.ndarray, "resamples ..."], level: float = 0.95
) -> Float[np.ndarray, "2 ..."]:
    """The ends of the interval that holds the middle `level` of resampled values."""
    ends: np.ndarray = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends
