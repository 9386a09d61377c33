"""Files made to harm: they ask for more memory than there is, or for files that are not theirs."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from infogan.data.factors_csv import read_factors
from infogan.data.folder import read_content
from infogan.data.labels_csv import read_labels_csv
from infogan.data.open import open_images
from infogan.data.rules import ImageRules
from infogan.errors import UserError
from infogan.files import read_json, read_yaml

BOMB = "as no images do"
MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def small_bombs(monkeypatch):
    """The same bounds, lower, so that these tests need not unpack gigabytes."""
    monkeypatch.setattr("infogan.data.unpacking.UNPACKED", MEGABYTE)
    monkeypatch.setattr("infogan.data.archive.MAX_FILE", MEGABYTE)


def refusal(path):
    """What is said of a file that is not read."""

    def read():
        source = open_images(path)
        source.batch(np.arange(len(source)))

    with pytest.raises(UserError) as caught:
        read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def zeros(shape, dtype="|u1"):
    """An .npy of zeros, written piece by piece."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    yield header.getvalue()
    left = int(np.prod(shape)) * np.dtype(dtype).itemsize
    while left > 0:
        yield bytes(min(left, 2**24))
        left -= 2**24


@pytest.mark.parametrize(
    "arrays",
    [
        {"imgs": (256, 128, 128), "latents_classes": (256, 6)},
        {"imgs": (8, 8, 8), "latents_classes": (2**16, 6)},
        {"images": (256, 64, 64, 3), "labels": (256, 6)},
    ],
)
def test_known_sets_are_no_way_round_the_bounds(tmp_path, arrays):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, shape in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                for part in zeros(shape, "|u1" if name.startswith("im") else "<i8"):
                    file.write(part)
    assert BOMB in refusal(path)


def test_a_matlab_file_that_unpacks_to_gigabytes_is_refused_early(tmp_path):
    packer, gigabytes = zlib.compressobj(1), 2**31 - 8
    array = struct.pack("<II", 14, gigabytes)
    array += struct.pack("<4I", 6, 8, 9, 0) + struct.pack("<2I4i", 5, 16, 32, 32, 3, gigabytes)
    array += struct.pack("<HH4s", 1, 1, b"X") + struct.pack("<II", 2, gigabytes)
    packed = packer.compress(array)
    packed += b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(300))
    packed += packer.flush()
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "train_32x32.mat").write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)
    assert BOMB in refusal(tmp_path / "train_32x32.mat")


def hdf5(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


def test_an_hdf5_that_declares_far_more_than_it_holds_is_refused(tmp_path):
    path = hdf5(tmp_path / "a.h5", images=np.zeros((2, 8, 8, 3), np.uint8))
    with h5py.File(path, "a") as file:
        file.create_dataset("labels", (10**9, 6), "f8", chunks=(1000, 6))
    assert BOMB in refusal(path)


@pytest.mark.parametrize("kind", ["external link", "soft link", "virtual", "external storage"])
def test_an_hdf5_shows_no_file_but_itself(tmp_path, kind):
    labels = np.zeros((2, 6))
    secret = hdf5(tmp_path / "secret.h5", images=np.zeros((2, 8, 8, 3), np.uint8))
    path = hdf5(tmp_path / "a.h5", labels=labels)
    with h5py.File(path, "a") as file:
        if kind == "external link":
            file["images"] = h5py.ExternalLink(str(secret), "/images")
        elif kind == "soft link":
            file["images"] = h5py.SoftLink("/labels")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((2, 8, 8, 3), "u1")
            layout[:] = h5py.VirtualSource(str(secret), "images", (2, 8, 8, 3))
            file.create_virtual_dataset("images", layout)
        else:
            raw = [(str(tmp_path / "secret.h5"), 0, 384)]
            file.create_dataset("images", (2, 8, 8, 3), "u1", external=raw)
    assert "images is" in refusal(path)


def png():
    buffer = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_parquet_shows_no_file_beside_its_folder(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    (tmp_path / "set").mkdir()
    for name in ("secret.png", "set/own.png"):
        (tmp_path / name).write_bytes(png())
    paths = ["own.png", "../secret.png", str(tmp_path / "secret.png")]
    parquet.write_table(
        pa.table({"image": [{"bytes": None, "path": path} for path in paths]}),
        tmp_path / "set" / "a.parquet",
    )
    source = open_images(tmp_path / "set" / "a.parquet")
    assert (len(source), source.report.left_out) == (1, {"no image": ["1", "2"]})


def test_celebas_zip_is_bounded_as_others_are(tmp_path):
    path = tmp_path / "celeba.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("img_align_celeba/000001.jpg", bytes(2 * MEGABYTE))
    assert "unpacks to more than 256 MiB" in refusal(path)


def test_known_sets_pictures_are_bounded_as_others_are(tmp_path):
    path = tmp_path / "chairs" / "one" / "renders"
    path.mkdir(parents=True)
    bomb = Image.new("1", (12_000, 12_000))
    bomb.save(path / "image_000_p020_t011_r096.png")
    assert "cannot be read as an image" in refusal(tmp_path / "chairs")


@pytest.mark.parametrize("damage", [b"\xff" * 8, b"\x00" * 8])
def test_a_deflated_file_that_is_damaged_counts_as_unreadable(tmp_path, damage):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", png())
    content = bytearray(path.read_bytes())
    at = 30 + len("0.png")  # behind the member's own header
    content[at : at + 8] = damage
    path.write_bytes(content)
    assert "1 of 1 image files are unreadable" in refusal(path)


@pytest.mark.parametrize("read", [read_factors, read_labels_csv])
def test_tables_are_bounded_and_in_utf_8(tmp_path, monkeypatch, read):
    table = tmp_path / "a.csv"
    table.write_bytes("file,label\na.png,grün\n".encode("utf-16"))
    with pytest.raises(UserError, match="not a table in UTF-8"):
        read(table)
    monkeypatch.setattr("infogan.data.tables.MOST_BYTES", 10)
    with pytest.raises(UserError, match="too long for a table"):
        read(table)


def test_a_pipe_is_not_waited_on(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is neither a file nor a folder" in refusal(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert "is neither a file nor a folder" in refusal(tmp_path / "zero")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("shape", [(10**15, 0, 0), (10**15, 8, 0), (10**15, 1, 0, 8)])
def test_any_number_of_images_without_a_pixel_is_none(tmp_path, shape, suffix):
    """They take no bytes, and to go through them would take days."""
    (content,) = zeros(shape)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    if suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("images.npy", content)
    assert "there are no images in it" in refusal(path)


def test_a_file_that_tells_no_length_is_read_within_bounds():
    """As those of the system, which may go on for ever."""
    with pytest.raises(UserError, match="more than 1,048,576 bytes, too long for a config"):
        read_yaml(Path("/dev/zero"), "a config")
    with pytest.raises(UserError, match="is no file; repair or remove it"):
        read_json(Path("/dev/zero"), "names")


@pytest.mark.parametrize(
    ("height", "words"),
    [(8_388_616, "are said to unpack to 268,435,712"), (34_078_728, "take 1,040 MiB")],
)
def test_a_tiff_of_bits_is_counted_as_the_numbers_it_becomes(height, words):
    """Fuzzing found it: a hundred bytes became 2.6 GB."""
    tags = [(256, 8), (257, height), (258, 8), (259, 45), (262, 1), (273, 8), (278, height)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    content = b"II" + struct.pack("<HIH", 42, 8, len(tags)) + entries + bytes(4)
    with pytest.raises(UserError, match=words):
        read_content(content, (1, 8, 8), ImageRules())


def test_a_parquet_of_fewer_than_no_rows_is_refused(tmp_path, monkeypatch):
    """Fuzzing found it, in the bytes of a footer."""
    pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    parquet.write_table(
        pa.table({"image": [{"bytes": png(), "path": None}]}), tmp_path / "a.parquet"
    )
    content = (tmp_path / "a.parquet").read_bytes()
    # Thrift's compact protocol: the footer's third field, after the schema, counts the rows.
    found = [i for i in range(len(content) - 12) if content[i : i + 3] == b"\x16\x02\x19"]
    (tmp_path / "a.parquet").write_bytes(
        content[: found[0] + 1] + b"\x01" + content[found[0] + 2 :]
    )
    assert "it says it has -1 rows" in refusal(tmp_path / "a.parquet")
