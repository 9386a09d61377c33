import colorsys

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from infogan.data.open import open_images
from infogan.data.scenes import Scenes

CUBE, CYLINDER, SPHERE, CAPSULE = range(4)


@pytest.fixture(scope="module")
def scenes():
    return open_images("scenes")


def hue(pixel):
    return colorsys.rgb_to_hsv(*(pixel / 255))[0]


def object_mask(source, scale, shape, orientation):
    """Where the picture changes with nothing but the hue of the object."""
    pair = source.render(np.array([[0, 3, h, scale, shape, orientation] for h in (5, 7)]))
    return (pair[0] != pair[1]).any(axis=0)


def test_grid_is_that_of_3d_shapes(scenes):
    assert scenes.shape == (3, 64, 64)
    assert len(scenes) == 480_000
    assert dict(zip(scenes.factor_names, scenes.factor_sizes, strict=True)) == {
        "floor_hue": 10,
        "wall_hue": 10,
        "object_hue": 10,
        "scale": 8,
        "shape": 4,
        "orientation": 15,
    }
    assert scenes.factors(np.array([479_999])).tolist() == [[9, 9, 9, 7, 3, 14]]


def test_each_hue_colours_its_own_surface(scenes):
    for h in range(10):
        factors = [(h + 0) % 10, (h + 3) % 10, (h + 6) % 10, 4, SPHERE, 7]
        image = scenes.render(np.array([factors]))[0]
        points = {"floor": (60, 4), "wall": (18, 6), "object": (36, 32)}
        for k, (row, column) in enumerate(points.values()):
            apart = abs(hue(image[:, row, column]) - factors[k] / 10)
            assert min(apart, 1 - apart) < 0.02


def test_objects_grow_with_scale_and_stand_in_the_middle(scenes):
    for shape in range(4):
        masks = [object_mask(scenes, scale, shape, 7) for scale in range(8)]
        areas = np.array([mask.sum() for mask in masks])
        assert (np.diff(areas) > 0).all()
        assert areas[0] > 100
        assert 2 < areas[-1] / areas[0] < 4  # (1.25 / 0.75)² = 2.8, and nearer at the top
        for mask in masks:
            assert np.nonzero(mask)[1].mean() == pytest.approx(31.5, abs=1)
            assert not mask[0].any()


def test_every_orientation_and_shape_can_be_told_from_the_picture(scenes):
    factors = np.array([[1, 4, 7, 4, s, o] for s in range(4) for o in range(15)])
    images = scenes.render(factors).reshape(60, -1)
    assert pdist(images).min() / np.sqrt(images.shape[1]) > 2


def test_corner_of_the_room_moves_across_with_orientation(scenes):
    """The two walls differ in brightness; their border moves to one side all the way."""
    images = scenes.render(np.array([[1, 4, 7, 0, CAPSULE, o] for o in range(15)]))
    row = images[:, :, 14].astype(float).sum(axis=1)
    border = np.abs(np.diff(row, axis=1)).argmax(axis=1)
    assert (np.diff(border) < 0).all() or (np.diff(border) > 0).all()
    assert border[7] == pytest.approx(31, abs=1)


def test_objects_are_shaded_and_cast_a_shadow(scenes):
    factors = np.array([[0, 3, 6, 7, SPHERE, 7]])
    image = scenes.render(factors)[0].astype(float).sum(axis=0)
    mask = object_mask(scenes, 7, SPHERE, 7)
    assert image[mask].max() > 2 * image[mask].min()
    below = image[60:, 4].mean()
    floor = ~mask & (np.arange(64)[:, None] > 40)
    assert image[floor].min() < 0.8 * below


def test_an_image_does_not_depend_on_what_was_rendered_before(scenes):
    indices = np.array([123_456, 7, 400_000])
    first = Scenes().batch(indices)
    again = Scenes()
    again.batch(indices[::-1])
    assert np.array_equal(first, again.batch(indices))
    assert np.array_equal(first, scenes.batch(indices))


def test_other_sizes_show_the_same_scene(scenes):
    indices = np.array([123_456, 7, 400_000])
    small = Scenes(32).batch(indices).astype(float)
    halved = scenes.batch(indices).reshape(3, 3, 32, 2, 32, 2).mean(axis=(3, 5))
    assert np.abs(small - halved).mean() < 3
