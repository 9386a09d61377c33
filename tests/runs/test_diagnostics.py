"""A look at a model beside real images, each number against a case where it is known."""

import numpy as np
import pytest

from infogan.losses.consistency import Augmentation
from infogan.runs.diagnostics import look_at, overlaps, relative_spread
from infogan.storage.model_folder import load_model


def test_overlap_is_of_the_images_two_categories_share():
    sure = np.eye(3)[np.arange(30) % 3]
    assert overlaps(sure) == {}
    shared = sure.copy()
    shared[shared[:, 1] == 1] = [0, 0.5, 0.5]
    shared[sure[:, 2] == 1] = [0, 0.5, 0.5]
    assert overlaps(shared) == {"1-2": 1.0}
    # Columns (10 × 1, 10 × .6) and (10 × .4, …): the cosine by hand.
    half = np.array([[1.0, 0.0]] * 10 + [[0.6, 0.4]] * 10)
    assert overlaps(half)["0-1"] == pytest.approx(0.6 / np.sqrt(1.36), abs=1e-4)


def test_spread_is_relative_to_real_images_of_the_same_category():
    rng = np.random.default_rng(0)
    category = np.arange(400) % 2
    real = (rng.normal(120, 20, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    same = (rng.normal(120, 20, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    half = (rng.normal(120, 10, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    still = np.full((400, 1, 4, 4), 9, np.uint8)
    assert relative_spread(real, category, same, category) == pytest.approx(1, abs=0.05)
    assert relative_spread(real, category, half, category) == pytest.approx(0.5, abs=0.05)
    assert relative_spread(real, category, still, category) == 0
    # Real images that are all alike set no measure.
    assert relative_spread(still, category, real, category) == 1.0
    # Too few of a category: all count as one.
    assert relative_spread(real, category, same[:6], category[:6]) > 0.5


def test_a_look_is_plain_and_repeatable(tiny_run, tiny_images):
    model = load_model(tiny_run)
    seen = look_at(model, tiny_images, Augmentation())
    assert seen == look_at(model, tiny_images, Augmentation())
    assert sum(seen.usage["kind"]) == pytest.approx(1, abs=1e-3)
    assert seen.prior["kind"] == pytest.approx([1 / 3] * 3, abs=1e-4)
    assert set(seen.usage) == set(seen.sure) == set(seen.restless) == {"kind"}
    assert 1 / 3 <= seen.sure["kind"] <= 1
    assert 0 < seen.noise < 1
    assert seen.as_dict()["spread"] == seen.spread
    still = look_at(model, tiny_images, Augmentation(0.0, 0.0, 0.0, 0.0))
    assert still.restless["kind"] <= seen.restless["kind"]
    assert still.restless["kind"] < 0.1  # what rounding to bytes changes
