"""Unsupervised disentanglement ranking: do two runs' dials correspond one to one?"""

import numpy as np
from jaxtyping import Bool, Float


def udr_pairs(
    codes: Float[np.ndarray, "runs n d"], active: Bool[np.ndarray, "runs d"]
) -> Float[np.ndarray, "runs runs"]:
    """UDR of every two runs, from their codes of the same images: 1 is a one-to-one match.

    The absolute Spearman correlations R of two runs' active codes are reduced to the mean of
    max² / sum over their rows and over their columns; 0 where either run has no active code. A
    run's UDR is the median over the other runs. Invariant to the order of the codes and to any
    monotone change of one, a flip included. Trap: made for VAEs; for GANs it chose runs below the
    mean. Source: Duan et al. (1905.12614), eq. 3, the Spearman version (UDR_S).
    """
    from scipy.stats import rankdata

    runs, _, d = codes.shape
    ranks = rankdata(codes, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    # A constant code correlates with nothing.
    norms = np.linalg.norm(ranks, axis=1, keepdims=True)
    unit = np.divide(ranks, norms, out=np.zeros_like(ranks), where=norms > 0)
    columns = np.concatenate(list(unit), axis=1)
    correlations = np.abs(columns.T @ columns).reshape(runs, d, runs, d)
    pairs = np.empty((runs, runs))
    for i in range(runs):
        for j in range(i + 1):
            between = correlations[i][active[i]][:, j][:, active[j]]
            pairs[i, j] = pairs[j, i] = _strength(between)
    return pairs


def _strength(r: Float[np.ndarray, "a b"]) -> float:
    """How far each row and each column is from holding a single correlation."""
    if r.size == 0:
        return 0.0
    means = [
        np.divide(r.max(axis=k) ** 2, total, out=np.zeros_like(total), where=total > 0).mean()
        for k, total in ((0, r.sum(axis=0)), (1, r.sum(axis=1)))
    ]
    return float(np.mean(means))
