import gzip
import struct

import numpy as np
import pytest

from infogan.data.idx import read
from infogan.data.open import open_images, open_labels


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("separator", ["-", "."])
def test_folder_gives_both_splits_with_their_labels(
    tmp_path, write_idx, random_images, separator, ending
):
    for part, images in (("train", random_images), ("t10k", random_images[::-1])):
        write_idx(tmp_path / f"{part}-images{separator}idx3-ubyte{ending}", images)
        write_idx(tmp_path / f"{part}-labels{separator}idx1-ubyte{ending}", images[:, 0, 0])
    for split, images in (("train", random_images), ("test", random_images[::-1])):
        source = open_images(tmp_path, split=split)
        assert source.shape == (1, 12, 12)
        assert np.array_equal(source.batch(np.array([5, 0, 2]))[:, 0], images[[5, 0, 2]])
        assert np.array_equal(open_labels(tmp_path, split=split), images[:, 0, 0])


def test_single_file_finds_its_labels_beside_it(tmp_path, write_idx, random_images):
    images = write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", random_images)
    assert open_labels(images) is None
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.arange(6))
    assert np.array_equal(open_labels(images), np.arange(6))
    assert len(open_images(images)) == 6


def test_images_open_without_a_label_file(tmp_path, write_idx, random_images):
    write_idx(tmp_path / "train-images-idx3-ubyte", random_images)
    labels = write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(6))
    labels.write_bytes(b"nonsense")
    assert len(open_images(tmp_path)) == 6
    labels.unlink()
    assert len(open_images(tmp_path)) == 6
    assert open_labels(tmp_path, split="train") is None


def test_prefixed_names_of_emnist(tmp_path, write_idx, random_images):
    write_idx(tmp_path / "emnist-letters-train-images-idx3-ubyte.gz", random_images)
    write_idx(tmp_path / "emnist-letters-test-images-idx3-ubyte.gz", random_images[:2])
    assert (len(open_images(tmp_path)), len(open_images(tmp_path, split="test"))) == (6, 2)


def test_missing_split_says_which_file_to_add(tmp_path, write_idx, random_images):
    write_idx(tmp_path / "train-images-idx3-ubyte", random_images)
    with pytest.raises(ValueError, match="split 'test'; put t10k-images-idx3-ubyte"):
        open_images(tmp_path, split="test")


def test_several_sets_in_one_folder_are_not_guessed_between(tmp_path, write_idx, random_images):
    write_idx(tmp_path / "a-train-images-idx3-ubyte", random_images)
    write_idx(tmp_path / "b-train-images-idx3-ubyte", random_images)
    with pytest.raises(ValueError, match="several IDX files"):
        open_images(tmp_path)


HEADER = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 12, 12)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(HEADER + bytes(288), mtime=0)[:-20], "damaged gzip"),
        (gzip.compress(HEADER + bytes(288), mtime=0)[:12], "damaged gzip"),
        (b"\x1f\x8b" + bytes(50), "damaged gzip"),
        (HEADER + bytes(287), r"2x12x12 = 288 bytes, but 287 follow"),
        (HEADER + bytes(289), r"2x12x12 = 288 bytes, but more follow"),
        (struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3), "but 0 follow"),
        (HEADER[:10], "truncated inside its IDX header"),
        (
            b"\x00\x00\x0d\x03" + HEADER[4:] + bytes(288),
            "starts with 0x00000d03, expected 0x00000803",
        ),
        (b"\x00\x00\x08\x01" + HEADER[4:] + bytes(288), "not an IDX file of images"),
        (b"\x89PNG\r\n", "not an IDX file of images"),
        (b"", "not an IDX file of images"),
    ],
    ids=range(11),
)
def test_damaged_files_are_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        open_images(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_images_is_an_error(tmp_path, write_idx):
    path = write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((0, 12, 12)))
    with pytest.raises(ValueError, match="no images"):
        open_images(path)


def test_md5_of_the_content_is_checked(tmp_path, write_idx):
    path = write_idx(tmp_path / "labels-idx1-ubyte.gz", np.arange(3))
    assert np.array_equal(read(path, "labels", "2dab5672e75db8be26c5d98d167b573d"), np.arange(3))
    with pytest.raises(ValueError, match="not the published file"):
        read(path, "labels", "2dab5672e75db8be26c5d98d167b573e")
