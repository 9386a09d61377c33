"""DCI of codes whose importances follow from the geometry."""

from itertools import product

import numpy as np
import pytest

from infogan.metrics.dci import dci

GRID = np.array(list(product(range(3), range(3)))).repeat(40, axis=0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("model", ["gradient_boosting", "histogram_boosting"])
def test_perfect_code_of_protocol_a(rng, model) -> None:
    result = dci(GRID.astype(float), GRID, rng=rng, model=model)
    assert result.value == result.disentanglement > 0.99
    assert result.completeness > 0.99
    assert result.informativeness > 0.99
    assert model.split("_")[0] in result.protocol


def test_both_kinds_of_boosting_agree_on_blurred_codes(rng) -> None:
    codes = GRID @ np.array([[1.0, 0.3], [0.1, 1.0]]) + 0.4 * rng.normal(size=GRID.shape)
    exact, fast = (
        dci(codes, GRID, rng=np.random.default_rng(1), model=model)
        for model in ("gradient_boosting", "histogram_boosting")
    )
    assert fast.disentanglement == pytest.approx(exact.disentanglement, abs=0.06)
    assert fast.completeness == pytest.approx(exact.completeness, abs=0.06)
    assert fast.informativeness == pytest.approx(exact.informativeness, abs=0.05)


@pytest.mark.parametrize("model", ["histogram_boosting", "lasso", "random_forest"])
def test_noise_tells_nothing_apart(rng, model) -> None:
    protocol = "A" if model == "histogram_boosting" else "B"
    codes = rng.normal(size=(360, 6))
    result = dci(codes, GRID, rng=rng, protocol=protocol, model=model)
    assert result.informativeness < 0.45
    assert result.train_informativeness >= result.informativeness
    if model != "lasso":  # the few accidental weights Lasso keeps can sit anywhere
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


def test_models_belong_to_their_protocol(rng) -> None:
    with pytest.raises(ValueError, match="'lasso' is not of protocol A"):
        dci(GRID.astype(float), GRID, rng=rng, model="lasso")
