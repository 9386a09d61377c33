"""A few labelled images from a list: found, or refused by line."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from infogan.data.labels_csv import labelled_images, read_labelled_images, read_labels_csv

SHAPE = (1, 8, 8)


@pytest.fixture
def listed(tmp_path):
    """Writes a list."""

    def write(text):
        path = tmp_path / "labels.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "3,eight\n17,one\n",
        "index,label\n3,eight\n17,one\n",
        "\ufeffindex,label,note\r\n 3 , eight ,x\r\n\r\n17,one",
        '"3","eight"\n3,eight\n17,one',
    ],
)
def test_lists_of_usual_kinds_are_read(listed, text):
    assert read_labels_csv(listed(text)) == {"3": "eight", "17": "one"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no labels"),
        ("file,label\n", "holds no labels"),
        ("3,eight\n4\n", "line 2 needs an image and a label"),
        ("3,\n", "line 1 needs an image and a label"),
        ("3,eight\n3,one\n", "line 2: 3 has another label already"),
    ],
)
def test_bad_lists_are_refused_by_line(listed, text, message):
    with pytest.raises(ValueError, match=message):
        read_labels_csv(listed(text))


def test_a_missing_or_binary_list_is_one_line(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        read_labels_csv(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"binary\.csv"):
        read_labels_csv(tmp_path / "binary.csv")


def test_numbers_are_images_of_the_data(tiny_data, tiny_images):
    images = labelled_images(["5", "0"], tiny_data, split="train", shape=SHAPE)
    assert np.array_equal(images, tiny_images[[5, 0]])
    with pytest.raises(ValueError, match="has no image 40, its train part holds 40"):
        labelled_images(["40"], tiny_data, split="train", shape=SHAPE)


def test_files_are_found_in_the_folder(tmp_path, tiny_images):
    (tmp_path / "sub").mkdir()
    Image.fromarray(tiny_images[7][0]).save(tmp_path / "sub" / "a.png")
    images = labelled_images(["sub/a.png"], tmp_path, split="train", shape=SHAPE)
    assert np.array_equal(images[0], tiny_images[7])
    with pytest.raises(ValueError, match=r"b\.png: no such image"):
        labelled_images(["sub/a.png", "b.png"], tmp_path, split="train", shape=SHAPE)


# Other ways to say the same


def test_columns_are_found_by_their_names(listed):
    text = "index,name of it,category\n3,x,eight\n17,y,one\n"
    assert read_labels_csv(listed(text)) == {"3": "eight", "17": "one"}
    assert read_labels_csv(listed("label,file\neight,3\none,17\n")) == {"3": "eight", "17": "one"}


@pytest.fixture
def sorted_folder(tmp_path, tiny_images):
    """Six images in two folders."""
    for i in range(6):
        folder = tmp_path / "sorted" / ("even", "odd")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(tiny_images[i][0]).save(folder / f"{i}.png")
    return tmp_path / "sorted"


def test_folders_are_labels(sorted_folder, tiny_images):
    images, labels = read_labelled_images(sorted_folder, "unused", split="train", shape=SHAPE)
    assert labels == ["even"] * 3 + ["odd"] * 3
    assert np.array_equal(images, tiny_images[[0, 2, 4, 1, 3, 5]])
    with pytest.raises(ValueError, match="must lie in sub-folders"):
        read_labelled_images(sorted_folder / "odd", "unused", split="train", shape=SHAPE)


@pytest.mark.parametrize("labels", [np.array([3, 1, 3]), np.array(["b", "a", "b"])])
def test_arrays_are_labels(tmp_path, tiny_images, labels):
    np.savez(tmp_path / "a.npz", images=tiny_images[:3, 0], labels=labels)
    images, found = read_labelled_images(tmp_path / "a.npz", "unused", split="train", shape=SHAPE)
    assert found == [str(label) for label in labels]
    assert np.array_equal(images, tiny_images[:3])
    np.savez(tmp_path / "data.npz", images=tiny_images[:3, 0])
    np.savez(tmp_path / "b.npz", labels=labels)
    images, found = read_labelled_images(
        tmp_path / "b.npz", tmp_path / "data.npz", split="train", shape=SHAPE
    )
    assert found == [str(label) for label in labels]
    assert np.array_equal(images, tiny_images[:3])
    np.savez(tmp_path / "c.npz", labels=labels[:2])
    with pytest.raises(ValueError, match="2 labels, but 3 images"):
        read_labelled_images(tmp_path / "c.npz", tmp_path / "data.npz", split="train", shape=SHAPE)


def test_files_are_found_in_an_archive(tmp_path, tiny_images, sorted_folder):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted(sorted_folder.rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path).as_posix())
    names = ["3.png", "sorted/even/0.png"]
    found = labelled_images(names, tmp_path / "x.zip", split="train", shape=SHAPE)
    assert np.array_equal(found, tiny_images[[3, 0]])
    with pytest.raises(ValueError, match=r"holds no 9\.png"):
        labelled_images(["9.png"], tmp_path / "x.zip", split="train", shape=SHAPE)
