"""Arrays to images and back: nothing is turned, mixed up or rescaled on the way."""

import json

import numpy as np
import pytest

from infogan.data.array_layout import ArrangedSource, ArrayLayout

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (5, 8, 8), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


def test_bytes_pass_through_untouched():
    layout = ArrayLayout.learn(BYTES)
    images = layout.to_images(BYTES)
    assert images.shape == (5, 1, 8, 8)
    assert np.array_equal(images[:, 0], BYTES)
    assert np.array_equal(layout.from_images(images), BYTES)


@pytest.mark.parametrize("X", [COLOUR, COLOUR.transpose(0, 3, 1, 2), COLOUR[..., :1]])
def test_channels_may_be_last_or_first(X):
    layout = ArrayLayout.learn(X)
    images = layout.to_images(X)
    assert images.shape == (5, layout.channels, 8, 8)
    assert np.array_equal(images[:, 0], COLOUR[..., 0])
    back = layout.from_images(images)
    assert back.dtype == np.uint8
    assert np.array_equal(back, X)


def test_flat_vectors_are_pictures_of_their_shape():
    flat = COLOUR.reshape(5, -1)
    layout = ArrayLayout.learn(flat, image_shape=(8, 8, 3))
    assert np.array_equal(layout.to_images(flat), COLOUR.transpose(0, 3, 1, 2))
    assert np.array_equal(layout.from_images(layout.to_images(flat)), flat)
    square = BYTES.reshape(5, -1)
    assert np.array_equal(ArrayLayout.learn(square).to_images(square)[:, 0], BYTES)


@pytest.mark.parametrize(
    ("low", "high", "black", "white"),
    [(0.1, 0.9, 0, 1), (-0.5, 1, -1, 1), (0, 250, 0, 255), (0, 4000, 0, 4095)],
)
def test_the_range_is_learned_as_files_have_it(low, high, black, white):
    X = RNG.uniform(low, high, (5, 8, 8))
    X[0, 0, :2] = low, high
    layout = ArrayLayout.learn(X)
    assert (layout.low, layout.high) == (black, white)
    step = (white - black) / 255
    assert np.abs(layout.from_images(layout.to_images(X)) - X).max() <= step / 2 + 1e-9


def test_whole_numbers_to_16_are_scikit_learns_digits():
    X = RNG.integers(0, 17, (5, 64)).astype(float)
    X[0, 0] = 16
    layout = ArrayLayout.learn(X)
    assert (layout.low, layout.high) == (0, 16)
    assert np.abs(layout.from_images(layout.to_images(X)) - X).max() < 0.04


def test_a_range_that_cannot_be_told_is_asked_for():
    with pytest.raises(ValueError, match=r"cannot be told; .*data_range=\(-3, 5\)"):
        ArrayLayout.learn(np.linspace(-3, 5, 128).reshape(2, 8, 8))
    X = np.linspace(-3, 5, 128).reshape(2, 8, 8)
    layout = ArrayLayout.learn(X, data_range=(-3, 5))
    assert np.abs(layout.from_images(layout.to_images(X)) - X).max() < 0.02


@pytest.mark.parametrize(
    ("X", "options"),
    [
        (BYTES, {}),
        (BYTES.reshape(5, -1) / 255, {}),
        (COLOUR.reshape(5, -1), {"image_shape": (8, 8, 3)}),
        (RNG.normal(size=(5, 7)), {}),
        (np.zeros((2, 30, 40, 3), np.uint8), {"size": 16}),
    ],
)
def test_a_layout_can_be_written_as_json(X, options):
    layout = ArrayLayout.learn(X, **options)
    again = ArrayLayout.from_dict(json.loads(json.dumps(layout.as_dict())))
    assert np.array_equal(again.to_images(X), layout.to_images(X))
    drawn = layout.to_images(X)
    assert np.array_equal(again.from_images(drawn), layout.from_images(drawn))
    assert again.from_images(drawn).dtype == layout.from_images(drawn).dtype


@pytest.mark.parametrize(
    "change",
    [{"sample": [9, 9]}, {"grid": "x"}, {"low": "a"}, {"size": 1.5, "grid": [8, 9, 7]}, {"no": 1}],
)
def test_a_damaged_layout_is_refused(change):
    with pytest.raises(ValueError, match=r"not the layout of arrays|channels"):
        ArrayLayout.from_dict(ArrayLayout.learn(BYTES).as_dict() | change)


def test_later_images_are_read_in_the_range_that_was_learned():
    layout = ArrayLayout.learn(BYTES / 255)
    dim = BYTES[:1] / 255 / 100
    assert layout.to_images(dim).max() <= 3  # not stretched to white
    assert layout.to_images(BYTES / 255 + 0.02).max() == 255  # an overshoot is clipped
    with pytest.raises(ValueError, match=r"values from .* to 255, .* from 0 to 1; scale them"):
        layout.to_images(BYTES.astype(float))


def test_a_range_can_be_given():
    layout = ArrayLayout.learn(BYTES / 510, data_range=(0, 2))
    assert layout.to_images(np.ones((1, 8, 8)))[0, 0, 0, 0] == 128


def test_pictures_are_resized_where_asked():
    layout = ArrayLayout.learn(np.zeros((2, 30, 40, 3), np.uint8), size=16)
    assert layout.image_shape == (3, 16, 16)
    images = layout.to_images(np.full((2, 30, 40, 3), 7, np.uint8))
    assert (images == 7).all()
    assert layout.from_images(images).shape == (2, 16, 16, 3)


def test_vectors_that_are_no_pictures_keep_their_own_ranges():
    X = np.array([[0.0, 100, 5], [1, 300, 5], [0.5, 200, 5]])
    with pytest.warns(UserWarning, match="3 columns are no square picture.*61 empty ones .* 8×8"):
        layout = ArrayLayout.learn(X)
    assert not layout.pictures
    images = layout.to_images(X)
    assert images.shape == (3, 1, 8, 8)
    assert images[:, 0, 0, :3].tolist() == [[0, 0, 128], [255, 255, 128], [128, 128, 128]]
    assert (images.reshape(3, 64)[:, 3:] == 0).all()
    assert np.allclose(layout.from_images(images), X, rtol=0, atol=0.5)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((5,), {}, "is no set of images"),
        ((5, 8, 8, 8, 3), {}, "is no set of images"),
        ((5, 8, 8, 4), {}, "needs 1 or 3 channels"),
        ((5, 30, 40), {}, "images are 30x40, but must be square"),
        ((5, 30, 30), {}, "give size=32"),
        ((5, 70), {"image_shape": (8, 8)}, "vectors have 70 features"),
        ((5, 20_000), {}, "at most 16384"),
    ],
)
def test_what_is_no_image_is_refused_with_the_remedy(shape, options, message):
    with pytest.raises(ValueError, match=message):
        ArrayLayout.learn(np.zeros(shape), **options)


def test_an_arranged_array_is_a_source():
    source = ArrangedSource(BYTES / 255, ArrayLayout.learn(BYTES / 255))
    assert (len(source), source.shape) == (5, (1, 8, 8))
    assert np.array_equal(source.batch(np.array([3, 1]))[:, 0], BYTES[[3, 1]])
    with pytest.raises(ValueError, match=r"shape \(8, 9\), but this model was fitted to \(8, 8\)"):
        ArrangedSource(np.zeros((2, 8, 9)), ArrayLayout.learn(BYTES))
