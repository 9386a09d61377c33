"""Use of categories worked out by hand."""

import numpy as np
import pytest

from infogan.metrics.coverage import coverage


def test_even_use() -> None:
    result = coverage(np.arange(100) % 10, 10)
    assert result.value == pytest.approx(1)
    assert result.effective == pytest.approx(10)
    assert result.dead == ()


def test_one_category_is_a_collapse() -> None:
    result = coverage(np.full(50, 2), 4)
    assert (result.value, result.entropy) == (0, 0)
    assert result.effective == 1
    assert result.dead == (0, 1, 3)


def test_half_a_quarter_and_a_quarter() -> None:
    result = coverage(np.array([0, 0, 1, 2] * 10), 4)
    assert result.usage == pytest.approx([0.5, 0.25, 0.25, 0])
    assert result.entropy == pytest.approx(1.5 * np.log(2))
    assert result.value == pytest.approx(0.75)
    assert result.dead == (3,)
    assert "4 categories by 40 real images" in result.protocol


def test_barely_used_is_dead_and_rarely_used_is_not() -> None:
    # An even share of ten categories is 100 of 1,000; a tenth of it is 10.
    clusters = np.concatenate([np.full(9, 8), np.full(10, 9), np.arange(981) % 8])
    assert coverage(clusters, 10).dead == (8,)


def test_names_of_categories_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    clusters = np.minimum(rng.integers(0, 6, 300), rng.integers(0, 6, 300))
    renamed = rng.permutation(6)[clusters]
    assert coverage(renamed, 6).value == pytest.approx(coverage(clusters, 6).value)


@pytest.mark.parametrize(
    ("clusters", "categories", "message"),
    [([0, 4], 4, "0 to 4"), ([], 4, "no images"), ([0], 1, "at least two")],
)
def test_mistakes_are_named(clusters, categories, message) -> None:
    with pytest.raises(ValueError, match=message):
        coverage(np.array(clusters, dtype=int), categories)
