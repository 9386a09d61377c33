from itertools import product

import numpy as np
import pytest

from infogan.data.open import open_images
from infogan.data.strokes import HEIGHTS, SLANTS, THICKNESSES, WIDTHS, Strokes

ZERO, ONE = 0, 1
MIDDLE = [0, 5, 3, 4, 2]
GLYPH, SLANT, THICKNESS, WIDTH, HEIGHT = range(5)


def vary(factor, *, glyph, **fixed):
    """One image for each value of a factor, the others in the middle."""
    source = Strokes()
    factors = np.tile(MIDDLE, (source.factor_sizes[factor], 1))
    factors[:, GLYPH] = glyph
    for name, value in fixed.items():
        factors[:, source.factor_names.index(name)] = value
    factors[:, factor] = np.arange(len(factors))
    return source.render(factors)[:, 0] / 255


def test_grid_runs_through_every_combination():
    source = open_images("strokes")
    assert source.factor_names == ("glyph", "slant", "thickness", "width", "height")
    assert source.factor_sizes == (10, 11, 7, 9, 5)
    assert len(source) == 34_650
    assert source.shape == (1, 28, 28)
    indices = np.array([0, 1, 5, 45, 315, 3465, 34_649])
    assert source.factors(indices).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0],
        [0, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [9, 10, 6, 8, 4],
    ]
    images = source.batch(indices)
    assert images.dtype == np.uint8
    assert np.array_equal(images, source.render(source.factors(indices)))


def test_strokes_are_white_smooth_and_inside_the_image():
    extremes = product(range(10), [0, 10], [0, 6], [0, 8], [0, 4])
    images = Strokes().render(np.array(list(extremes)))[:, 0]
    assert images[:, [0, -1], :].max() == 0
    assert images[:, :, [0, -1]].max() == 0
    assert (images.max(axis=(1, 2)) > 200).all()
    assert ((images > 0) & (images < 255)).any(axis=(1, 2)).all()


def test_glyphs_differ_and_each_factor_changes_each_of_them():
    source = Strokes()
    for factor, size in enumerate(source.factor_sizes):
        for glyph in range(10):
            images = vary(factor, glyph=glyph)
            assert len(np.unique(images.reshape(size, -1), axis=0)) == size


def test_slant_is_the_angle_of_the_stem_of_a_one():
    images = vary(SLANT, glyph=ONE)
    upper, lower = images[:, 13], images[:, 19]  # below the flag, above the base
    x = np.arange(28)
    lean = upper @ x / upper.sum(axis=1) - lower @ x / lower.sum(axis=1)
    assert np.degrees(np.arctan(lean / 6)) == pytest.approx(SLANTS, abs=1)
    assert SLANTS[[0, -1]].tolist() == [-25, 25]


def test_thickness_is_the_ink_across_the_stem_of_an_upright_one():
    images = vary(THICKNESS, glyph=ONE)
    assert images[:, 14].sum(axis=1) == pytest.approx(THICKNESSES * 28, abs=0.1)
    assert THICKNESSES[-1] > 3 * THICKNESSES[0]


@pytest.mark.parametrize(("factor", "lengths", "axis"), [(WIDTH, WIDTHS, 1), (HEIGHT, HEIGHTS, 2)])
def test_width_and_height_are_the_pens_path(factor, lengths, axis):
    images = vary(factor, glyph=ZERO)
    reached = (images.max(axis=axis)).sum(axis=1)  # each end counts its share of a pixel
    assert reached == pytest.approx(lengths * 28 + THICKNESSES[3] * 28, abs=0.5)


def test_a_larger_picture_is_the_same_picture():
    factors = Strokes().sample_factors(50, np.random.default_rng(0))
    small, large = Strokes(28).render(factors)[:, 0], Strokes(56).render(factors)[:, 0]
    halved = large.reshape(50, 28, 2, 28, 2).mean(axis=(2, 4))
    assert np.abs(halved - small).mean() < 3
    assert open_images("strokes", size=40).shape == (1, 40, 40)


def test_factors_are_drawn_evenly_from_the_generator_given():
    source = Strokes()
    factors = source.sample_factors(5_500, np.random.default_rng(1))
    assert np.array_equal(factors, source.sample_factors(5_500, np.random.default_rng(1)))
    for column, size in zip(factors.T, source.factor_sizes, strict=True):
        counts = np.bincount(column, minlength=size)
        assert len(counts) == size
        assert counts.min() > 0.75 * 5_500 / size


def test_what_does_not_exist_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"size is 4; use at least 8 pixels"):
        Strokes(4)
    with pytest.raises(ValueError, match=r"strokes: .*glyph 10"):
        Strokes().render(np.array([[10, 0, 0, 0, 0]]))
