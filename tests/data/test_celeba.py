"""CelebA's aligned faces, as a folder and as its zip, with its lists."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from infogan.data.celeba import read_attributes
from infogan.data.open import open_images, open_labels

NAMES = [f"{number:06d}.jpg" for number in range(1, 7)]
SHADES = dict(zip(NAMES, [0, 40, 80, 120, 160, 200], strict=True))


def jpeg(shade):
    """A face of 178×218: grey, with a red band above and below, which the crop takes away."""
    pixels = np.full((218, 178, 3), shade, np.uint8)
    pixels[:16] = pixels[-16:] = (255, 0, 0)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=95)
    return content.getvalue()


@pytest.fixture
def folder(tmp_path):
    """The layout of the download: pictures in img_align_celeba, the lists beside it."""
    pictures = tmp_path / "img_align_celeba"
    pictures.mkdir()
    for name, shade in SHADES.items():
        (pictures / name).write_bytes(jpeg(shade))
    lines = ["6", "Bald Smiling Young "]
    lines += [
        f"{name} {' '.join(['-1', ' 1'][(i >> b) & 1] for b in range(3))}"
        for i, name in enumerate(NAMES)
    ]
    (tmp_path / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def archive(folder):
    """The same as the published zip, in which the folder is the first member."""
    path = folder / "img_align_celeba.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("img_align_celeba/", b"")
        for name in reversed(NAMES):
            file.writestr(f"img_align_celeba/{name}", jpeg(SHADES[name]))
    return path


def shades(source, indices):
    return source.batch(np.array(indices)).mean(axis=(1, 2, 3))


@pytest.mark.parametrize("form", ["around", "folder", "zip"])
def test_faces_come_in_order_cropped_and_resized(folder, archive, form):
    path = {"around": folder, "folder": folder / "img_align_celeba", "zip": archive}[form]
    source = open_images(path, size=32)
    assert source.shape == (3, 32, 32)
    assert source.files == tuple(NAMES)
    assert shades(source, [3, 0, 3, 5]) == pytest.approx([120, 0, 120, 200], abs=3)
    assert open_images(path).shape == (3, 64, 64)
    assert open_images(path, size=16, channels=1).shape == (1, 16, 16)
    assert open_labels(path) is None
    names, values = read_attributes(path, source.files)
    assert names == ("Bald", "Smiling", "Young")
    assert values.tolist() == [[(i >> b) & 1 for b in range(3)] for i in range(6)]


def test_a_face_is_decoded_when_asked_for_and_once(archive, monkeypatch):
    unpack, seen = zipfile.ZipFile.open, []

    def counted(self, member, *rest):
        seen.append(member)
        return unpack(self, member, *rest)

    monkeypatch.setattr(zipfile.ZipFile, "open", counted)
    source = open_images(archive, size=8)
    assert seen == []
    first = source.batch(np.array([1, 1, 2]))
    assert np.array_equal(source.batch(np.array([2, 1])), first[[2, 0]])
    assert sorted(seen) == [f"img_align_celeba/{NAMES[i]}" for i in (1, 2)]


def test_the_partition_splits(folder):
    parts = "\n".join(f"{name} {part}" for name, part in zip(NAMES, "001022", strict=True))
    (folder / "list_eval_partition.txt").write_text(parts)
    assert open_images(folder).files == (NAMES[0], NAMES[1], NAMES[3])
    assert open_images(folder, split="test").files == (NAMES[4], NAMES[5])
    (folder / "list_eval_partition.txt").write_text(f"{NAMES[0]} 1\n")
    with pytest.raises(ValueError, match="lists none of the pictures for split 'train'"):
        open_images(folder)
    (folder / "list_eval_partition.txt").write_text(f"{NAMES[0]} 0 extra\n")
    with pytest.raises(ValueError, match="line 1 has 3 words, expected 2"):
        open_images(folder)


def test_attributes_must_be_there_and_whole(folder):
    path = folder / "list_attr_celeba.txt"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    with pytest.raises(ValueError, match=r"has no line for 000006\.jpg"):
        read_attributes(folder, tuple(NAMES))
    path.write_text(f"1\nBald Young\n{NAMES[0]} -1\n")
    with pytest.raises(ValueError, match="line 3 has 2 words, expected 3"):
        read_attributes(folder, (NAMES[0],))
    path.unlink()
    with pytest.raises(ValueError, match=r"there is no list_attr_celeba\.txt beside it"):
        read_attributes(folder, ())


def test_other_layouts_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("photos/holiday.jpg", jpeg(3))
    assert open_images(tmp_path / "other.zip").names == ("photos/holiday.jpg",)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="not a readable zip"):
        open_images(tmp_path / "broken.zip")
    (tmp_path / "img_align_celeba").mkdir()
    with pytest.raises(ValueError, match="holds no pictures named"):
        open_images(tmp_path / "img_align_celeba")


def test_a_damaged_face_is_named_when_it_is_asked_for(folder):
    (folder / "img_align_celeba" / NAMES[2]).write_bytes(b"no picture")
    source = open_images(folder, size=8)
    assert source.batch(np.array([0, 1])).shape == (2, 3, 8, 8)
    with pytest.raises(ValueError, match=r"000003\.jpg: cannot be read as an image"):
        source.batch(np.array([2]))
