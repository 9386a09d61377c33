"""Many picture files, wherever they lie: found, counted, left out by reason, told apart."""

import csv
import gzip
import io
import json
import os
import struct
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from infogan.data import npz
from infogan.data.open import open_images, open_labels
from infogan.data.preprocessing import ImageStatistics, Preprocessing
from infogan.data.rules import ImageRules
from infogan.data.stream import ImageStream
from infogan.errors import UserError

SHADES = (20, 90, 160, 230)
FIRST = np.arange(4)


def png(shade, size=(32, 32)):
    content = io.BytesIO()
    Image.new("L", size, shade).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def files():
    """Four pictures in two folders, and what else lies around."""
    return {
        "set/a/1.png": png(20),
        "set/a/2": png(90),
        "set/b/1.png": png(160),
        "set/b/3.weird": png(230),
        "set/readme.txt": b"hello",
        "set/.hidden.png": png(1),
        "set/__MACOSX/x.png": b"",
    }


def shades(source):
    return source.batch(np.arange(len(source)))[:, 0, 0, 0].tolist()


def write_folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path / "set"


def write_zip(path, files):
    with zipfile.ZipFile(path / "x.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path / "x.zip"


def write_tar(path, files, mode="w"):
    name = path / ("x.tar.gz" if mode == "w:gz" else "x.tar")
    with tarfile.open(name, mode) as archive:
        for member, content in files.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return name


WRITERS = {
    "folder": write_folder,
    "zip": write_zip,
    "tar": write_tar,
    "tar.gz": lambda path, files: write_tar(path, files, "w:gz"),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_folders_and_archives_are_read_alike(tmp_path, files, write):
    path = write(tmp_path, {k: v for k, v in files.items() if "MACOSX" not in k})
    source = open_images(path)
    assert shades(source) == list(SHADES)
    assert [name.removeprefix("set/") for name in source.names] == [
        "a/1.png", "a/2", "b/1.png", "b/3.weird",
    ]  # fmt: skip
    found, read = source.report.lines()
    assert "4 of 6 in" in found
    assert "1 left out, hidden:" in found
    assert "readme.txt" in found
    assert "32x32 grey" in read
    parts = list(ImageStream(path, split="train", shape=(1, 32, 32)))
    assert np.array_equal(parts[0].images, source.batch(FIRST))
    assert parts[0].names == list(source.names)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_folders_are_classes_wherever_they_lie(tmp_path, files, write):
    path = write(tmp_path, {k: v for k, v in files.items() if "MACOSX" not in k})
    assert open_labels(path).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("write", [write_folder, write_zip, write_tar])
def test_train_and_test_are_splits_wherever_they_lie(tmp_path, write):
    path = write(tmp_path, {f"set/{part}/{i}.png": png(s) for i, s in enumerate((20, 90))
                            for part in (("train",) if i else ("test",))})  # fmt: skip
    assert shades(open_images(path)) == [90]
    assert shades(open_images(path, split="test")) == [20]


def test_links_are_followed_once_and_circles_are_refused(tmp_path, files):
    folder = write_folder(tmp_path, files)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "z.png").write_bytes(png(200))
    os.symlink(elsewhere, folder / "linked")
    os.symlink(elsewhere, folder / "linked-again")
    os.symlink(folder, folder / "a" / "up")
    os.symlink(folder / "nowhere", folder / "broken")
    os.symlink(elsewhere / "z.png", folder / "one.png")
    source = open_images(folder)
    assert source.names == ("a/1.png", "a/2", "b/1.png", "b/3.weird", "linked/z.png", "one.png")
    left = source.report.left_out
    assert left["link that leads in a circle"] == ["a/up"]
    assert left["link to a folder that is read already"] == ["linked-again"]
    assert left["no file"] == ["broken"]
    assert source.report.equal == 1


def test_damage_in_archives_is_a_line(tmp_path, files):
    path = write_zip(tmp_path, files)
    content = path.read_bytes()
    at = content.index(b"IDAT")
    path.write_bytes(content[:at] + bytes(20) + content[at + 20 :])
    with pytest.warns(UserWarning, match="1 of 4 image files are unreadable: set/a/1.png"):
        assert len(open_images(path)) == 3
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="not a readable zip"):
        open_images(path)
    tar = write_tar(tmp_path, files, "w:gz")
    tar.write_bytes(tar.read_bytes()[:-300])
    with pytest.raises(ValueError, match="not a readable tar"):
        open_images(tar)


# WebDataset


def shard(path, first, shades):
    members = {}
    for i, shade in enumerate(shades):
        members |= {
            f"{i:04}.png": png(shade),
            f"{i:04}.cls": str(first + i).encode(),
            f"{i:04}.json": b"{}",
        }
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_shards_of_webdataset_with_their_labels(tmp_path):
    shard(tmp_path / "photos-000.tar", 0, SHADES[:2])
    shard(tmp_path / "photos-001.tar", 2, SHADES[2:])
    for data in (tmp_path, tmp_path / "photos-{000..001}.tar"):
        source = open_images(data)
        assert shades(source) == list(SHADES)
        assert open_labels(data).tolist() == [0, 1, 2, 3]
    assert "4 left out, labels (.cls)" in source.report.lines()[0]
    with pytest.raises(ValueError, match=r"1 of 3 files are not there: .*photos-002\.tar"):
        open_images(tmp_path / "photos-{000..002}.tar")


# Tables


@pytest.fixture
def parquet():
    return pytest.importorskip("pyarrow.parquet")


def table(images, **columns):
    import pyarrow as pa

    return pa.table({"image": images, **columns})


def test_parquet_with_bytes_or_paths_and_labels(tmp_path, parquet):
    parquet.write_table(table([png(s) for s in SHADES], label=[3, 1, 3, 0]), tmp_path / "a.parquet")
    assert shades(open_images(tmp_path / "a.parquet")) == list(SHADES)
    assert open_labels(tmp_path / "a.parquet").tolist() == [3, 1, 3, 0]
    records = [{"bytes": png(s), "path": f"{s}.png"} for s in SHADES]
    parquet.write_table(table(records), tmp_path / "b.parquet")
    assert shades(open_images(tmp_path / "b.parquet")) == list(SHADES)
    for s in SHADES:
        (tmp_path / f"{s}.png").write_bytes(png(s))
    parquet.write_table(table([f"{s}.png" for s in SHADES]), tmp_path / "c.parquet")
    assert shades(open_images(tmp_path / "c.parquet")) == list(SHADES)
    stream = ImageStream(tmp_path / "c.parquet", split="train", shape=(1, 8, 8))
    assert (stream.named_by, next(iter(stream)).names) == ("index", ["0", "1", "2", "3"])


def test_folders_of_datasets(tmp_path, parquet):
    import pyarrow as pa

    hub = tmp_path / "hub" / "data"
    hub.mkdir(parents=True)
    parquet.write_table(table([png(20)]), hub / "train-00000-of-00002.parquet")
    parquet.write_table(table([png(90)]), hub / "train-00001-of-00002.parquet")
    parquet.write_table(table([png(160)]), hub / "test-00000-of-00001.parquet")
    assert shades(open_images(tmp_path / "hub")) == [20, 90]
    assert shades(open_images(tmp_path / "hub", split="test")) == [160]
    saved = tmp_path / "saved"
    for split, shade in (("train", 20), ("test", 230)):
        (saved / split).mkdir(parents=True)
        rows = table([{"bytes": png(shade), "path": None}], label=[1])
        path = str(saved / split / "data-00000-of-00001.arrow")
        with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, rows.schema) as writer:
            writer.write_table(rows)
        (saved / split / "dataset_info.json").write_text("{}")
    (saved / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert shades(open_images(saved)) == [20]
    assert shades(open_images(saved, split="test")) == [230]


def test_tables_without_pictures_are_refused(tmp_path, parquet):
    import pyarrow as pa

    parquet.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"no column of images \(its columns: a, b\)"):
        open_images(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="not a readable table"):
        open_images(tmp_path / "b.parquet")


# CSV

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 64))


def write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        if header:
            writer.writerow(header)
        writer.writerows(rows)
    return path


def test_kaggles_layout_and_its_label_is_never_a_pixel(tmp_path):
    names = [f"pixel{i}" for i in range(64)]
    rows = [[7, *row] for row in PIXELS.tolist()]
    for path in (
        write_csv(tmp_path / "a.csv", ["label", *names], rows),
        write_csv(tmp_path / "b.csv", None, rows),
        write_csv(tmp_path / "c.csv", [*names, "label"], [[*row[1:], 7] for row in rows]),
    ):
        assert np.array_equal(open_images(path).batch(FIRST).reshape(4, 64), PIXELS)
        assert open_labels(path).tolist() == [7, 7, 7, 7]
    bare = write_csv(tmp_path / "d.csv", None, PIXELS.tolist())
    assert np.array_equal(open_images(bare).batch(FIRST).reshape(4, 64), PIXELS)
    assert open_labels(bare) is None


def test_fers_layout_with_its_usage(tmp_path):
    rows = [
        [i % 2, " ".join(map(str, row)), "Training" if i < 3 else "PublicTest"]
        for i, row in enumerate(PIXELS.tolist())
    ]
    path = write_csv(tmp_path / "fer.csv", ["emotion", "pixels", "Usage"], rows)
    assert np.array_equal(open_images(path).batch(np.arange(3)).reshape(3, 64), PIXELS[:3])
    assert np.array_equal(
        open_images(path, split="test").batch(FIRST[:1]).reshape(1, 64), PIXELS[3:]
    )
    assert open_labels(path, split="train").tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[1] * 64, [1] * 63], "line 2 has 63 cells, expected 64"),
        ([[1] * 64, ["x", *[1] * 63]], "line 2: could not convert"),
        ([[1] * 70], "70 columns of pixels are no square image|69 columns"),
    ],
)
def test_bad_csv_is_refused_by_line(tmp_path, rows, told):
    with pytest.raises(ValueError, match=told) as caught:
        open_images(write_csv(tmp_path / "a.csv", None, rows))
    assert "\n" not in str(caught.value)


# What says it is larger than it is


def peak_of(work):
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as caught:
            work()
        return str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bomb_npz(path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (400_000, 28, 28)}
    )
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("images.npy", "w", force_zip64=True) as file,
    ):
        file.write(header.getvalue())
        for _ in range(400):
            file.write(bytes(784_000))


def test_archives_of_arrays_that_are_bombs_are_refused_unread(tmp_path):
    bomb_npz(tmp_path / "a.npz")
    assert (tmp_path / "a.npz").stat().st_size < 2**20
    said, peak = peak_of(lambda: open_images(tmp_path / "a.npz"))
    assert "as no images do" in said
    assert peak < 2**24
    content = gzip.compress(bytes(2**28))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 2**20, 32, 32)) + content
    )
    said, peak = peak_of(lambda: open_images(tmp_path / "train-images-idx3-ubyte.gz"))
    assert "as no images do" in said
    assert peak < 2**24


@pytest.mark.parametrize("shape", [(10**12, 8, 8), (2**62, 2**62, 2**62), (-5, 8, 8)])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_impossible_headers_are_refused(tmp_path, shape, suffix):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    content = header.getvalue() + bytes(512)
    if suffix == "npy":
        (tmp_path / "a.npy").write_bytes(content)
    else:
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("images.npy", content)
    said, peak = peak_of(lambda: open_images(tmp_path / f"a.{suffix}"))
    assert f"not a readable .{suffix}" in said
    assert peak < 2**24


def test_an_npz_is_streamed(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "PART_BYTES", 1000)
    images = np.random.default_rng(0).integers(0, 4096, (50, 8, 8), np.uint16)
    images[0, 0, 0] = 4095
    np.savez_compressed(tmp_path / "a.npz", images)
    read = open_images(tmp_path / "a.npz").batch(np.arange(50))[:, 0]
    assert np.abs(read - images / 4095 * 255).max() <= 0.51


def test_a_file_in_an_archive_that_unpacks_to_too_much_is_left_out(tmp_path, monkeypatch):
    from infogan.data import archive

    monkeypatch.setattr(archive, "MAX_FILE", 1000)
    files = {"a.png": png(20), "b.png": png(90), "c.png": bytes(2000)}
    for path in (write_zip(tmp_path, files), write_tar(tmp_path, files)):
        source = open_images(path)
        assert shades(source) == [20, 90]
        assert source.report.left_out == {"unpacks to more than 256 MiB": ["c.png"]}


# What a model remembers


def test_new_images_that_do_not_look_alike_are_warned_of(tmp_path, files):
    known = Preprocessing.of(open_images(write_folder(tmp_path, files)))
    assert Preprocessing.from_dict(json.loads(json.dumps(known.as_dict()))).as_dict() == (
        known.as_dict()
    )
    rng = np.random.default_rng(0)
    lit = rng.integers(0, 256, (40, 1, 8, 8)).astype(np.uint8)
    statistics = ImageStatistics.of(lit)
    assert Preprocessing(statistics=statistics).warning(lit[:1], "x") == ""
    assert "darker" in Preprocessing(statistics=statistics).warning(lit // 16, "x")
    assert "brighter" in Preprocessing(statistics=statistics).warning(255 - lit // 16, "x")
    flat = (lit // 16 + 120).astype(np.uint8)
    assert "flatter" in Preprocessing(statistics=statistics).warning(flat, "x")


def test_values_of_another_scale_are_read_by_their_own_and_it_is_said():
    rng = np.random.default_rng(0)
    deep = rng.integers(0, 4096, (9, 8, 8)).astype(np.uint16)
    kept = ImageRules(range=(0, 4095))
    assert open_images(deep // 4, rules=kept).batch(FIRST).max() < 70  # dark, and may well be
    with pytest.warns(UserWarning, match="where the model was trained on 0 to 4095"):
        unit = open_images(deep / 4095, rules=kept).batch(FIRST)
    assert np.abs(unit[:, 0] - deep[:4] / 4095 * 255).max() <= 0.51


@pytest.mark.parametrize(
    "content", [{}, [], {"rules": {}}, {"rules": None, "statistics": {}, "layout": {}, "read": []}]
)
def test_a_damaged_memory_is_a_line(content):
    with pytest.raises(UserError, match=r"not (how|rules)"):
        Preprocessing.from_dict(content)
