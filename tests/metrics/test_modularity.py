"""Modularity of codes whose information about each factor can be worked out."""

from itertools import product

import numpy as np
import pytest

from infogan.metrics.modularity import modularity

GRID = np.array(list(product(range(3), range(4))))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_code(rng) -> None:
    assert modularity(GRID.astype(float), GRID, rng=rng).value == pytest.approx(1.0)


def test_copies_are_forgiven(rng) -> None:
    codes = np.column_stack([GRID, GRID]).astype(float)
    assert modularity(codes, GRID, rng=rng).value == pytest.approx(1.0)


def test_a_code_of_two_factors_and_a_code_of_none(rng) -> None:
    # The sum of two coins knows half a bit of each: 1 − (¼ bit²) / (¼ bit²) = 0.
    coins = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.column_stack([coins[:, 0], coins.sum(axis=1), np.zeros(4)])
    assert modularity(codes, coins, rng=rng).per_code == pytest.approx([1, 0, 0])


def test_noise_scores_what_chance_information_gives(rng, factors) -> None:
    # Chance information grows with the number of values less one: 2, 5, 39, 31, 31.
    chance = np.array([2, 5, 39, 31, 31]) ** 2
    expected = 1 - (chance.sum() - 39**2) / (4 * 39**2)
    codes = rng.normal(size=(10_000, 40))
    assert modularity(codes, factors, rng=rng).value == pytest.approx(expected, abs=0.03)


def test_order_and_sign_of_codes_do_not_matter(rng, factors) -> None:
    codes = factors @ rng.normal(size=(5, 6))
    turned = -codes[:, rng.permutation(6)]
    expected = modularity(codes, factors, rng=rng).value
    assert modularity(turned, factors, rng=rng).value == pytest.approx(expected)


def test_needs_two_factors(rng) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        modularity(GRID.astype(float), GRID[:, :1], rng=rng)
