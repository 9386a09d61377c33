"""Distances between sets of features, a bounded number of rows at a time."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

_ROWS_AT_ONCE = 1024


def squared_distances(
    queries: Float[np.ndarray, "n d"], points: Float[np.ndarray, "m d"]
) -> Iterator[Float[np.ndarray, "rows m"]]:
    """Squared Euclidean distances from successive rows of `queries` to all `points`."""
    queries, points = queries.astype(np.float64), points.astype(np.float64)
    lengths = (points**2).sum(axis=1)
    for start in range(0, len(queries), _ROWS_AT_ONCE):
        rows = queries[start : start + _ROWS_AT_ONCE]
        distances = (rows**2).sum(axis=1)[:, None] - 2 * rows @ points.T + lengths
        yield np.maximum(distances, 0)


def squared_radii(points: Float[np.ndarray, "m d"], k: int) -> Float[np.ndarray, " m"]:
    """Squared distance of each point to its k-th nearest other point."""
    # The nearest of all is the point itself, at distance 0: rank k, counted from 0.
    rows = [np.partition(block, k, axis=1)[:, k] for block in squared_distances(points, points)]
    return np.concatenate(rows)


def inside(
    queries: Float[np.ndarray, "n d"],
    points: Float[np.ndarray, "m d"],
    radii: Float[np.ndarray, " m"],
) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " m"]]:
    """Which queries lie in the ball of some point, and which points' balls hold some query."""
    held, holding = [], np.zeros(len(points), dtype=bool)
    for block in squared_distances(queries, points):
        hits = block <= radii
        held.append(hits.any(axis=1))
        holding |= hits.any(axis=0)
    return np.concatenate(held), holding
