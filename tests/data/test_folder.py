import numpy as np
import pytest
from PIL import Image

from infogan.data import source
from infogan.data.folder import read_image
from infogan.data.open import open_images, open_labels

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(path, colour, size=(40, 40), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = "L" if isinstance(colour, int) else "RGBA" if len(colour) == 4 else "RGB"
    Image.new(mode, size, colour).save(path, **options)
    return path


def test_formats_and_subfolders_in_the_order_of_their_paths(tmp_path):
    for i, name in enumerate(["a.bmp", "b.JPG", "c/d.png", "c/e/f.webp", "g.jpeg", "h.pgm"]):
        picture(tmp_path / name, 40 * i)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "._a.bmp").write_bytes(b"what macOS leaves behind")
    images = open_images(tmp_path)
    assert images.shape == (1, 40, 40)
    assert [str(p.relative_to(tmp_path)) for p in images.paths] == [
        "a.bmp", "b.JPG", "c/d.png", "c/e/f.webp", "g.jpeg", "h.pgm",
    ]  # fmt: skip
    means = images.batch(np.arange(6)).mean(axis=(1, 2, 3))
    assert np.allclose(means, [0, 40, 80, 120, 160, 200], atol=2)


def test_colour_unless_every_image_is_grey(tmp_path):
    picture(tmp_path / "a.png", (90, 90, 90))
    assert open_images(tmp_path).shape == (1, 40, 40)
    assert open_images(tmp_path, channels=3).shape == (3, 40, 40)
    picture(tmp_path / "b.png", RED)
    colour = open_images(tmp_path)
    assert colour.shape == (3, 40, 40)
    assert colour.batch(np.array([1, 0]))[:, :, 0, 0].tolist() == [[255, 0, 0], [90, 90, 90]]
    grey = open_images(tmp_path, channels=1)
    assert grey.batch(np.array([1, 0]))[:, 0, 0, 0].tolist() == [76, 90]


@pytest.mark.parametrize(
    ("sizes", "side"),
    [
        ([(10, 10)], 28),
        ([(47, 90)], 44),
        ([(500, 300)], 64),
        ([(30, 32), (36, 50), (400, 300)], 36),
    ],
)
def test_default_size_follows_the_median_short_side(tmp_path, sizes, side):
    for i, size in enumerate(sizes):
        picture(tmp_path / f"{i}.png", 128, size)
    assert open_images(tmp_path).shape == (1, side, side)


def test_centre_is_cropped_and_resized(tmp_path):
    image = Image.new("RGB", (100, 50), BLUE)
    image.paste(RED, (25, 0, 75, 50))
    image.save(tmp_path / "a.png")
    batch = open_images(tmp_path, size=32).batch(np.array([0]))
    assert batch.shape == (1, 3, 32, 32)
    assert (batch[0] == np.array(RED)[:, None, None]).all()


def test_large_jpegs_keep_their_content(tmp_path):
    image = Image.new("RGB", (1600, 800), BLUE)
    image.paste(RED, (400, 0, 800, 800))
    image.save(tmp_path / "a.jpg", quality=95)
    batch = open_images(tmp_path, size=32).batch(np.array([0]))[0]
    assert np.allclose(batch[:, :, :14], np.array(RED)[:, None, None], atol=6)
    assert np.allclose(batch[:, :, 18:], np.array(BLUE)[:, None, None], atol=6)


def test_exif_rotation_is_applied(tmp_path):
    image = Image.new("RGB", (32, 32), BLUE)
    image.paste(RED, (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright: the top goes to the right
    image.save(tmp_path / "a.png", exif=exif)
    source = open_images(tmp_path, size=32)
    batch = source.batch(np.array([0]))[0]
    assert batch[:, 16, 2].tolist() == [0, 0, 255]
    assert batch[:, 16, 29].tolist() == [255, 0, 0]
    assert "1 turned upright, as EXIF says" in source.report.lines()[1]


@pytest.mark.parametrize(("suffix", "orientation"), [("jpg", 8), ("png", 5), ("jpg", 3)])
def test_sizes_are_told_as_pictures_are_seen(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (48, 32), BLUE).save(tmp_path / f"a.{suffix}", exif=exif)
    shown = "48x32" if orientation == 3 else "32x48"
    assert shown in open_images(tmp_path).report.lines()[0]


def test_transparent_parts_are_white(tmp_path):
    picture(tmp_path / "rgba.png", (255, 0, 0, 0))
    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.save(tmp_path / "palette.png", transparency=1)
    palette.save(tmp_path / "solid.png")
    Image.new("LA", (40, 40), (7, 0)).save(tmp_path / "la.png")
    batch = open_images(tmp_path).batch(np.arange(4))[:, :, 20, 20]
    assert batch.tolist() == [[255] * 3, [255] * 3, [255] * 3, [10, 20, 30]]


def test_16_bit_greys_keep_their_upper_bits(tmp_path):
    ramp = np.full((32, 32), 0x9ABC, np.uint16)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    header = b"P5 32 32 65535\n"
    (tmp_path / "b.pgm").write_bytes(header + ramp.astype(">u2").tobytes())
    source = open_images(tmp_path)
    assert source.shape[0] == 1
    assert (source.batch(np.arange(2)) == 0x9A).all()


def test_unreadable_files_are_counted_listed_and_left_out(tmp_path):
    for i in range(7):
        picture(tmp_path / f"{i}.png", 30 * i)
    (tmp_path / "2.png").write_bytes(b"garbage")
    whole = (tmp_path / "5.png").read_bytes()
    (tmp_path / "5.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "6.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a picture, and not counted as one")
    with pytest.warns(UserWarning, match=r"3 of 7 image files are unreadable: .*2\.png") as caught:
        images = open_images(tmp_path)
    assert len(caught) == 1
    assert list(images.unreadable) == ["2.png", "5.png", "6.png"]
    assert images.batch(np.arange(4))[:, 0, 0, 0].tolist() == [0, 30, 90, 120]
    assert len(images) == 4


def test_pixels_above_16_bits_have_no_known_range_and_are_asked_for(tmp_path):
    picture(tmp_path / "a.png", 100)
    Image.fromarray(np.full((40, 40), 0x12345, np.int32)).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"values from 74565 to 74565.*cannot be told"):
        open_images(tmp_path)


def test_print_colours_and_moving_pictures(tmp_path):
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "b.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "c.webp", save_all=True, append_images=frames[1:], lossless=True)
    batch = open_images(tmp_path).batch(np.arange(3))
    assert np.abs(batch[:, :, 20, 20].astype(int) - RED).max() < 8


# One image by itself


def test_one_image_is_read_as_in_a_folder(tmp_path):
    image = Image.new("RGBA", (100, 50), (*BLUE, 255))
    image.paste((*RED, 255), (25, 0, 75, 50))
    image.save(tmp_path / "a.png")
    one = read_image(tmp_path / "a.png", (3, 32, 32))
    assert np.array_equal(one, open_images(tmp_path, size=32).batch(np.array([0]))[0])
    assert read_image(tmp_path / "a.png", (1, 12, 12)).shape == (1, 12, 12)
    assert (read_image(tmp_path / "a.png", (1, 12, 12)) == 76).all()
    assert read_image(picture(tmp_path / "b.png", 90), (3, 8, 8)).tolist() == [[[90] * 8] * 8] * 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no picture", "not a kind of image known here"),
        (b"", "not a kind of image known here"),
        (None, "no such image"),
        ("folder", "is a folder"),
        ("cut", "truncated"),
        ("float", "cannot be told"),
    ],
)
def test_what_is_no_readable_image_is_refused_in_a_line(tmp_path, content, words):
    path = tmp_path / "x.png"
    if content == "folder":
        path.mkdir()
    elif content == "cut":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:900])
    elif content == "float":
        Image.fromarray(np.full((40, 40), 20.5, np.float32)).save(path, format="TIFF")
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        read_image(path, (1, 8, 8))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_floating_point_pixels_from_0_to_1_are_read_as_such(tmp_path):
    picture(tmp_path / "a.png", 100)
    Image.fromarray(np.full((40, 40), 0.6, np.float32)).save(tmp_path / "b.tif")
    assert open_images(tmp_path).batch(np.arange(2))[:, 0, 0, 0].tolist() == [100, 153]


def test_a_folder_of_mostly_unreadable_files_is_an_error(tmp_path):
    picture(tmp_path / "a.png", 1)
    for i in range(12):
        (tmp_path / f"{i}.jpg").write_bytes(b"garbage")
    with pytest.raises(ValueError, match=r"12 of 13 .*; and 7 more") as caught:
        open_images(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_an_error(tmp_path):
    (tmp_path / "readme.txt").write_text("no images here")
    with pytest.raises(ValueError, match=f"{tmp_path}: no image files"):
        open_images(tmp_path)


def test_labels_are_the_subfolders(tmp_path):
    for i, name in enumerate(["dog/1.png", "cat/x/2.png", "cat/1.png", "emu/1.png", "dog/2.png"]):
        picture(tmp_path / name, 50 * i)
    (tmp_path / "cat/0.png").write_bytes(b"garbage")
    with pytest.warns(UserWarning, match="1 of 6"):
        images = open_images(tmp_path)
    assert images.batch(np.arange(5))[:, 0, 0, 0].tolist() == [100, 50, 0, 200, 150]
    assert open_labels(tmp_path).tolist() == [0, 0, 1, 1, 2]


def test_no_labels_where_images_are_not_sorted(tmp_path):
    picture(tmp_path / "one/a.png", 1)
    assert open_labels(tmp_path) is None
    picture(tmp_path / "two/a.png", 1)
    picture(tmp_path / "b.png", 1)
    assert open_labels(tmp_path) is None


def test_train_and_test_subfolders_are_the_splits(tmp_path):
    picture(tmp_path / "train/cat/a.png", 10)
    picture(tmp_path / "train/dog/a.png", 20)
    assert len(open_images(tmp_path, split="test")) == 2
    picture(tmp_path / "test/dog/a.png", 30)
    picture(tmp_path / "test/cat/a.png", 40)
    picture(tmp_path / "test/cat/b.png", 50)
    assert len(open_images(tmp_path)) == 2
    assert len(open_images(tmp_path, split="test")) == 3
    assert open_labels(tmp_path, split="test").tolist() == [0, 0, 1]


def test_a_large_folder_goes_to_a_file_instead_of_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "IN_MEMORY_BYTES", 100)
    picture(tmp_path / "a.png", RED)
    images = open_images(tmp_path)
    assert isinstance(images.images, np.memmap)
    assert images.batch(np.array([0]))[0, :, 0, 0].tolist() == [255, 0, 0]


def test_a_few_bytes_that_say_they_are_a_huge_picture_are_refused(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a.tiff")
    content = (tmp_path / "a.tiff").read_bytes()
    width_and_height = content.find((257).to_bytes(2, "little"))
    huge = bytearray(content)
    huge[width_and_height + 8 : width_and_height + 12] = (2**24).to_bytes(4, "little")
    (tmp_path / "b.tiff").write_bytes(huge)
    with pytest.warns(UserWarning, match=r"bytes are said to unpack to 134,217,728"):
        source = open_images(str(tmp_path), split="train", size=8)
    assert len(source) == 1
