"""Explicitness against areas counted pair by pair."""

import numpy as np
import pytest

from infogan.metrics.explicitness import explicitness


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def small(rng) -> np.ndarray:
    return rng.integers(0, (3, 4), (1500, 2))


def test_perfect_code(rng, small) -> None:
    result = explicitness(small.astype(float), small, rng=rng)
    assert result.value > 0.99
    assert "fitted on 1,000 images, scored on 500 others" in result.protocol


def test_noise_is_a_coin_toss(rng, small) -> None:
    assert explicitness(rng.normal(size=(1500, 4)), small, rng=rng).value == pytest.approx(
        0.5, abs=0.05
    )


def test_mixtures_and_copies_are_as_readable_as_the_factors(rng, small) -> None:
    turned = small @ np.array([[0.6, -0.8], [0.8, 0.6]])
    assert explicitness(turned, small, rng=rng).value > 0.99
    assert explicitness(np.hstack([turned, turned]), small, rng=rng).value > 0.99


def test_area_of_an_overlapping_code(rng) -> None:
    # One code and two values: the classifier is monotone, so the area is the share of pairs
    # (one image of each value) that the code puts in the right order.
    coin = np.arange(200) % 2
    other = rng.integers(0, 2, 200)
    code = coin + rng.normal(size=200)
    ordered = np.mean(code[coin == 1][:, None] > code[coin == 0])
    result = explicitness(code[:, None], np.column_stack([coin, other]), rng=rng, protocol="B")
    assert result.per_factor[0] == pytest.approx(ordered)
    assert result.value == result.train_value


def test_order_and_sign_of_codes_do_not_matter(small) -> None:
    codes = small + np.random.default_rng(1).normal(size=small.shape)
    scores = [
        explicitness(z, small, rng=np.random.default_rng(2)).value for z in (codes, -codes[:, ::-1])
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
