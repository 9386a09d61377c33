"""Agreement of partitions with one another."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from infogan.metrics.clustering import nmi
from infogan.metrics.consensus import adjusted_rand, consensus_pairs


@pytest.mark.parametrize("categories", [2, 3, 10])
def test_adjusted_rand_is_scikit_learns(categories: int) -> None:
    rng = np.random.default_rng(categories)
    left = rng.integers(0, categories, 300)
    right = np.where(rng.random(300) < 0.6, left, rng.integers(0, 4, 300))
    assert adjusted_rand(left, right) == pytest.approx(adjusted_rand_score(left, right))


def test_adjusted_rand_of_collapsed_partitions() -> None:
    nothing, halves = np.zeros(10, int), np.arange(10) % 2
    assert adjusted_rand(nothing, nothing) == 1
    assert adjusted_rand(nothing, halves) == 0


def test_names_of_categories_and_order_of_codes_mean_nothing() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 5, (200, 2))
    renamed = np.array([3, 1, 4, 0, 2])[first]
    pairs = consensus_pairs(np.stack([first, renamed[:, ::-1]]))
    assert pairs == pytest.approx(np.ones((2, 2)))


def test_pairs_are_means_over_matched_codes() -> None:
    rng = np.random.default_rng(1)
    shared, own, other = (rng.integers(0, 4, 4000) for _ in range(3))
    left, right = np.stack([shared, own], axis=1), np.stack([other, shared], axis=1)
    # One code is the same, the other two are unrelated: (1 + 0) / 2.
    assert consensus_pairs(np.stack([left, right]))[0, 1] == pytest.approx(0.5, abs=0.01)


def test_another_measure_can_be_asked() -> None:
    left = np.array([0, 0, 1, 1])
    right = np.array([0, 1, 1, 1])
    partitions = np.stack([left, right])[:, :, None]
    # I = log 2 − ¾ log 3 + ½ log 2; the entropies are log 2 and log 4 − ¾ log 3.
    information = 1.5 * np.log(2) - 0.75 * np.log(3)
    expected = information / ((np.log(2) + np.log(4) - 0.75 * np.log(3)) / 2)
    pairs = consensus_pairs(partitions, lambda a, b: nmi(a, b).value)
    assert pairs[0, 1] == pairs[1, 0] == pytest.approx(expected)
