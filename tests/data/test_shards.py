"""Images packed into shards: any of them, in any order, read where they lie."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infogan.cli import main
from infogan.data.open import open_images, open_labels
from infogan.data.shards import Shards
from infogan.data.stream import ImageStream
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


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: (path / "00001.tar").unlink(), "00001.tar: cannot be read"),
        (lambda path: (path / "index.npy").write_bytes(b"torn"), "not a whole folder of shards"),
        (lambda path: (path / "shards.json").write_text("{}"), "not a whole folder of shards"),
        (lambda path: (path / "00000.tar").write_bytes(b"?" * 9000), "image 3 is damaged"),
    ],
)
def test_damage_is_said(harm, message: str, tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    args = ["data", "pack", str(tiny_data), "--out", str(out), "--per-shard", "20"]
    assert main(args) == 0
    harm(out)
    with pytest.raises(ValueError, match=message):
        open_images(out).batch(np.array([3]))


def test_nothing_is_replaced_unasked(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads((packed / "shards.json").read_text())
    assert main(["data", "pack", "digits", "--out", str(packed)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert json.loads((packed / "shards.json").read_text()) == before
