from itertools import product

import h5py
import numpy as np
import pytest

from infogan.data.open import open_images, open_labels

SIZES = (1, 3, 2, 4, 2, 2)
CLASSES = np.array(list(product(*map(range, SIZES))))
IMAGES = np.random.default_rng(0).integers(0, 2, (len(CLASSES), 12, 12), dtype=np.uint8)


def write(path, **changes):
    """A small file with the arrays of the official one, pickled metadata included."""
    arrays = {
        "metadata": np.array({"title": "dSprites"}, dtype=object),
        "imgs": IMAGES,
        "latents_classes": CLASSES,
        "latents_values": CLASSES.astype(float),
    }
    np.savez_compressed(path, **(arrays | changes))
    return path


def test_official_layout_gives_images_and_factors(tmp_path):
    path = write(tmp_path / "dsprites.npz")
    source = open_images(path)
    assert source.name == str(path)
    assert source.shape == (1, 12, 12)
    assert source.factor_names == ("shape", "scale", "orientation", "x", "y")
    assert source.factor_sizes == SIZES[1:]
    indices = np.array([0, 95, 17, 17])
    assert np.array_equal(source.batch(indices)[:, 0], IMAGES[indices] * 255)
    assert np.array_equal(source.factors(indices), CLASSES[indices, 1:])
    assert np.array_equal(source.render(CLASSES[indices, 1:]), source.batch(indices))
    assert open_labels(path) is None


def test_the_hdf5_form_gives_the_same(tmp_path):
    path = tmp_path / "dsprites.hdf5"
    with h5py.File(path, "w") as file:
        file["imgs"] = IMAGES
        file["latents/classes"] = CLASSES
        file["latents/values"] = CLASSES.astype(float)
    source = open_images(path)
    assert source.factor_sizes == SIZES[1:]
    assert np.array_equal(source.batch(np.arange(96))[:, 0], IMAGES * 255)
    with h5py.File(path, "a") as file:
        del file["latents/classes"]
    with pytest.raises(ValueError, match="not a readable dSprites file"):
        open_images(path)


def test_size_and_channels_apply(tmp_path):
    source = open_images(write(tmp_path / "dsprites.npz"), size=24, channels=3)
    assert source.shape == (3, 24, 24)
    assert source.batch(np.array([1])).shape == (1, 3, 24, 24)
    assert source.factor_sizes == SIZES[1:]


def test_reading_in_several_pieces_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("infogan.data.npz.PART_BYTES", 7 * 144)
    source = open_images(write(tmp_path / "dsprites.npz"))
    assert np.array_equal(source.batch(np.arange(96))[:, 0], IMAGES * 255)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latents_classes": CLASSES[::-1]}, "not the complete grid"),
        ({"latents_classes": CLASSES // 2}, "not the complete grid"),
        ({"latents_classes": CLASSES[:-1]}, "is int64 of shape .95, 6., expected whole numbers"),
        ({"latents_classes": CLASSES[:, 0]}, "latents_classes is int64 of shape .96,."),
        ({"latents_classes": CLASSES * 1.0}, "latents_classes is float64"),
        ({"latents_classes": CLASSES - 1}, "not the complete grid"),
        ({"latents_classes": CLASSES + 2**60}, "not the complete grid"),
        ({"imgs": IMAGES[:-1]}, "latents_classes is int64"),
        ({"imgs": IMAGES[:0]}, "there are no images in it"),
        ({"imgs": IMAGES.astype(float)}, "imgs is float64"),
        ({"imgs": IMAGES[:, :, :8]}, r"imgs is uint8 of shape \(96, 12, 8\)"),
        ({"imgs": IMAGES[:, :10, :10]}, "multiple of 4"),
        ({"latents_classes": np.array([None])}, "pickled objects"),
    ],
)
def test_other_layouts_are_refused_in_one_line(tmp_path, changes, message):
    path = write(tmp_path / "dsprites.npz", **changes)
    with pytest.raises(ValueError, match=message) as caught:
        open_images(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused(tmp_path):
    path = write(tmp_path / "dsprites.npz")
    content = bytearray(path.read_bytes())
    middle = content.index(b"imgs.npy") + 200
    content[middle : middle + 100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a readable dSprites file"):
        open_images(path)
