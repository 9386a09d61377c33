"""Mutual information by counting, in nats: codes in equal-width bins against discrete factors."""

import numpy as np
from jaxtyping import Float, Int


def discretise(codes: Float[np.ndarray, "n d"], bins: int) -> Int[np.ndarray, "n d"]:
    """Bin number (from 1) of each code, over `bins` equal widths between its own extremes."""
    edges = [np.histogram(code, bins)[1][:-1] for code in codes.T]
    return np.stack([np.digitize(c, e) for c, e in zip(codes.T, edges, strict=True)], axis=1)


def mutual_information(
    left: Int[np.ndarray, "n d"], right: Int[np.ndarray, "n k"]
) -> Float[np.ndarray, "d k"]:
    """Plug-in mutual information of each column of `left` with each of `right`, in nats.

    Unrelated columns of a and b values score about (a − 1)(b − 1) / 2n, not 0 (Miller 1955).
    """
    pairs = [[_information(a, b) for b in right.T] for a in left.T]
    return np.array(pairs)


def table_information(joint: Float[np.ndarray, "a b"]) -> float:
    """Mutual information, in nats, of rows and columns of a table of counts or probabilities."""
    gap = _entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0)) - _entropy(joint)
    return max(0.0, gap)


def entropy(values: Int[np.ndarray, "n k"]) -> Float[np.ndarray, " k"]:
    """Plug-in entropy of each column, in nats."""
    return np.array([_entropy(np.unique(column, return_counts=True)[1]) for column in values.T])


def _information(a: np.ndarray, b: np.ndarray) -> float:
    _, rows = np.unique(a, return_inverse=True)
    _, columns = np.unique(b, return_inverse=True)
    width = int(columns.max()) + 1
    joint = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width)
    return table_information(joint.reshape(-1, width).astype(float))


def _entropy(counts: np.ndarray) -> float:
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())
