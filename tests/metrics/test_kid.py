"""KID against the double sum of its definition."""

import numpy as np
import pytest

from infogan.metrics.kid import kid


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_is_the_double_sum_over_distinct_pairs(rng) -> None:
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 3)) + 1

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (a @ b / 3 + 1) ** 3

    apart = [(i, j) for i in range(7) for j in range(7) if i != j]
    expected = (
        sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in apart) / 42
        - 2 * sum(kernel(a, b) for a in x for b in y) / 49
    )
    result = kid(x, y, rng=rng, subsets=3)
    assert result.value == pytest.approx(expected)
    assert result.std == pytest.approx(0, abs=1e-12)


def test_is_unbiased_where_both_sides_are_equal(rng) -> None:
    x, y = rng.normal(size=(4000, 4)), rng.normal(size=(4000, 4))
    small = kid(x, y, rng=rng, size=50)
    assert abs(small.value) < 0.02
    assert small.std > abs(small.value)
    assert kid(x, y + 1, rng=rng, size=50).value > 0.5


def test_subsets_are_capped_by_the_smaller_side(rng) -> None:
    protocol = kid(rng.normal(size=(60, 2)), rng.normal(size=(40, 2)), rng=rng).protocol
    assert "100 subsets of 40 from 60 real, 40 generated" in protocol


def test_features_in_another_order_do_not_matter(rng) -> None:
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 4)) + 1
    expected = kid(x, y, rng=rng, subsets=1).value
    turned = kid(-x[:, ::-1], -y[:, ::-1], rng=rng, subsets=1).value
    assert turned == pytest.approx(expected)


def test_one_image_is_too_few(rng) -> None:
    with pytest.raises(ValueError, match="at least two"):
        kid(rng.normal(size=(1, 2)), rng.normal(size=(9, 2)), rng=rng)
