"""MIG of codes whose information about each factor can be worked out."""

from itertools import product

import numpy as np
import pytest

from infogan.metrics.mig import mig

GRID = np.array(list(product(range(3), range(4))))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_code_on_a_whole_grid(rng) -> None:
    result = mig(GRID.astype(float), GRID, rng=rng)
    assert result.value == pytest.approx(1.0)
    assert result.best.tolist() == [0, 1]
    assert result.entropy == pytest.approx(np.log([3, 4]))


def test_noise_is_useless(rng, factors) -> None:
    assert mig(rng.normal(size=(10_000, 10)), factors, rng=rng).value < 0.005


def test_a_copied_factor_has_no_gap(rng) -> None:
    codes = np.column_stack([GRID, GRID[:, 0]]).astype(float)
    assert mig(codes, GRID, rng=rng).per_factor == pytest.approx([0.0, 1.0])


def test_half_known_factors(rng) -> None:
    # Codes: a coin, and its sum with the second coin. The sum tells half a bit of either coin.
    coins = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.column_stack([coins[:, 0], coins.sum(axis=1)]).astype(float)
    assert mig(codes, coins, rng=rng).per_factor == pytest.approx([0.5, 0.5])


def test_a_single_code_is_compared_with_nothing(rng) -> None:
    assert mig(GRID[:, :1].astype(float), GRID, rng=rng).per_factor == pytest.approx([1, 0])


def test_perfect_dsprites_code_stops_at_895(rng, factors) -> None:
    result = mig(factors.astype(float), factors, rng=rng)
    assert result.value == pytest.approx(0.895, abs=0.005)


def test_why_895_twenty_bins_blur_forty_and_thirty_two_values(rng) -> None:
    # 40 values fall in pairs into 20 even bins. 32 fall as 12 pairs and 8 single values: with a
    # pair of weight 2/32 worth 4 bits and a single of 1/32 worth 5, that is 4.25 of 5 bits.
    grid = np.array(list(product(range(40), range(32))))
    result = mig(grid.astype(float), grid, rng=rng)
    assert result.per_factor == pytest.approx([np.log(20) / np.log(40), 4.25 / 5])
    assert mig(grid.astype(float), grid, rng=rng, bins=40).value == pytest.approx(1.0)


def test_linear_mixtures_of_dsprites_score_low(factors) -> None:
    scores = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        mixture = rng.normal(size=(5, 10))
        scores.append(mig(factors / factors.std(axis=0) @ mixture, factors, rng=rng).value)
    assert 0.03 < np.mean(scores) < 0.15


def test_order_and_sign_of_codes_do_not_matter(rng, factors) -> None:
    codes = factors + rng.normal(size=factors.shape)
    turned = -codes[:, rng.permutation(5)]
    assert mig(turned, factors, rng=rng).value == pytest.approx(mig(codes, factors, rng=rng).value)


def test_protocols_differ_in_their_number_of_images() -> None:
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 4, (12_000, 2))
    codes = factors.astype(float)
    assert "protocol A (disentanglement_lib): 10,000" in mig(codes, factors, rng=rng).protocol
    assert "protocol B (InfoGAN-CR): 12,000" in mig(codes, factors, rng=rng, protocol="B").protocol
    assert "500 images" in mig(codes, factors, rng=rng, samples=500).protocol
