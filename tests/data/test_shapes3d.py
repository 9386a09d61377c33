"""3D Shapes in small files of the true layout: HDF5, and an .npz of the same arrays."""

from itertools import product

import h5py
import numpy as np
import pytest

from infogan.data.open import open_images, open_labels

# The true values of each factor, the first few of them.
VALUES = [
    *[np.arange(2) / 10, np.arange(2) / 10, np.arange(3) / 10],
    *[np.linspace(0.75, 1.25, 8)[:2], np.arange(4.0)[:2], np.linspace(-30, 30, 15)[:1]],
]
LABELS = np.array(list(product(*VALUES)))
IMAGES = np.random.default_rng(0).integers(0, 256, (len(LABELS), 8, 8, 3), dtype=np.uint8)


def write(path, **changes):
    arrays = {"images": IMAGES, "labels": LABELS} | changes
    if path.suffix == ".npz":
        np.savez_compressed(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for key, array in arrays.items():
                file.create_dataset(key, data=array, compression="gzip")
    return path


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_images_and_factors_as_published(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr("infogan.data.npz.PART_BYTES", 5 * 192)
    path = write(tmp_path / f"3dshapes{suffix}")
    source = open_images(path)
    assert source.shape == (3, 8, 8)
    # The orientation does not vary in this file.
    assert source.factor_names == ("floor_hue", "wall_hue", "object_hue", "scale", "shape")
    assert source.factor_sizes == (2, 2, 3, 2, 2)
    indices = np.array([40, 3, 3, 17])
    assert np.array_equal(source.batch(indices), IMAGES[indices].transpose(0, 3, 1, 2))
    assert source.factors(np.array([13])).tolist() == [[0, 1, 0, 0, 1]]
    assert LABELS[13].tolist() == [0, 0.1, 0, 0.75, 1, -30]
    assert open_labels(path) is None
    assert open_images(path, size=16, channels=1).batch(indices).shape == (4, 1, 16, 16)


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": LABELS[::-1]}, "not the complete grid"),
        ({"labels": LABELS[:-1]}, r"labels is float64 of shape \(47, 6\), expected numbers"),
        ({"images": IMAGES[:-1]}, "labels is float64"),
        ({"images": IMAGES[:, :, :4]}, r"images is uint8 of shape \(48, 8, 4, 3\)"),
        ({"images": IMAGES.astype(np.float32)}, "images is float32"),
        ({"images": IMAGES[..., :2]}, r"images is uint8 of shape \(48, 8, 8, 2\)"),
    ],
)
def test_other_layouts_are_refused_in_one_line(tmp_path, suffix, changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        open_images(write(tmp_path / f"x{suffix}", **changes))
    assert "\n" not in str(caught.value)


def test_images_with_plain_labels_are_an_array_as_ever(tmp_path):
    path = write(tmp_path / "x.npz", labels=np.arange(len(IMAGES)))
    assert not hasattr(open_images(path), "factor_names")
    assert open_labels(path).tolist() == list(range(len(IMAGES)))


def test_foreign_and_damaged_hdf5_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["pictures"] = IMAGES
    with pytest.raises(ValueError, match="neither dSprites nor 3D Shapes"):
        open_images(tmp_path / "other.h5")
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    with pytest.raises(ValueError, match="not a readable HDF5 file"):
        open_images(tmp_path / "broken.h5")


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch):
    path = write(tmp_path / "3dshapes.h5")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ValueError, match=r"infogan\[hdf5\]"):
        open_images(path)
