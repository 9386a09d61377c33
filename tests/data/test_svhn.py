"""SVHN's cropped digits, in small files of the true layout."""

from contextlib import suppress

import numpy as np
import pytest
from scipy.io import savemat

from infogan.data.open import open_images, open_labels
from infogan.errors import UserError

X = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 7), dtype=np.uint8)
Y = np.array([[1], [9], [10], [2], [10], [3], [4]], np.uint8)


def write(path, x=X, y=Y, **options):
    """MATLAB version 5, compressed, as published."""
    savemat(path, {"X": x, "y": y}, do_compression=True, **options)
    return path


def test_images_and_labels_as_published(tmp_path):
    path = write(tmp_path / "train_32x32.mat")
    source = open_images(path)
    assert source.shape == (3, 32, 32)
    assert len(source) == 7
    batch = source.batch(np.array([4, 0]))
    assert np.array_equal(batch[0], X[:, :, :, 4].transpose(2, 0, 1))
    assert np.array_equal(batch[1], X[:, :, :, 0].transpose(2, 0, 1))
    assert open_labels(path).tolist() == [1, 9, 0, 2, 0, 3, 4]  # 10 stands for the digit 0


@pytest.mark.parametrize("packed", [False, True])
def test_damage_anywhere_is_a_line(tmp_path, packed):
    """scipy's own reader crashes, process and all, on some of these."""
    path = tmp_path / "train_32x32.mat"
    savemat(path, {"X": X, "y": Y}, do_compression=packed)
    whole = path.read_bytes()
    for at in range(124, 240, 4):
        for damage in (b"\xff" * 4, b"\x0e\0\0\0", b"\0" * 4):
            path.write_bytes(whole[:at] + damage + whole[at + 4 :])
            with suppress(UserError):  # it may be whole all the same
                open_images(path)


def test_a_folder_has_its_splits(tmp_path):
    write(tmp_path / "train_32x32.mat")
    write(tmp_path / "test_32x32.mat", X[..., :2], Y[:2])
    assert len(open_images(tmp_path)) == 7
    assert len(open_images(tmp_path, split="test", size=16, channels=1)) == 2
    assert open_labels(tmp_path, split="test").tolist() == [1, 9]
    (tmp_path / "test_32x32.mat").unlink()
    with pytest.raises(ValueError, match=r"test_32x32\.mat: is missing"):
        open_images(tmp_path, split="test")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"digitStruct": np.zeros(3)}, "holds no X; give the cropped digits"),
        ({"X": X.astype(float)}, r"X is float64 of shape \(32, 32, 3, 7\), expected uint8"),
        ({"X": X.transpose(3, 0, 1, 2)}, r"X is uint8 of shape \(7, 32, 32, 3\)"),
    ],
)
def test_other_layouts_are_refused(tmp_path, arrays, message):
    savemat(tmp_path / "x.mat", arrays)
    with pytest.raises(ValueError, match=message):
        open_images(tmp_path / "x.mat")


@pytest.mark.parametrize("y", [np.array([[0], [1]], np.uint8), np.array([[0.5]])])
def test_other_labels_are_refused(tmp_path, y):
    with pytest.raises(ValueError, match="other labels than the whole numbers from 1 to 10"):
        open_labels(write(tmp_path / "x.mat", y=y))


def test_newer_damaged_and_foreign_files_are_refused(tmp_path):
    whole = write(tmp_path / "whole.mat").read_bytes()
    (tmp_path / "cut.mat").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mat").write_text("no matrix at all, but long enough to look at" * 9)
    # How a version 7.3 file, which is HDF5, begins.
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "new.mat").write_bytes(header + bytes(400))
    for name in ("cut", "text"):
        with pytest.raises(ValueError, match=r"not a readable \.mat file") as caught:
            open_images(tmp_path / f"{name}.mat")
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"a MATLAB 7\.3 file"):
        open_images(tmp_path / "new.mat")
