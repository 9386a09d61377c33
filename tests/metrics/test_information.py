"""Entropy and mutual information against tables small enough for the back of an envelope."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from infogan.metrics.information import discretise, entropy, mutual_information


def test_entropy_of_even_and_uneven_values() -> None:
    even, uneven = [0, 1, 2, 3], [0, 0, 0, 1]
    expected = [np.log(4), np.log(4) - 0.75 * np.log(3)]
    assert entropy(np.array([even, uneven]).T) == pytest.approx(expected)


def test_equal_independent_and_partial() -> None:
    factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    total = factors.sum(axis=1, keepdims=True)
    assert mutual_information(factors, factors) == pytest.approx(np.log(2) * np.eye(2))
    # The sum of two coins tells each coin in half the cases: half a bit.
    assert mutual_information(total, factors) == pytest.approx(np.log(2) / 2 * np.ones((1, 2)))


def test_agrees_with_scikit_learn_on_random_tables() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(-3, 9, (500, 2)), rng.integers(0, 5, (500, 2))
    right[:, 0] += left[:, 0]
    expected = [[mutual_info_score(a, b) for b in right.T] for a in left.T]
    assert mutual_information(left, right) == pytest.approx(np.array(expected))


def test_bins_are_of_equal_width_not_of_equal_count() -> None:
    codes = np.array([[0.0], [0.1], [0.2], [9.9], [10.0]])
    assert discretise(codes, 10).tolist() == [[1], [1], [1], [10], [10]]


def test_a_constant_code_fills_one_bin() -> None:
    assert len(np.unique(discretise(np.full((9, 1), 3.0), 20))) == 1
