"""Every kind of picture file, with the right pixels: told by its content, bounded, or refused."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from infogan.data import picture, raster
from infogan.data.folder import read_image
from infogan.data.open import open_images, open_labels
from infogan.data.picture import Budget
from infogan.data.rules import ImageRules

SHAPE = (3, 16, 16)
QUARTERS = np.zeros((16, 16, 3), np.uint8)
QUARTERS[:8, :8], QUARTERS[:8, 8:], QUARTERS[8:, :8] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
GREY = QUARTERS[..., 1]


def png(pixels, kind, bits=8, size=None):
    """A PNG by hand; `size` may lie."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    height, width = size or pixels.shape[:2]
    big = pixels.astype(">u2" if bits == 16 else np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in big)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# By content

LOSSLESS = {
    "png": {}, "bmp": {}, "tiff": {}, "webp": {"lossless": True}, "ppm": {}, "tga": {},
    "jpeg2000": {}, "qoi": {}, "dds": {}, "sgi": {}, "pcx": {}, "im": {}, "icns": {},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(LOSSLESS) - {"icns", "qoi"}))
def test_kinds_are_told_by_their_content(tmp_path, name):
    kinds = {"tiff": "TIFF", "jpeg2000": "JPEG2000"}
    Image.fromarray(QUARTERS).save(
        tmp_path / "picture", format=kinds.get(name, name.upper()), **LOSSLESS[name]
    )
    assert np.array_equal(read_image(tmp_path / "picture", SHAPE).transpose(1, 2, 0), QUARTERS)
    folder = open_images(tmp_path, size=16)
    assert np.array_equal(folder.batch(np.array([0]))[0].transpose(1, 2, 0), QUARTERS)
    one = open_images(tmp_path / "picture", size=16)
    assert np.array_equal(one.batch(np.array([0])), folder.batch(np.array([0])))


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "JPEG"])
def test_lossy_kinds_are_near(tmp_path, kind):
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    big = Image.fromarray(QUARTERS).resize((64, 64), Image.Resampling.NEAREST)
    big.save(tmp_path / "x.dat", format=kind, quality=95)
    image = read_image(tmp_path / "x.dat", SHAPE).transpose(1, 2, 0).astype(int)
    centres = image[2::8, 2::8]
    assert np.abs(centres[:2, :2] - QUARTERS[2::8, 2::8][:2, :2]).max() <= 12


def test_a_program_is_never_started_for_a_picture(tmp_path):
    (tmp_path / "x.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(ValueError, match="not a kind of image known here"):
        read_image(tmp_path / "x.eps", SHAPE)


# Transparency, palettes, one bit


def test_palettes_one_bit_and_grey_with_alpha(tmp_path):
    palette = Image.fromarray(QUARTERS).convert("P", palette=Image.Palette.ADAPTIVE)
    palette.save(tmp_path / "a.png")
    Image.fromarray(GREY).convert("1").save(tmp_path / "b.png")
    both = np.dstack([GREY // 2, np.where(GREY > 0, 255, 0).astype(np.uint8)])
    Image.fromarray(both, "LA").save(tmp_path / "c.png")
    images = open_images(tmp_path, size=16)
    a, b, c = images.batch(np.arange(3)).transpose(0, 2, 3, 1)
    assert np.array_equal(a, QUARTERS)
    assert np.array_equal(b[..., 0], np.where(GREY > 0, 255, 0))
    assert np.array_equal(c[..., 0], np.where(GREY > 0, 125, 255))
    assert images.report.transparent == 1
    assert {"P", "1", "LA"} == set(images.report.modes)


def cut_out(colour):
    image = np.zeros((32, 32, 4), np.uint8)
    image[8:24, 8:24] = (*colour, 255)
    return Image.fromarray(image)


@pytest.mark.parametrize(
    ("colour", "ground", "expected"),
    [
        ((40, 40, 40), "auto", [255, 255, 255]),
        ((250, 250, 250), "auto", [0, 0, 0]),
        ((250, 250, 250), "white", [255, 255, 255]),
        ((40, 40, 40), "#0a141e", [10, 20, 30]),
    ],
)
def test_the_ground_hides_nothing_unless_it_is_asked_for(tmp_path, colour, ground, expected):
    cut_out(colour).save(tmp_path / "a.png")
    source = open_images(tmp_path, rules=ImageRules.parse(ground=ground), channels=3)
    image = source.batch(np.array([0]))[0]
    assert image[:, 0, 0].tolist() == expected
    assert image[:, 14, 14].tolist() == list(colour)


# Wide values, bands, pages


def test_16_bit_colours_keep_their_lower_bits(tmp_path):
    deep = (QUARTERS.astype(np.uint16) * 16).clip(0, 4000)  # 12 bits in 16
    (tmp_path / "a.png").write_bytes(png(deep, 2, bits=16))
    source = open_images(tmp_path, size=16)
    image = source.batch(np.array([0]))[0].transpose(1, 2, 0)
    assert np.abs(image - np.rint(deep / 4095 * 255)).max() <= 1
    assert dict(source.report.bits) == {16: 1}


def test_pages_of_tiffs_and_animations_are_images(tmp_path):
    frames = [Image.new("L", (32, 32), shade) for shade in (10, 120, 240)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "b.gif", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match="2 files have more than one page.*--pages all"):
        first = open_images(tmp_path)
    assert first.batch(np.arange(2))[:, 0, 0, 0].tolist() == [10, 10]
    every = open_images(tmp_path, rules=ImageRules.parse(pages="all"))
    assert every.batch(np.arange(6))[:, 0, 0, 0].tolist() == [10, 120, 240] * 2
    assert every.names[:4] == ("a.tif#1", "a.tif#2", "a.tif#3", "b.gif#1")
    assert len(every) == every.report.found == 6


@pytest.mark.parametrize("layout", ["contig", "separate"])
def test_tiffs_of_many_bands_need_to_be_told_which(tmp_path, layout):
    tifffile = pytest.importorskip("tifffile")
    bands = np.stack([np.full((32, 32), 1000 * (i + 1), np.uint16) for i in range(6)])
    bands[:, :16] = 12000
    tifffile.imwrite(
        tmp_path / "a.tif",
        bands if layout == "separate" else bands.transpose(1, 2, 0),
        photometric="minisblack",
        planarconfig=layout,
    )
    with pytest.raises(ValueError, match=r"6 bands; say which to read, such as --bands 3,2,1"):
        open_images(tmp_path)
    source = open_images(tmp_path, size=32, rules=ImageRules.parse(bands="4,2,6"))
    image = source.batch(np.array([0]))[0]
    assert np.abs(image[:, 28, 5] - np.rint(np.array([4, 2, 6]) * 1000 / 16383 * 255)).max() <= 1
    assert source.report.bands == 1
    with pytest.raises(ValueError, match="there is no band 7"):
        open_images(tmp_path, rules=ImageRules.parse(bands="7"))


def test_a_fifth_band_is_never_dropped_unsaid(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    five = np.dstack([QUARTERS, GREY, GREY])
    tifffile.imwrite(tmp_path / "a.tif", five, photometric="rgb", extrasamples=[0, 0])
    with pytest.raises(ValueError, match="5 bands"):
        open_images(tmp_path)
    source = open_images(tmp_path, size=16, rules=ImageRules.parse(bands="1,2,3"))
    assert np.array_equal(source.batch(np.array([0]))[0].transpose(1, 2, 0), QUARTERS)


def test_arrays_of_many_bands(tmp_path):
    bands = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 13), np.uint8)
    for array in (bands, bands.transpose(0, 3, 1, 2)):
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(ValueError, match=r"of 13 bands to read, such as --bands 3,2,1"):
            open_images(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", bands)
    source = open_images(tmp_path / "a.npy", rules=ImageRules.parse(bands="3,2,1"))
    assert np.array_equal(source.batch(np.arange(5)), bands[..., [2, 1, 0]].transpose(0, 3, 1, 2))
    grey = open_images(tmp_path / "a.npy", rules=ImageRules.parse(bands="13"))
    assert np.array_equal(grey.batch(np.arange(5))[:, 0], bands[..., 12])


# DICOM


def dicom(path, values, **tags):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    file = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    file.Modality = "CT"
    file.Rows, file.Columns = values.shape[-2:]
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit = 16, 12, 11
    file.PixelRepresentation = int(values.dtype.kind == "i")
    if values.ndim == 3:
        file.NumberOfFrames = len(values)
    for name, value in tags.items():
        setattr(file, name, value)
    file.PixelData = values.tobytes()
    file.save_as(path, enforce_file_format=True)
    assert pydicom
    return path


STORED = np.rint(np.linspace(0, 4095, 256)).astype(np.uint16).reshape(16, 16)
WINDOW = {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 500, "WindowWidth": 1001}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, STORED / 4095 * 255),
        (WINDOW, (2.0 * STORED - 1000) / 1000 * 255),
        (
            WINDOW | {"PhotometricInterpretation": "MONOCHROME1"},
            255 - (2.0 * STORED - 1000) * 0.255,
        ),
    ],
)
def test_dicom_is_rescaled_and_windowed(tmp_path, tags, expected):
    dicom(tmp_path / "slice", STORED, **tags)
    image = open_images(tmp_path, size=16).batch(np.array([0]))[0, 0]
    assert np.abs(image - expected.clip(0, 255)).max() <= 1


def test_dicom_without_a_window_is_asked_for_in_its_own_units(tmp_path):
    dicom(tmp_path / "slice", STORED, RescaleSlope=1, RescaleIntercept=-1024)
    with pytest.raises(ValueError, match=r"values from -1024 to 3071.*--range"):
        open_images(tmp_path)
    rules = ImageRules.parse(range="-160,240")
    image = open_images(tmp_path, size=16, rules=rules).batch(np.array([0]))[0, 0]
    expected = ((STORED.astype(float) - 1024 + 160) / 400 * 255).clip(0, 255)
    assert np.abs(image - expected).max() <= 1


def test_frames_of_dicom_are_pages(tmp_path):
    dicom(tmp_path / "a.dcm", np.stack([STORED, STORED[::-1]]))
    every = open_images(tmp_path, size=16, rules=ImageRules.parse(pages="all"))
    one, two = every.batch(np.arange(2))[:, 0]
    assert np.array_equal(one, two[::-1])


# Bounds


def test_a_picture_that_says_it_is_huge_is_left_out_before_it_is_decoded(tmp_path):
    for i in range(2):
        Image.fromarray(QUARTERS).save(tmp_path / f"{i}.png")
    (tmp_path / "a.png").write_bytes(png(np.zeros((1, 1), np.uint8), 0, size=(60_000, 60_000)))
    (tmp_path / "b.png").write_bytes(png(np.zeros((1, 1, 3), np.uint8), 2, size=(13_350, 13_350)))
    with pytest.warns(UserWarning, match="2 of 4 image files are unreadable.*make it smaller"):
        source = open_images(tmp_path)
    assert source.names == ("0.png", "1.png")
    assert source.unreadable == ("a.png", "b.png")


def test_large_pictures_are_shrunk_as_they_are_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(raster, "LARGE", 100)
    monkeypatch.setattr(picture, "LARGE", 100)
    big = np.kron(QUARTERS, np.ones((16, 16, 1), np.uint8))
    Image.fromarray(big).save(tmp_path / "a.png")
    Image.fromarray(big[..., 1].astype(np.uint16) * 257).save(tmp_path / "b.png")
    image, wide = open_images(tmp_path, size=16).batch(np.arange(2)).astype(int)
    assert np.abs(image.transpose(1, 2, 0) - QUARTERS)[2:6, 2:6].max() <= 1
    assert np.abs(wide[1] - GREY)[2:6, 2:6].max() <= 1
    assert image.mean() == pytest.approx(QUARTERS.mean(), abs=2)


def test_a_budget_lets_large_work_alone():
    budget = Budget(100)
    with budget.reserve(60), budget.reserve(40):
        pass
    with budget.reserve(1000):  # alone, it may have more
        pass
    assert budget._used == 0


# Shapes


STRIPE = np.zeros((28, 84), np.uint8)
STRIPE[:, 28:56] = 200
STRIPE[:, :8] = 90


@pytest.mark.parametrize(
    ("fit", "corner", "left", "said"),
    [
        ("auto", 0, 90, "padded with black"),
        ("pad", 0, 90, "padded with black"),
        (
            "crop",
            200,
            200,
            r"middle \(67% of their pixels cut off; --fit pad keeps them whole\)",
        ),
        ("stretch", 90, 90, "stretched"),
    ],
)
def test_rectangles_are_fitted_and_it_is_said(tmp_path, fit, corner, left, said):
    Image.fromarray(STRIPE).save(tmp_path / "a.png")
    source = open_images(tmp_path, size=28, rules=ImageRules.parse(fit=fit))
    image = source.batch(np.array([0]))[0, 0]
    assert image[0, 0] == corner
    assert abs(int(image[14, 0]) - left) <= 12
    assert abs(int(image[14, 14]) - 200) <= 1
    assert re.search(said, source.report.lines()[1])


def test_padding_of_light_pictures_is_light(tmp_path):
    Image.fromarray(255 - STRIPE).save(tmp_path / "a.png")
    assert open_images(tmp_path, size=28).batch(np.array([0]))[0, 0, 0, 0] == 255


@pytest.mark.parametrize(("side", "nearest"), [(50, 48), (256, 128), (512, 128), (5, 8)])
def test_sizes_that_networks_do_not_take_name_the_nearest(tmp_path, side, nearest):
    with pytest.raises(ValueError, match=f"--size {nearest}"):
        open_images(np.zeros((2, side, side)))
    with pytest.raises(ValueError, match=f"the nearest is {nearest}"):
        open_images(tmp_path, size=side)


def test_512_becoming_64_is_said(tmp_path):
    Image.new("L", (512, 512), 100).save(tmp_path / "a.png")
    assert "scaled from 512 to 64" in open_images(tmp_path).report.lines()[1]


def test_one_picture_has_no_labels(tmp_path):
    content = io.BytesIO()
    Image.fromarray(QUARTERS).save(content, "PNG")
    (tmp_path / "a").write_bytes(content.getvalue())
    assert open_labels(tmp_path / "a") is None
