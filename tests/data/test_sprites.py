from itertools import product

import numpy as np
import pytest

from infogan.data.open import open_images
from infogan.data.sprites import Sprites

SQUARE, ELLIPSE, HEART = range(3)


def moments(image):
    """Area in pixels, centre x and y, and the angle of the long axis."""
    y, x = np.nonzero(image)
    covariance = np.cov(x, y)
    angle = 0.5 * np.arctan2(2 * covariance[0, 1], covariance[0, 0] - covariance[1, 1])
    return len(x), x.mean() + 0.5, y.mean() + 0.5, angle


def test_grid_is_dsprites_in_its_order():
    source = open_images("sprites")
    assert source.factor_names == ("shape", "scale", "orientation", "x", "y")
    assert source.factor_sizes == (3, 6, 40, 32, 32)
    assert len(source) == 737_280
    assert source.shape == (1, 64, 64)
    indices = np.array([0, 1, 32, 1024, 40_960, 245_760, 737_279])
    assert source.factors(indices).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0],
        [0, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [2, 5, 39, 31, 31],
    ]
    assert np.array_equal(source.batch(indices), source.render(source.factors(indices)))


def test_images_are_binary_and_stay_inside():
    corners = np.array(list(product(range(3), [5], range(40), [0, 31], [0, 31])))
    images = Sprites().render(corners)[:, 0]
    assert set(np.unique(images)) == {0, 255}
    border = np.ones((64, 64), bool)
    border[1:-1, 1:-1] = False
    assert not images[:, border].any()


@pytest.mark.parametrize("shape", range(3))
def test_scale_runs_from_a_half_to_one(shape):
    """The side is the root of the area, averaged over where the pixels' grid falls."""
    factors = [[shape, k, 0, x, 7 * x % 32] for k in range(6) for x in range(32)]
    areas = Sprites().render(np.array(factors)).reshape(6, 32, -1).astype(bool).sum(axis=2)
    sides = np.sqrt(areas.mean(axis=1))
    assert np.allclose(sides / sides[-1], np.linspace(0.5, 1, 6), atol=0.015)


def test_position_moves_the_centre_over_the_middle_half():
    steps = np.linspace(16, 48, 32)
    for i in (0, 7, 31):
        images = Sprites().render(np.array([[ELLIPSE, 5, 0, i, 12], [ELLIPSE, 5, 0, 12, i]]))[:, 0]
        assert moments(images[0])[1] == pytest.approx(steps[i], abs=0.5)
        assert moments(images[0])[2] == pytest.approx(steps[12], abs=0.5)
        assert moments(images[1])[2] == pytest.approx(steps[i], abs=0.5)


def test_orientation_turns_the_ellipse_once_around():
    factors = np.array([[ELLIPSE, 5, turn, 15, 15] for turn in range(40)])
    angles = [moments(image)[3] for image in Sprites().render(factors)[:, 0]]
    error = (np.array(angles) - np.linspace(0, 2 * np.pi, 40) + np.pi / 2) % np.pi - np.pi / 2
    assert np.abs(error).max() < np.radians(3)


def test_square_has_its_known_pixels():
    image = Sprites().render(np.array([[SQUARE, 5, 0, 0, 0]]))[0, 0]
    expected = np.zeros((64, 64))
    expected[7:25, 7:25] = 255  # centre 16, half a side 9
    assert np.array_equal(image, expected)


def test_heart_is_upright_with_a_cleft():
    image = Sprites(128).render(np.array([[HEART, 5, 0, 15, 15]]))[0, 0] > 0
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    middle = (columns[0] + columns[-1]) // 2
    cropped = image[:, columns[0] : columns[-1] + 1]
    assert (cropped != cropped[:, ::-1]).sum() < 0.03 * image.sum()
    assert not image[rows[0] : rows[0] + 4, middle].any()
    assert image[rows[-1], middle]
    assert image[rows[0] + 8].sum() > 2 * image[rows[-1] - 8].sum()


@pytest.mark.parametrize("size", [28, 32])
def test_small_images_tell_all_positions_apart_and_match_the_large_ones(size):
    factors = np.array([[SQUARE, 0, 3, x, 9] for x in range(32)])
    images = Sprites(size).render(factors)
    assert len(np.unique(images.reshape(32, -1), axis=0)) == 32
    share = images.mean(axis=(1, 2, 3)) / Sprites().render(factors).mean(axis=(1, 2, 3))
    assert np.allclose(share, 1, atol=0.08)


def test_sampled_factors_are_uniform_and_depend_on_the_generator_alone():
    source = Sprites()
    factors = source.sample_factors(30_000, np.random.default_rng(3))
    assert np.array_equal(factors, source.sample_factors(30_000, np.random.default_rng(3)))
    for column, size in zip(factors.T, source.factor_sizes, strict=True):
        counts = np.bincount(column, minlength=size)
        assert len(counts) == size
        assert np.abs(counts - 30_000 / size).max() < 5 * np.sqrt(30_000 / size)
    assert np.abs(np.corrcoef(factors.T) - np.eye(5)).max() < 0.03


@pytest.mark.parametrize("factors", [[3, 0, 0, 0, 0], [0, 0, -1, 0, 0]])
def test_factors_that_do_not_exist_are_refused(factors):
    with pytest.raises(ValueError, match="start at 0 and stay below shape 3, scale 6"):
        Sprites().render(np.array([factors]))


def test_an_image_does_not_depend_on_its_batch():
    source = Sprites()
    indices = np.random.default_rng(0).integers(0, len(source), 150)
    batch = source.batch(indices)
    assert np.array_equal(batch[[3, 140]], source.batch(indices[[3, 140]]))
    assert source.batch(indices[:0]).shape == (0, 1, 64, 64)
