"""DCI of codes whose importances follow from the geometry."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import entropy

from infogan.metrics.dci import dci

GRID = np.array(list(product(range(3), range(3)))).repeat(40, axis=0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_code_of_protocol_a(rng) -> None:
    result = dci(GRID.astype(float), GRID, rng=rng)
    assert result.value == result.disentanglement > 0.99
    assert result.completeness > 0.99
    assert result.informativeness == 1
    assert "240 images, tested on 120 others, gradient boosting" in result.protocol


def test_protocol_a_is_the_entropy_of_boosted_importances(rng) -> None:
    # A mixed code, a clean one and noise; the weighted entropies are written out again here.
    noise = rng.normal(size=len(GRID))
    codes = np.column_stack([GRID.sum(axis=1), GRID[:, 1], noise])
    result = dci(codes, GRID, rng=rng)
    r = result.importance + 1e-11
    assert result.disentanglement == pytest.approx(
        np.sum((1 - entropy(r.T, base=2)) * r.sum(axis=1)) / r.sum()
    )
    assert result.completeness == pytest.approx(
        np.sum((1 - entropy(r, base=3)) * r.sum(axis=0)) / r.sum()
    )
    assert 0.3 < result.disentanglement < 0.95


@pytest.mark.parametrize(
    "options",
    [{}, {"protocol": "B"}, {"protocol": "B", "regressor": "random_forest"}],
    ids=["boosting", "lasso", "forest"],
)
def test_noise_tells_nothing_apart(rng, options) -> None:
    result = dci(rng.normal(size=(360, 6)), GRID, rng=rng, **options)
    assert result.informativeness < 0.45
    assert result.train_informativeness >= result.informativeness
    if options.get("regressor") or not options:
        # Not Lasso: the few accidental weights it keeps can sit anywhere.
        assert result.disentanglement < 0.2


def test_lasso_of_a_rotation_worked_by_hand(rng) -> None:
    # Whole grid, so the factors are orthogonal and Lasso only trims each weight by α = .02:
    # a rotation by (.8, .6) leaves weights .78 and .58 on either factor.
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    result = dci((GRID - 1) @ turn, GRID, rng=rng, protocol="B")
    p = np.array([0.78, 0.58]) / 1.36
    expected = 1 + (p * np.log2(p)).sum()
    assert result.importance == pytest.approx(np.array([[0.78, 0.58], [0.58, 0.78]]), abs=1e-6)
    assert result.disentanglement == pytest.approx(expected)
    assert result.completeness == pytest.approx(expected)


def test_an_even_mixture_scores_zero(rng) -> None:
    half = np.sqrt(0.5)
    codes = (GRID - 1) @ np.array([[half, -half], [half, half]])
    result = dci(codes, GRID, rng=rng, protocol="B")
    assert result.disentanglement == pytest.approx(0, abs=1e-9)
    assert result.informativeness > 0.99


def test_a_factor_split_over_two_codes_is_disentangled_but_incomplete(rng) -> None:
    # The first factor is the sum of two independent codes, each about it alone.
    halves = rng.integers(0, 4, (4000, 2))
    factors = np.column_stack([halves.sum(axis=1), rng.integers(0, 4, 4000)])
    codes = np.column_stack([halves, factors[:, 1]]).astype(float)
    result = dci(codes, factors, rng=rng, protocol="B")
    assert result.disentanglement > 0.95
    # Shares ½, ½ of three codes for one factor, all in one for the other.
    expected = (1 - np.log(2) / np.log(3) + 1) / 2
    assert result.completeness == pytest.approx(expected, abs=0.03)


def test_dead_codes_weigh_nothing(rng) -> None:
    codes = np.column_stack([GRID, np.zeros(len(GRID))]).astype(float)
    result = dci(codes, GRID, rng=rng, protocol="B")
    assert result.disentanglement == pytest.approx(1.0)
    assert result.completeness == pytest.approx(1.0)


def test_order_and_sign_of_codes_do_not_matter(rng) -> None:
    codes = (GRID - 1) @ np.array([[1.0, 0.3], [0.1, 1.0]])
    expected = dci(codes, GRID, rng=rng, protocol="B").value
    turned = dci(-codes[:, ::-1], GRID, rng=rng, protocol="B").value
    # The lasso is solved to a tolerance, and goes through the codes in order.
    assert turned == pytest.approx(expected, rel=1e-4)
