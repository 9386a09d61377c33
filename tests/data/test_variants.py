"""Altered MNIST: what each alteration does, and that it depends on index and seed alone."""

import colorsys

import numpy as np
import pytest

from infogan.data.open import VARIANT_NAMES, open_images, open_labels
from infogan.data.source import ArraySource
from infogan.data.variants import (
    VARIANTS,
    Coloured,
    Cropped,
    Inverted,
    Padded,
    Rotated,
    hue_to_rgb,
    turned,
)


@pytest.fixture
def strokes():
    """Fifty images 28×28: a vertical bar, each of its own grey."""
    images = np.zeros((50, 1, 28, 28), np.uint8)
    images[:, :, 6:22, 13:15] = (100 + 3 * np.arange(50))[:, None, None, None]
    return ArraySource("bars", images)


@pytest.mark.parametrize("variant", VARIANTS.values())
def test_an_image_depends_on_its_index_and_the_seed_alone(strokes, variant):
    source = variant("x", strokes)
    all_at_once = source.batch(np.arange(50))
    assert all_at_once.shape == (50, *source.shape)
    assert all_at_once.dtype == np.uint8
    some = np.array([7, 3, 49, 3])
    assert np.array_equal(source.batch(some), all_at_once[some])
    assert np.array_equal(variant("x", strokes).batch(some), all_at_once[some])
    if variant not in (Inverted, Padded):  # which have nothing to draw
        assert not np.array_equal(variant("x", strokes, seed=1).batch(np.arange(50)), all_at_once)


def test_turning_by_right_angles_is_exact():
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 9, 9)).astype(np.uint8)
    angles = np.array([0, np.pi / 2, np.pi])
    expected = [np.rot90(image, k, axes=(1, 2)) for k, image in enumerate(images)]
    assert np.abs(turned(images, angles).astype(int) - np.stack(expected)).max() <= 1


def test_turning_blends_the_four_nearest_pixels_with_black_beyond_the_edge():
    images = np.random.default_rng(1).integers(0, 256, (4, 1, 7, 7)).astype(np.uint8)
    angles = np.array([-0.7, -0.2, 0.3, 0.75])
    expected = np.zeros(images.shape)
    for i, angle in enumerate(angles):
        for y, x in np.ndindex(7, 7):
            from_x = np.cos(angle) * (x - 3) - np.sin(angle) * (y - 3) + 3
            from_y = np.cos(angle) * (y - 3) + np.sin(angle) * (x - 3) + 3
            for row, column in np.ndindex(7, 7):
                weight = max(0, 1 - abs(row - from_y)) * max(0, 1 - abs(column - from_x))
                expected[i, 0, y, x] += weight * images[i, 0, row, column]
    # Half a grey level of rounding, and what float32 adds.
    assert np.abs(turned(images, angles) - expected).max() < 0.5 + 1e-3


def test_bars_are_turned_up_to_45_degrees_either_way(strokes):
    source = Rotated("x", strokes)
    y, x = np.nonzero(source.batch(np.array([int(source.angles.argmax())]))[0, 0] > 60)
    tilt = np.rad2deg(np.arctan(np.polyfit(y, x, 1)[0]))
    assert tilt == pytest.approx(np.rad2deg(source.angles.max()), abs=4)
    assert -np.pi / 4 <= source.angles.min() < -0.5
    assert 0.5 < source.angles.max() <= np.pi / 4


def test_inversion_and_crops(strokes):
    index = np.array([4])
    original = strokes.batch(index)
    assert np.array_equal(Inverted("x", strokes).batch(index), 255 - original)
    cropped = Cropped("x", strokes)
    top, left = cropped.corners[4]
    window = original[:, :, top : top + 20, left : left + 20]
    assert np.array_equal(cropped.batch(index), window)
    assert cropped.corners.min() >= 2
    assert cropped.corners.max() <= 6


def test_hues_are_those_of_the_colour_circle():
    hues = np.arange(12) / 12
    expected = np.array([colorsys.hsv_to_rgb(hue, 1, 1) for hue in hues])
    assert hue_to_rgb(hues) == pytest.approx(expected, abs=1e-6)


def test_coloured_digits_show_their_factors(strokes):
    source = Coloured("x", strokes)
    factors, images = source.factors(np.arange(50)), source.batch(np.arange(50))
    assert factors.min() == 0
    assert (factors.max(axis=0) == [11, 3]).all()
    for (hue, texture), image in zip(factors, images, strict=True):
        red, green, blue = image[:, 16, 16].astype(float)  # on the bar
        seen = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)[0]
        assert min(abs(seen - hue / 12), 1 - abs(seen - hue / 12)) < 0.02
        ground = image[:, :, :8]  # beside it: grey, of as many shades as its texture has
        assert (ground == ground[:1]).all()
        assert len(np.unique(ground)) == (1 if texture == 0 else 2)


def test_they_open_by_name_with_mnists_labels(mnist_dir, monkeypatch):
    monkeypatch.setenv("INFOGAN_DATA", str(mnist_dir.parent))
    shapes = {"mnist-rotated": (1, 28, 28), "mnist-inverted": (1, 28, 28)}
    shapes |= {"mnist-cropped": (1, 20, 20), "colour-digits": (3, 32, 32)}
    shapes |= {"mnist-padded": (1, 32, 32)}
    for name in VARIANT_NAMES:
        source = open_images(name, split="test")
        assert (source.name, len(source), source.shape) == (name, 10_000, shapes[name])
        assert np.array_equal(open_labels(name), open_labels("mnist"))
    small = open_images("colour-digits", split="test", size=16, channels=1)
    assert small.batch(np.array([0, 5])).shape == (2, 1, 16, 16)
