"""The floor: real training images in the generator's place."""

from functools import partial

import numpy as np
import pytest

from infogan.metrics.fid import fid
from infogan.metrics.floor import floor
from infogan.metrics.kid import kid


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_puts_as_many_training_images_against_all_test_images(rng) -> None:
    train, test = rng.normal(size=(500, 3)), rng.normal(size=(400, 3))
    result = floor(fid, train, test, images=200, rng=rng)
    assert "400 real, 200 generated" in result.protocol
    everything = floor(fid, train, test, images=500, rng=rng)
    assert everything.value == pytest.approx(fid(test, train).value)


def test_fewer_images_have_a_higher_floor(rng) -> None:
    train, test = rng.normal(size=(2000, 8)), rng.normal(size=(2000, 8))
    few, many = (floor(fid, train, test, images=n, rng=rng).value for n in (50, 2000))
    assert few > 5 * many > 0


def test_metrics_with_arguments_are_bound_first(rng) -> None:
    train, test = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    metric = partial(kid, rng=rng, subsets=5, features="pixels")
    assert "pixels" in floor(metric, train, test, images=100, rng=rng).protocol


def test_more_images_than_there_are(rng) -> None:
    x = rng.normal(size=(10, 2))
    with pytest.raises(ValueError, match="10 training images"):
        floor(fid, x, x, images=11, rng=rng)
