"""InfoMEC of codes whose information about each factor can be worked out."""

from itertools import product

import numpy as np
import pytest

from infogan.metrics.infomec import infomec

GRID = np.array(list(product(range(4), range(4)))).repeat(50, axis=0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_code(rng) -> None:
    result = infomec(GRID.astype(float), GRID, rng=rng)
    assert result.value == result.modularity > 0.97
    assert result.compactness > 0.97
    assert result.explicitness > 0.97
    assert np.diag(result.nmi) == pytest.approx([1, 1], abs=0.02)


def test_noise_is_not_explicit(rng) -> None:
    result = infomec(rng.normal(size=(800, 4)), GRID, rng=rng)
    assert result.explicitness < 0.05
    assert result.nmi.max() < 0.1


def test_copies_cost_compactness_only(rng) -> None:
    # Each factor sits in two of four codes: (½ − ¼) / (1 − ¼).
    result = infomec(np.hstack([GRID, GRID]).astype(float), GRID, rng=rng)
    assert result.compactness == pytest.approx(1 / 3, abs=0.02)
    assert result.modularity > 0.97


def test_one_code_of_two_factors_costs_modularity_only(rng) -> None:
    # The first code names both coins at once: half its information is about each.
    coins = GRID // 2
    both = 2.0 * coins[:, 0] + coins[:, 1]
    result = infomec(np.column_stack([both, rng.normal(size=800)]), coins, rng=rng)
    assert result.nmi[0] == pytest.approx([1, 1], abs=0.02)
    assert result.compactness > 0.9
    alone = infomec(both[:, None], coins, rng=rng)
    assert alone.modularity == pytest.approx(0, abs=0.02)
    assert alone.compactness == 0


def test_a_code_right_nine_times_in_ten(rng) -> None:
    # Fitted probabilities are .9 and .1, so one less their entropy over one bit is readable.
    coin = np.arange(1000) % 2
    heard = np.where(np.arange(1000) // 2 % 10 == 0, 1 - coin, coin).astype(float)
    factors = np.column_stack([coin, np.arange(1000) // 20 % 2])
    result = infomec(np.column_stack([heard, factors[:, 1]]), factors, rng=rng)
    first = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)
    assert result.explicitness == pytest.approx((first + 1) / 2, abs=0.01)


def test_narrow_codes_are_pruned(rng) -> None:
    narrow = rng.uniform(0, 3 / 25, 800)
    result = infomec(np.column_stack([GRID, narrow]), GRID, rng=rng)
    assert result.active.tolist() == [True, True, False]
    assert "2 of 3 codes active" in result.protocol


def test_order_and_sign_of_codes_do_not_matter() -> None:
    codes = GRID + np.random.default_rng(1).normal(size=GRID.shape)
    ours, theirs = (
        infomec(z, GRID, rng=np.random.default_rng(2)) for z in (codes, -codes[:, ::-1])
    )
    assert ours.modularity == pytest.approx(theirs.modularity, abs=1e-6)
    assert ours.compactness == pytest.approx(theirs.compactness, abs=1e-6)
    assert ours.explicitness == pytest.approx(theirs.explicitness, abs=1e-3)
