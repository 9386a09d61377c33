"""Precision and recall where both can be counted."""

import numpy as np
import pytest

from infogan.metrics.precision_recall import precision_recall


@pytest.fixture
def real() -> np.ndarray:
    """Two far groups of 50 images."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) + 100])


def test_the_same_images(real) -> None:
    result = precision_recall(real, real)
    assert (result.value, result.precision, result.recall) == (1, 1, 1)


def test_a_dropped_mode_costs_recall(real) -> None:
    result = precision_recall(real, real[:50])
    assert result.precision == 1
    assert result.recall == 0.5
    assert result.value == pytest.approx(2 / 3)


def test_rubbish_beside_good_images_costs_precision(real) -> None:
    generated = np.concatenate([real, np.linspace(1e4, 1e6, 100)[:, None] * np.ones(2)])
    result = precision_recall(real, generated)
    assert result.precision == 0.5
    assert result.recall == 1


def test_useless(real) -> None:
    result = precision_recall(real, real + 1e4)
    assert (result.value, result.precision, result.recall) == (0, 0, 0)


def test_worked_by_hand_on_a_line() -> None:
    # k = 1. Real 0, 1, 4: radii 1, 1, 3, so balls [−1, 1], [0, 2], [1, 7].
    # Generated −1.5, 6, 8: radii 7.5, 2, 2, so balls [−9, 6], [4, 8], [6, 10].
    real, generated = np.array([[0.0], [1], [4]]), np.array([[-1.5], [6], [8]])
    result = precision_recall(real, generated, neighbours=1)
    assert result.precision == pytest.approx(1 / 3)
    assert result.recall == 1


def test_order_of_images_and_features_does_not_matter(real) -> None:
    generated = real + np.random.default_rng(1).normal(size=real.shape)
    expected = precision_recall(real, generated)
    turned = precision_recall(-real[::-1, ::-1], -generated[:, ::-1])
    assert (turned.precision, turned.recall) == (expected.precision, expected.recall)


def test_too_few_images(real) -> None:
    with pytest.raises(ValueError, match="more than 3 of each"):
        precision_recall(real, real[:3])
