import numpy as np
import pytest

from infogan.data import resize, source
from infogan.data.open import RENDERED, open_images

ALL = np.arange(3)


def test_crop_takes_the_central_square():
    images = np.zeros((3, 8, 16), np.uint8)
    images[:, :, 4:12] = 200
    assert (open_images(images, size=8).batch(ALL) == 200).all()


def test_resizing_keeps_flat_areas_and_the_mean():
    images = np.zeros((3, 64, 64), np.uint8)
    images[:, :, 32:] = 255
    small = open_images(images, size=16).batch(ALL)
    assert small.shape == (3, 1, 16, 16)
    assert (small[..., :6] == 0).all()
    assert (small[..., 10:] == 255).all()
    assert small.mean() == pytest.approx(127.5, abs=1)


def test_grey_of_colour_is_luma_and_colour_of_grey_repeats_it():
    colour = np.zeros((3, 3, 8, 8), np.uint8)
    colour[0, 0], colour[1, 1], colour[2, 2] = 255, 255, 255
    grey = open_images(colour, channels=1)
    assert grey.shape == (1, 8, 8)
    assert grey.batch(ALL)[:, 0, 0, 0].tolist() == [76, 150, 29]
    again = open_images(grey.batch(ALL), channels=3)
    assert again.shape == (3, 8, 8)
    assert (again.batch(ALL) == grey.batch(ALL)).all()


@pytest.mark.parametrize("size", [0, -4, 4, 30, 132])
def test_sizes_no_network_takes_are_refused_before_anything_is_read(size):
    with pytest.raises(ValueError, match="multiple of 4 from 8 to 128"):
        resize.check_fit(size, None)


def test_channels_are_one_or_three():
    with pytest.raises(ValueError, match="channels 4"):
        open_images(np.zeros((3, 8, 8)), channels=4)


@pytest.mark.parametrize("name", RENDERED)
def test_factor_sources_keep_their_factors_at_another_size_and_colour(name):
    plain = open_images(name, size=32)
    other = 4 - plain.shape[0]
    fitted = open_images(name, size=32, channels=other)
    assert fitted.shape == (other, 32, 32)
    assert fitted.factor_sizes == plain.factor_sizes
    assert fitted.factor_names == plain.factor_names
    assert len(fitted) == len(plain)
    indices = np.array([0, 1234, len(plain) - 1])
    expected = resize.with_channels(plain.batch(indices), other)
    assert np.array_equal(fitted.batch(indices), expected)
    assert np.array_equal(fitted.factors(indices), plain.factors(indices))


def test_many_images_go_to_a_file_instead_of_memory(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16), dtype=np.uint8)
    in_memory = open_images(images, size=8)
    monkeypatch.setattr(source, "IN_MEMORY_BYTES", 100)
    on_disk = open_images(images, size=8)
    assert isinstance(on_disk.images, np.memmap)
    assert np.array_equal(on_disk.batch(ALL), in_memory.batch(ALL))
    assert type(on_disk.batch(ALL)) is np.ndarray
