"""Images packed into shards: any of them, in any order, read where they lie."""

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infogan.cli import main
from infogan.data import shards
from infogan.data.open import open_images, open_labels
from infogan.data.shards import Shards
from infogan.data.stream import ImageStream
from infogan.errors import UserError
from infogan.training.loop import real_batches
from infogan.training.processes import Processes


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five small colour pictures of two classes, and a file that is none."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(25):
        path = folder / ("cats" if number % 2 else "dogs") / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).save(path)
    (folder / "dogs" / "torn.png").write_bytes(b"\x89PNG torn")
    return folder


@pytest.fixture(scope="module")
def packed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packed") / "shards"
    args = ["data", "pack", str(photos), "--out", str(out), "--size", "12", "--per-shard", "10"]
    assert main(args) == 0
    return out


def test_shards_are_the_images_of_the_folder(photos: Path, packed: Path) -> None:
    with pytest.warns(UserWarning, match="unreadable"):
        expected = open_images(photos, size=12)
    source = open_images(packed)
    assert isinstance(source, Shards)
    assert (len(source), source.shape) == (25, (3, 12, 12))
    order = np.random.default_rng(1).permutation(25)
    assert np.array_equal(source.batch(order), expected.batch(order))
    assert np.array_equal(open_labels(packed), open_labels(photos))
    grey = open_images(packed, size=8, channels=1)
    assert grey.batch(np.arange(3)).shape == (3, 1, 8, 8)


def test_shards_are_tars_as_webdataset_has_them(packed: Path) -> None:
    """Any reader of tars finds a PNG for every key, in order; so does the one of archives."""
    keys = []
    for path in sorted(packed.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                keys.append(member.name)
                assert Image.open(tar.extractfile(member)).size == (12, 12)
    assert keys == [f"{number:09}.png" for number in range(25)]
    named = open_images(f"{packed}/{{00000..00002}}.tar", size=12)
    assert np.array_equal(named.batch(np.arange(25)), Shards(packed, "").batch(np.arange(25)))


def test_shards_of_others_are_packed(tmp_path: Path) -> None:
    """Pictures and their classes beside each other, in two tars: grey, of any size."""
    for shard in range(2):
        with tarfile.open(tmp_path / f"train-{shard}.tar", "w") as tar:
            for number in range(4):
                buffer = io.BytesIO()
                Image.new("L", (9, 9), 60 * number).save(buffer, "PNG")
                parts = {"png": buffer.getvalue(), "cls": str(number % 2).encode()}
                for suffix, content in parts.items():
                    member = tarfile.TarInfo(f"{shard}{number}.{suffix}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
    out = tmp_path / "out"
    args = ["data", "pack", f"{tmp_path}/train-{{0..1}}.tar", "--size", "8", "--out", str(out)]
    assert main(args) == 0
    source = open_images(out)
    assert source.shape == (1, 8, 8)
    assert source.batch(np.arange(8))[:, 0, 0, 0].tolist() == 2 * [0, 60, 120, 180]
    assert open_labels(out).tolist() == 4 * [0, 1]


def test_an_epoch_is_shared_and_gone_on_with_in_its_middle(packed: Path) -> None:
    source, seen = Shards(packed, ""), []
    for processes in (Processes(0, 2), Processes(1, 2)):
        batches = real_batches(source, 4, seed=3, start=8, processes=processes)
        seen.append([next(batches) for _ in range(4)])
    whole = real_batches(source, 4, seed=3, start=0)
    for skipped in range(2):
        del skipped
        next(whole)
    for one, other in zip(*seen, strict=True):
        batch = next(whole)
        assert np.array_equal(one, batch[::2])
        assert np.array_equal(other, batch[1::2])


def test_models_read_shards_part_by_part(packed: Path) -> None:
    stream = ImageStream(packed, split="test", shape=(3, 12, 12))
    (part,) = stream
    assert np.array_equal(part.images, Shards(packed, "").batch(np.arange(25)))
    assert part.names[-1] == "24"


def test_arrays_are_packed_too(tiny_data: Path, tmp_path: Path) -> None:
    assert main(["data", "pack", str(tiny_data), "--out", str(tmp_path / "out")]) == 0
    source, expected = open_images(tmp_path / "out"), open_images(tiny_data)
    assert np.array_equal(source.batch(np.arange(40)), expected.batch(np.arange(40)))


@pytest.fixture(scope="module")
def grey(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty grey images of side 8 in two tars, with their labels."""
    out = tmp_path_factory.mktemp("grey") / "shards"
    args = ["data", "pack", str(tiny_data), "--out", str(out), "--per-shard", "20"]
    assert main(args) == 0
    np.save(out / "labels.npy", np.arange(40) % 3)
    return out


def says(**fields: object) -> Callable[[Path], object]:
    """Its description with other values in some fields."""

    def harm(path: Path) -> None:
        told = json.loads((path / "shards.json").read_text())
        (path / "shards.json").write_text(json.dumps(told | fields))

    return harm


def place(row: int, column: int, value: int) -> Callable[[Path], object]:
    """An index with another shard, offset or size of one image."""

    def harm(path: Path) -> None:
        index = np.load(path / "index.npy")
        index[row, column] = value
        np.save(path / "index.npy", index)

    return harm


def impossible(name: str) -> Callable[[Path], object]:
    """An array whose header says that it holds far more than the file, and than any memory."""

    def harm(path: Path) -> None:
        with (path / name).open("wb") as file:
            header = {"descr": "<i8", "fortran_order": False, "shape": (10**12, 3)}
            np.lib.format.write_array_header_1_0(file, header)

    return harm


def picture(image: Image.Image, kind: str = "PNG") -> Callable[[Path], object]:
    """Another picture in the place of image 3."""

    def harm(path: Path) -> None:
        buffer = io.BytesIO()
        image.save(buffer, kind)
        (path / "00000.tar").write_bytes(buffer.getvalue() + bytes(40_000))
        place(3, 1, 0)(path)
        place(3, 2, buffer.tell())(path)

    return harm


def linked(name: str, target: str) -> Callable[[Path], object]:
    def harm(path: Path) -> None:
        (path / name).unlink()
        (path / name).symlink_to(target)

    return harm


def pipe(name: str) -> Callable[[Path], object]:
    def harm(path: Path) -> None:
        (path / name).unlink()
        os.mkfifo(path / name)

    return harm


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: (path / "00001.tar").unlink(), "00001.tar: cannot be read"),
        (lambda path: (path / "index.npy").write_bytes(b"torn"), "index.npy: not a readable .npy"),
        (lambda path: (path / "index.npy").unlink(), "index.npy: is missing"),
        (lambda path: (path / "shards.json").write_text("{}"), "version: expected a whole number"),
        (lambda path: (path / "shards.json").write_text("[" * 99_999), "not a folder of shards"),
        (lambda path: (path / "00000.tar").write_bytes(b"?" * 40_000), "image 3 is damaged"),
        (lambda path: (path / "00000.tar").write_bytes(b"?"), "image 0 lies outside"),
        (says(version=2), "version: expected 1, found 2"),
        (says(images=10**12), "index.npy: int64 of shape"),
        (says(images=0), "images: expected 1 or more"),
        (says(images=True), "images: expected a whole number, found true"),
        (says(images="40"), "images: expected a whole number"),
        (says(channels=2), "channels: expected 1 or 3"),
        (says(size=10**9), "size: expected a side"),
        (says(size=-8), "size: expected a side"),
        (says(size=8.0), "size: expected a whole number"),
        (says(size=16), "image 3 is damaged .it is L of 8x8"),
        (says(channels=3), "image 3 is damaged .it is L of 8x8"),
        (says(shards=[]), "shards: expected 00000.tar"),
        (says(shards=None), "shards: expected 00000.tar"),
        (says(shards={"00000.tar": 0}), "shards: expected 00000.tar"),
        (says(shards=["../../secret.tar", "00001.tar"]), "shards: expected 00000.tar"),
        (says(shards=["/dev/zero"]), "shards: expected 00000.tar"),
        (says(shards=["x" * 10**6]), "shards: expected 00000.tar"),
        (says(shards=["00000.tar"]), "image 20 lies outside"),
        (place(5, 0, -1), "image 5 lies outside"),
        (place(39, 0, 2), "image 39 lies outside"),
        (place(5, 1, -1), "image 5 lies outside"),
        (place(5, 1, 2**62), "image 5 lies outside"),
        (place(5, 2, 0), "image 5 lies outside"),
        (place(5, 2, -(2**63)), "image 5 lies outside"),
        (place(5, 2, 2**62), "image 5 lies outside"),
        (impossible("index.npy"), "index.npy: not a readable .npy"),
        (lambda path: np.save(path / "index.npy", np.zeros((40, 3))), "index.npy: float64 of"),
        (lambda path: np.save(path / "index.npy", np.zeros((4, 3), int)), "int64 of shape .4, 3"),
        (lambda path: np.save(path / "index.npy", np.array([{}])), "pickled objects"),
        (picture(Image.new("L", (8, 8)), "GIF"), "image 3 is damaged"),
        (picture(Image.new("1", (9_000, 9_000))), "image 3 is damaged .it is 1 of 9000x9000"),
        (linked("00000.tar", "/dev/zero"), "00000.tar: is no file"),
        (linked("index.npy", "/dev/zero"), "index.npy: is no file"),
        (pipe("00000.tar"), "00000.tar: is no file"),
        (pipe("index.npy"), "index.npy: is no file"),
    ],
)
def test_damage_and_malice_are_said_in_a_line(
    harm: Callable[[Path], object], message: str, grey: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(grey, tmp_path / "out")
    harm(out)
    with pytest.raises(UserError, match=message) as raised:
        open_images(out).batch(np.array([3]))
    assert len(str(raised.value)) < 400 + 2 * len(str(out))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (impossible("labels.npy"), "labels.npy: not a readable .npy"),
        (lambda path: np.save(path / "labels.npy", np.zeros(40)), "float64 of shape"),
        (lambda path: np.save(path / "labels.npy", np.zeros(39, int)), "each of 40 images"),
        (lambda path: np.save(path / "labels.npy", np.array([{}])), "pickled objects"),
        (linked("labels.npy", "/dev/zero"), "labels.npy: is no file"),
        (pipe("labels.npy"), "labels.npy: is no file"),
    ],
)
def test_so_are_those_of_labels(
    harm: Callable[[Path], object], message: str, grey: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(grey, tmp_path / "out")
    harm(out)
    with pytest.raises(UserError, match=message):
        open_labels(out)


def test_more_tars_than_files_may_be_open(
    grey: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "MOST_OPEN", 3)
    args = ["data", "pack", str(tiny_data), "--out", str(tmp_path / "out"), "--per-shard", "1"]
    assert main(args) == 0
    before = len(os.listdir("/proc/self/fd"))
    source, order = Shards(tmp_path / "out", ""), np.random.default_rng(0).permutation(40)
    assert np.array_equal(source.batch(order), Shards(grey, "").batch(order))
    assert len(os.listdir("/proc/self/fd")) <= before + 3 + 2
    del source
    assert len(os.listdir("/proc/self/fd")) <= before


def test_what_is_packed_is_not_replaced_by_it(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the shards themselves, nor tars or pictures that lie in the folder."""
    out = shutil.copytree(packed, tmp_path / "out")
    Image.new("L", (8, 8)).save(out / "one.png")
    before = {path: path.read_bytes() for path in out.rglob("*")}
    for images in (out, out / "one.png", f"{out}/{{00000..00002}}.tar", out / ".." / "out"):
        assert main(["data", "pack", str(images), "--out", str(out), "--force"]) == 2
        assert "out: --force would replace it, and" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*")} == before


def test_nothing_is_replaced_unasked(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads((packed / "shards.json").read_text())
    assert main(["data", "pack", "digits", "--out", str(packed)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert json.loads((packed / "shards.json").read_text()) == before
