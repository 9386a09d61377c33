"""SAP of codes whose single predictors can be scored by hand."""

from itertools import product

import numpy as np
import pytest

from infogan.metrics.sap import sap

COINS = np.array(list(product(range(2), range(2)))).repeat(300, axis=0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_code(rng) -> None:
    result = sap(COINS.astype(float), COINS, rng=rng)
    # Each coin is read without fault from its code, and guessed (.5) from the other.
    assert np.diag(result.scores) == pytest.approx([1, 1])
    assert result.value == pytest.approx(0.5, abs=0.06)
    assert "800 images, accuracy on 400 others" in result.protocol


def test_noise_and_copies_have_no_gap(rng) -> None:
    assert sap(rng.normal(size=(1200, 5)), COINS, rng=rng).value < 0.05
    copies = np.column_stack([COINS, COINS]).astype(float)
    assert sap(copies, COINS, rng=rng).value == 0
    assert sap(copies, COINS, rng=rng, protocol="B").value == pytest.approx(0)


def test_protocol_b_is_the_gap_in_r_squared(rng) -> None:
    # The sum of two coins shares half its variance with each; a coin none with the other.
    codes = np.column_stack([COINS[:, 0], COINS.sum(axis=1)]).astype(float)
    result = sap(codes, COINS, rng=rng, protocol="B")
    assert result.scores == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))
    assert result.per_factor == pytest.approx([0.5, 0.5])
    assert "in-sample" in result.protocol


def test_discrete_factors_of_protocol_b_take_the_classifier(rng) -> None:
    # An unordered code of three shapes: no straight line, and the linear machine finds two.
    shapes = np.arange(3).repeat(200)
    codes = np.choose(shapes, [1, 0, 2]).astype(float)[:, None]
    factors = np.column_stack([shapes, np.arange(600) % 2])
    line = sap(codes, factors, rng=rng, protocol="B").scores[0, 0]
    classes = sap(codes, factors, rng=rng, protocol="B", discrete=[0]).scores[0, 0]
    assert line == pytest.approx(0.25)
    assert classes == pytest.approx(2 / 3)


def test_an_unknown_discrete_column_is_refused(rng) -> None:
    with pytest.raises(ValueError, match="2 factors"):
        sap(COINS.astype(float), COINS, rng=rng, protocol="B", discrete=[2])


@pytest.mark.parametrize("protocol", ["A", "B"])
def test_order_and_sign_of_codes_do_not_matter(protocol) -> None:
    codes = COINS + np.random.default_rng(0).normal(size=COINS.shape)
    scores = [
        sap(z, COINS, rng=np.random.default_rng(1), protocol=protocol).value
        for z in (codes, -codes[:, ::-1])
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)


def test_dead_codes_do_no_harm(rng) -> None:
    codes = np.column_stack([COINS[:, 0], np.zeros(len(COINS))])
    assert sap(codes, COINS, rng=rng, protocol="B").per_factor == pytest.approx([1, 0])
