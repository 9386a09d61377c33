"""Images part by part: the same as all at once, and never more than a part in memory."""

import numpy as np
import pytest
from PIL import Image

from infogan.data import collection, stream
from infogan.data.open import open_images
from infogan.data.stream import ImageStream

SHAPE = (1, 8, 8)


@pytest.fixture
def photos(tmp_path, tiny_images):
    """Ten image files, in a folder and one below it."""
    (tmp_path / "photos" / "more").mkdir(parents=True)
    for i, image in enumerate(tiny_images[:10]):
        folder = tmp_path / "photos" / ("more" if i >= 6 else "")
        Image.fromarray(image[0]).resize((16, 16)).save(folder / f"{i}.png")
    return tmp_path / "photos"


@pytest.fixture
def many_photos(tmp_path, tiny_images):
    """Two hundred image files."""
    (tmp_path / "many").mkdir()
    for i in range(200):
        Image.fromarray(tiny_images[i % 40][0]).save(tmp_path / "many" / f"{i:03}.png")
    return tmp_path / "many"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(stream, "PART", 4)


def test_arrays_come_in_parts_with_their_numbers(tiny_data, tiny_images):
    images = ImageStream(tiny_data, split="train", shape=SHAPE)
    parts = list(images)
    assert (len(images), images.named_by) == (40, "index")
    assert [len(part.images) for part in parts] == [4] * 10
    assert np.array_equal(np.concatenate([part.images for part in parts]), tiny_images)
    assert [name for part in parts for name in part.names] == [str(i) for i in range(40)]
    assert parts[0].paths is None


def test_a_folders_files_are_what_open_images_makes_of_them(photos):
    images = ImageStream(photos, split="test", shape=SHAPE)
    parts = list(images)
    assert (len(images), images.named_by) == (10, "file")
    together = np.concatenate([part.images for part in parts])
    assert np.array_equal(together, open_images(photos, size=8, channels=1).batch(np.arange(10)))
    assert parts[0].names[:2] == ["0.png", "1.png"]
    assert parts[2].names == ["more/8.png", "more/9.png"]
    assert parts[2].paths == [photos / "more" / "8.png", photos / "more" / "9.png"]


def test_files_are_decoded_when_their_part_comes(many_photos, monkeypatch):
    decoded = []
    original = collection.decode_pages

    def spy(content, rules, side):
        decoded.append(content)
        return original(content, rules, side)

    monkeypatch.setattr(collection, "decode_pages", spy)
    parts = iter(ImageStream(many_photos, split="train", shape=SHAPE))
    assert decoded == []
    next(parts)
    assert 4 <= len(decoded) < 40


def test_unreadable_files_are_left_out_with_one_warning(photos):
    (photos / "3.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"1 of 10 image files are unreadable: .*3.png") as caught:
        parts = list(ImageStream(photos, split="train", shape=SHAPE))
    assert len(caught) == 1
    assert [len(part.names) for part in parts] == [4, 4, 1]
    assert all(len(part.names) == len(part.images) for part in parts)


def test_mostly_unreadable_files_are_an_error(photos):
    for i in range(6):
        (photos / f"{i}.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="6 of 10 image files are unreadable"):
        list(ImageStream(photos, split="train", shape=SHAPE))


def test_colour_and_grey_follow_the_model(photos):
    (part, *_) = ImageStream(photos, split="train", shape=(3, 12, 12))
    assert part.images.shape == (4, 3, 12, 12)
