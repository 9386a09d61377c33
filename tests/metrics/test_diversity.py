"""Diversity within codes against spreads and balls counted by hand."""

import numpy as np
import pytest

from infogan.metrics.diversity import diversity


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_as_varied_as_the_real_images(rng) -> None:
    real, codes = rng.normal(size=(200, 3)), np.repeat([0, 1], 100)
    result = diversity(real, codes, real, codes)
    assert result.value == pytest.approx(1)
    assert result.coverage == {0: 1.0, 1: 1.0}


def test_one_image_per_code_is_a_collapse(rng) -> None:
    real, codes = rng.normal(size=(200, 3)), np.repeat([0, 1], 100)
    generated = np.repeat(real[[0, 100]], 100, axis=0)
    result = diversity(real, codes, generated, codes)
    assert result.spread == pytest.approx({0: 0, 1: 0})
    assert max(result.coverage.values()) < 0.2


def test_half_the_spread_of_one_code(rng) -> None:
    real, codes = rng.normal(size=(200, 3)), np.repeat([0, 1], 100)
    generated = np.concatenate([real[:100] / 2, real[100:]])
    result = diversity(real, codes, generated, codes)
    assert result.spread == pytest.approx({0: 0.5, 1: 1})
    assert result.value == pytest.approx(0.75)


def test_codes_are_compared_with_their_own_images_only(rng) -> None:
    # Each code generates what the other holds: as wide, and it covers nothing.
    real = np.concatenate([rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + 100])
    codes = np.repeat([0, 1], 100)
    result = diversity(real, codes, real, codes[::-1].copy())
    assert result.coverage == {0: 0.0, 1: 0.0}


def test_coverage_worked_by_hand_on_a_line() -> None:
    # k = 1: balls [−1, 1], [0, 2], [7, 13], [7, 13]; 0.5 is in the first two.
    real, generated = np.array([[0.0], [1], [10], [13]]), np.array([[0.5], [0.5]])
    zeros = np.zeros(4, dtype=int)
    result = diversity(real, zeros, generated, zeros[:2], neighbours=1)
    assert result.coverage == {0: 0.5}


def test_codes_without_images_are_listed(rng) -> None:
    real, codes = rng.normal(size=(60, 2)), np.repeat([0, 1], 30)
    result = diversity(real, codes, real[:30], codes[:30])
    assert result.missing == (1,)
    assert list(result.spread) == [0]


def test_nothing_to_compare(rng) -> None:
    real, codes = rng.normal(size=(20, 2)), np.zeros(20, dtype=int)
    with pytest.raises(ValueError, match="no code has more than 5"):
        diversity(real, codes, real, codes + 1)
