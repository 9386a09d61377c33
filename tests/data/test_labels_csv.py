"""A few labelled images from a list: found, or refused by line."""

import numpy as np
import pytest
from PIL import Image

from infogan.data.labels_csv import labelled_images, read_labels_csv

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
