"""How sure a choice is: everything is measured again and again on other draws of the images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from infogan.metrics.bootstrap import percentiles

RESAMPLES = 200
SURE, LIKELY = 0.95, 0.8
TIE = 1e-9
"""Scores nearer to each other than this are equal."""
UNRELATED = 0.25
"""ARI below which partitions have little in common."""

Word = Literal["sure", "likely", "a toss-up"]
Scores = Float[np.ndarray, " choices"]


@dataclass(frozen=True)
class Lead:
    """How often a choice comes first, and the 95 % interval of its score over the next best."""

    probability: float
    low: float
    high: float


def resample(measure: Callable[[], Scores]) -> Float[np.ndarray, "resamples choices"]:
    """The scores of all choices, measured on as many draws as settle the words below."""
    return np.stack([measure() for _ in range(RESAMPLES)])


def lead(
    scores: Float[np.ndarray, "resamples choices"],
    choice: int,
    rivals: Bool[np.ndarray, " choices"],
) -> Lead:
    """Of one choice over the others that may be chosen; a tie is shared out among those in it."""
    ahead = scores[:, choice, None] - scores[:, rivals]
    tied = np.isclose(ahead, 0, atol=TIE).sum(axis=1)
    first = (ahead > -TIE).all(axis=1)
    low, high = percentiles(ahead.min(axis=1))
    return Lead(float((first / (1 + tied)).mean()), float(low), float(high))


def word(probability: float, *, steady: bool) -> Word:
    """A probability in a word; sure only where the choice is `steady` in what no image can tell."""
    if probability >= SURE and steady:
        return "sure"
    return "likely" if probability >= LIKELY else "a toss-up"
