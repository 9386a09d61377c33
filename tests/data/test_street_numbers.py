import colorsys

import numpy as np
import pytest

from infogan.data.open import open_images
from infogan.data.street_numbers import CONTEXTS, LEVELS, StreetNumbers

DIGIT, DIGIT_HUE, PLATE_HUE, LEVEL, DIRECTION, CONTEXT, SCALE = range(7)
NONE, LEFT, RIGHT, BOTH = range(4)


@pytest.fixture(scope="module")
def numbers():
    return open_images("street-numbers")


def sample(numbers, n, seed=0, **fixed):
    """Factors drawn at random, some of them held."""
    factors = numbers.sample_factors(n, np.random.default_rng(seed))
    for name, value in fixed.items():
        factors[:, numbers.factor_names.index(name)] = value
    return factors


def test_grid_runs_through_every_combination(numbers):
    assert numbers.factor_names == (
        "digit", "digit_hue", "plate_hue", "light_level", "light_direction", "context", "scale",
    )  # fmt: skip
    assert numbers.factor_sizes == (10, 8, 8, 4, 8, 4, 3)
    assert len(numbers) == 245_760
    assert numbers.shape == (3, 32, 32)
    assert numbers.factors(np.array([0, 1, 3, 245_759])).tolist() == [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0],
        [9, 7, 7, 3, 7, 3, 2],
    ]


def strokes_of(images):
    """How far each pixel is from the plate, whose light is a plane through its outer rows.

    Neighbours stand to the sides, so that the rows above and below the digits are plate.
    """
    grey = images.astype(float).mean(axis=1)
    at = np.linspace(-1, 1, 32)
    plane = np.stack([np.ones((32, 32)), *np.meshgrid(at, at)]).reshape(3, -1).T
    edge = np.zeros((32, 32), bool)
    edge[:3], edge[-3:] = True, True
    flat = grey.reshape(len(grey), -1)
    fit, *_ = np.linalg.lstsq(plane[edge.ravel()], flat[:, edge.ravel()].T, rcond=None)
    ink = np.abs(flat - (plane @ fit).T)
    return ink / np.linalg.norm(ink, axis=1, keepdims=True)


def test_digits_are_legible_by_the_nearest_mean(numbers):
    """Of 1,000 digits in every hue, light, context and scale; 10 % by chance."""
    train, test = (sample(numbers, n, seed) for n, seed in ((4000, 0), (1000, 1)))
    ink, others = strokes_of(numbers.render(train)), strokes_of(numbers.render(test))
    means = np.stack([ink[train[:, DIGIT] == digit].mean(axis=0) for digit in range(10)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    assert ((others @ means.T).argmax(axis=1) == test[:, DIGIT]).mean() > 0.6


def test_hues_are_those_of_digit_and_plate(numbers):
    for k in range(8):
        factors = sample(
            numbers, 40, k, digit_hue=k, plate_hue=(k + 3) % 8, context=NONE, light_level=2
        )
        images = numbers.render(factors).astype(float)
        plate = images[:, :, :3].mean(axis=(0, 2, 3))
        ink = strokes_of(numbers.render(factors)).reshape(-1, 32, 32)
        strongest = ink > np.quantile(ink, 0.95, axis=(1, 2), keepdims=True)
        digit = (images * strongest[:, None]).sum(axis=(0, 2, 3)) / strongest.sum()
        for colour, hue in ((plate, (k + 3) % 8), (digit, k)):
            apart = abs(colorsys.rgb_to_hsv(*colour / 255)[0] - hue / 8)
            assert min(apart, 1 - apart) < 0.04


def test_light_has_a_level(numbers):
    factors = sample(numbers, 400, light_level=0)
    means = []
    for level in range(4):
        factors[:, LEVEL] = level
        means.append(numbers.render(factors).mean())
    assert np.array(means) / means[-1] == pytest.approx(LEVELS / LEVELS[-1], abs=0.06)


def test_light_comes_from_its_direction(numbers):
    x = np.linspace(-1, 1, 32)
    for direction in range(8):
        factors = sample(numbers, 200, direction, light_direction=direction, light_level=1)
        mean = numbers.render(factors).mean(axis=(0, 1))
        across, up = (mean * x).sum(), (mean * -x[:, None]).sum()
        angle = np.degrees(np.arctan2(up, across)) - 45 * direction
        assert abs((angle + 180) % 360 - 180) < 10


def test_context_puts_ink_on_the_sides_it_names(numbers):
    assert CONTEXTS == ("none", "left", "right", "both")
    ink = {}
    for context in range(4):
        images = numbers.render(sample(numbers, 300, 5, context=context, light_level=3))
        strokes = strokes_of(images).reshape(-1, 32, 32)
        ink[context] = np.array([strokes[:, 8:24, :3].mean(), strokes[:, 8:24, -3:].mean()])
    assert (ink[BOTH] > 1.5 * ink[NONE]).all()
    assert ink[LEFT][0] > 1.5 * ink[NONE][0]
    assert ink[RIGHT][1] > 1.5 * ink[NONE][1]
    assert ink[LEFT][1] < 1.1 * ink[NONE][1]
    assert ink[RIGHT][0] < 1.1 * ink[NONE][0]


def test_scale_is_the_height_of_the_digit(numbers):
    spread = []
    y = np.arange(32)
    for scale in range(3):
        strokes = strokes_of(numbers.render(sample(numbers, 300, 6, scale=scale, context=NONE)))
        rows = (strokes.reshape(-1, 32, 32) ** 2).sum(axis=(0, 2))
        middle = np.average(y, weights=rows)
        spread.append(np.sqrt(np.average((y - middle) ** 2, weights=rows)))
    assert np.array(spread) / spread[0] == pytest.approx([1, 0.65 / 0.55, 0.75 / 0.55], rel=0.05)


def test_an_image_depends_on_its_number_alone(numbers):
    indices = np.random.default_rng(0).integers(0, len(numbers), 150)
    batch = numbers.batch(indices)
    assert batch.dtype == np.uint8
    assert np.array_equal(batch[[3, 140]], StreetNumbers().batch(indices[[3, 140]]))
    assert np.array_equal(batch, numbers.render(numbers.factors(indices)))


def test_what_the_factors_leave_open_varies(numbers):
    """With the digit alone held, both dark on light and light on dark are there."""
    factors = sample(numbers, 200, digit=0, context=NONE, light_level=3)
    images = numbers.render(factors).astype(float).mean(axis=1)
    hollow = images[:, 14:18, 15:17].mean(axis=(1, 2)) > images[:, 14:18, 8:24].mean(axis=(1, 2))
    assert 0.3 < hollow.mean() < 0.7


@pytest.mark.parametrize("size", [28, 64])
def test_other_sizes_show_the_same_number(size):
    indices = np.random.default_rng(1).integers(0, 245_760, 60)
    images, plain = StreetNumbers(size).batch(indices), StreetNumbers().batch(indices)
    assert images.shape == (60, 3, size, size)
    means = images.mean(axis=(2, 3)), plain.mean(axis=(2, 3))
    assert np.abs(means[0] - means[1]).mean() < 2
