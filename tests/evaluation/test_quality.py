"""Generated images beside real ones, and the floor of real ones beside real ones."""

import dataclasses

import numpy as np
import pytest
from torch import nn
from tqdm import tqdm

from infogan.data.source import ArraySource
from infogan.evaluation.effort import EFFORTS
from infogan.evaluation.images import draw_real, look_at, quality, within_categories
from infogan.metrics.features import feature_extractor

EFFORT = dataclasses.replace(EFFORTS["quick"], images=300, pairwise=200, kid_subsets=5, kid_size=50)
PIXELS = feature_extractor(nn.Flatten(), "pixels")


def discs(n, seed, *, low=20):
    """Grey discs of two sizes, each its category, of various brightness."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, n)
    y, x = np.mgrid[:8, :8] - 3.5
    inside = np.hypot(x, y) < np.array([1.5, 3.5])[kind, None, None]
    light = rng.integers(low, 255, (n, 1, 1))
    noise = rng.integers(0, 20, (n, 8, 8))
    return np.where(inside, light, noise).astype(np.uint8)[:, None], {"kind": kind}


def seen(images, kinds):
    return look_at(PIXELS, [(images, kinds)], EFFORT.pairwise, tqdm(disable=True))


def figures(generated, kinds):
    real, held = seen(*discs(300, 0)), seen(*discs(300, 1))
    shared = {"seed": 0, "note": ""}
    made = seen(generated, kinds)
    found = quality(real, held, made, effort=EFFORT, features=PIXELS.name, **shared)
    found += within_categories(real, held, made, **shared)
    return {each.name: each for each in found}


def test_images_like_the_real_ones_score_like_the_floor():
    found = figures(*discs(300, 2))
    assert set(found) == {"fid", "kid", "precision", "recall", "diversity", "diversity_coverage"}
    for name in ("precision", "recall", "diversity", "diversity_coverage"):
        assert found[name].value == pytest.approx(found[name].floor, abs=0.12), name
        assert found[name].floor > 0.7
    assert found["fid"].value < 2 * found["fid"].floor


def test_noise_is_told_from_images():
    rng = np.random.default_rng(3)
    found = figures(
        rng.integers(0, 256, (300, 1, 8, 8), dtype=np.uint8), {"kind": rng.integers(0, 2, 300)}
    )
    assert found["fid"].value > 20 * found["fid"].floor
    assert found["kid"].value > 20 * abs(found["kid"].floor)
    assert found["precision"].value < 0.05
    assert found["diversity_coverage"].value < 0.05


def test_one_image_a_category_has_no_diversity():
    images, kinds = discs(300, 2)
    firsts = np.array([np.flatnonzero(kinds["kind"] == kind)[0] for kind in (0, 1)])
    found = figures(images[firsts[kinds["kind"]]], kinds)
    assert found["diversity"].value == 0
    assert found["diversity"].floor == pytest.approx(1, abs=0.1)
    assert found["recall"].value < 0.1


def test_a_category_that_lacks_some_is_the_one_named():
    images, kinds = discs(300, 2)
    bright, bright_kinds = discs(300, 2, low=240)
    images[kinds["kind"] == 1] = bright[bright_kinds["kind"] == 1]  # same seed, same kinds
    detail = figures(images, kinds)["diversity"].detail
    assert detail["in_category"] == 1
    assert detail["least"] < 0.3 < 0.8 < detail["categories"]["0"]


def test_figures_name_network_and_sizes():
    found = figures(*discs(300, 2))
    assert PIXELS.name in found["fid"].protocol
    assert "300 real, 300 generated" in found["fid"].protocol
    assert "200 real, 200 generated" in found["precision"].protocol
    assert (found["fid"].n, found["precision"].n) == (300, 200)
    assert all(np.isfinite(each.value) for each in found.values())


def test_large_images_are_shrunk_before_their_pixels_are_compared():
    large = np.kron(discs(3, 0)[0], np.ones((8, 8), np.uint8))
    wide = look_at(PIXELS, [(large, {})], 2, tqdm(disable=True))
    assert wide.pixels.shape == (2, 32 * 32)
    assert wide.pixels.mean() == pytest.approx(large[:2].mean() / 255, abs=1e-4)


def test_data_with_two_splits_gives_one_side_each(tmp_path):
    train, test = discs(50, 0)[0], discs(30, 1)[0]
    np.savez(tmp_path / "a.npz", x_train=train, x_test=test)
    drawn = draw_real(str(tmp_path / "a.npz"), ArraySource("a", test), "test", 100, 0)
    assert sorted(drawn.real_indices) == list(range(30))
    assert len(drawn.held) == 50
    assert len(set(drawn.held_indices)) == 30  # as many on each side
    assert drawn.note == ""


def test_data_with_one_split_is_cut_into_halves(tmp_path):
    images = discs(41, 0)[0]
    np.save(tmp_path / "a.npy", images)
    drawn = draw_real(str(tmp_path / "a.npy"), ArraySource("a", images), "test", 100, 0)
    assert len(drawn.real_indices) == len(drawn.held_indices) == 20
    assert not set(drawn.real_indices) & set(drawn.held_indices)
    assert "one split" in drawn.note
