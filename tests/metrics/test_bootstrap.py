"""Bootstrap intervals against the normal theory of a mean."""

import numpy as np
import pytest

from infogan.metrics.bootstrap import bootstrap


@pytest.fixture
def right() -> np.ndarray:
    """900 images of 1,000 right."""
    return np.arange(1000) < 900


def test_interval_of_an_accuracy(right) -> None:
    result = bootstrap(lambda i: right[i].mean(), 1000, np.random.default_rng(0))
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert result.value == pytest.approx(0.9)
    assert result.low == pytest.approx(0.9 - half, abs=0.003)
    assert result.high == pytest.approx(0.9 + half, abs=0.003)
    assert "95% percentile bootstrap, 1,000 resamples of 1,000 images" in result.protocol


def test_level_sets_the_width(right) -> None:
    narrow = bootstrap(lambda i: right[i].mean(), 1000, np.random.default_rng(0), level=0.5)
    assert narrow.high - narrow.low == pytest.approx(2 * 0.674 * np.sqrt(0.09 / 1000), abs=0.003)


def test_the_same_generator_gives_the_same_interval(right) -> None:
    first, second = (
        bootstrap(lambda i: right[i].mean(), 1000, np.random.default_rng(3), resamples=20)
        for _ in range(2)
    )
    assert first == second


def test_a_certain_statistic_has_no_width() -> None:
    result = bootstrap(lambda i: 0.5, 10, np.random.default_rng(0), resamples=5)
    assert (result.low, result.value, result.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("n", "options"), [(1, {}), (9, {"level": 1.0}), (9, {"resamples": 0})], ids=str
)
def test_mistakes_are_named(n, options) -> None:
    with pytest.raises(ValueError, match=f"{n}|resample"):
        bootstrap(lambda i: 0.0, n, np.random.default_rng(0), **options)
