"""Agreement between several partitions of the same images, without labels."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

Measure = Callable[[Int[np.ndarray, " n"], Int[np.ndarray, " n"]], float]
"""Agreement of two partitions: `adjusted_rand`, or the value of `metrics.clustering.nmi`."""


def consensus_pairs(
    partitions: Int[np.ndarray, "runs n codes"], measure: Measure | None = None
) -> Float[np.ndarray, "runs runs"]:
    """How well the partitions of every two runs agree (ARI unless told otherwise).

    The codes of two runs are matched one-to-one so that they agree best, since neither the order
    of the codes nor the names of their categories mean anything; the mean over the codes counts.
    """
    from scipy.optimize import linear_sum_assignment

    measure = measure or adjusted_rand
    pairs = np.eye(len(partitions))
    for i, left in enumerate(partitions):
        for j, right in enumerate(partitions[:i]):
            table = np.array([[measure(a, b) for b in right.T] for a in left.T])
            matched = linear_sum_assignment(table, maximize=True)
            pairs[i, j] = pairs[j, i] = table[matched].mean()
    return pairs


def adjusted_rand(left: Int[np.ndarray, " n"], right: Int[np.ndarray, " n"]) -> float:
    """ARI of two partitions in categories 0, 1, …; 1 where both are a single category.

    The same figure as `metrics.clustering.ari`, fast enough to be resampled thousands of times.
    Source: Hubert & Arabie (1985).
    """
    width = int(right.max()) + 1
    joint = np.bincount(left * width + right, minlength=(int(left.max()) + 1) * width)
    table = joint.reshape(-1, width)
    together = _pairs(table)
    rows, columns = _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
    expected = rows * columns / max(1.0, _pairs(np.array([len(left)])))
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _pairs(counts: Int[np.ndarray, "..."]) -> float:
    """Pairs of images that share a cell."""
    return float((counts * (counts - 1)).sum() / 2)
