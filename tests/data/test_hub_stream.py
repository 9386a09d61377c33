"""Streams of `datasets`, on local files in its true formats: nothing twice, nothing left out."""

import io
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from infogan.cli import main
from infogan.data import hub_stream
from infogan.data.open import open_images, open_labels
from infogan.data.shards import Shards
from infogan.data.source import Streamed
from infogan.errors import UserError
from infogan.runs.run import TrainingStopped, train
from infogan.storage.run_folder import RunFolder
from infogan.training.loop import real_batches
from infogan.training.processes import Processes

N = 60
IMAGES = [np.full((8, 8), 4 * i, np.uint8) for i in range(N)]


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr("infogan.errors.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs an extra \(datasets\).*infogan\[streaming\]"):
        open_images("hf:owner/name")


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = pytest.importorskip("datasets", minversion="4")
    monkeypatch.setattr(hub_stream, "HEAD", 16)
    monkeypatch.setattr(hub_stream, "BUFFER", 8)
    return found


@pytest.fixture
def parquet(datasets, tmp_path):
    """Three Parquet files as the hub has them, with `datasets`' own types."""
    folder = tmp_path / "set"
    (folder / "data").mkdir(parents=True)
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["dark", "light"])}
    )
    for part in range(3):
        chosen = range(20 * part, 20 * part + 20)
        rows = {
            "image": [{"bytes": png(IMAGES[i]), "path": None} for i in chosen],
            "label": [int(i >= 30) for i in chosen],
        }
        table = datasets.Dataset.from_dict(rows, features=features)
        table.to_parquet(str(folder / "data" / f"train-{part:05}-of-00003.parquet"))
    return f"hf:{folder}"


@pytest.fixture
def image_folder(datasets, tmp_path):
    """Files in a folder for each class."""
    for i, image in enumerate(IMAGES):
        path = tmp_path / "files" / "train" / ("light" if i >= 30 else "dark") / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(image))
    return f"hf:{tmp_path / 'files'}"


def shown(source, count, start=0, batch=10, processes=None):
    batches = real_batches(source, batch, 3, start, processes=processes or Processes())
    return [int(image[0, 0, 0]) // 4 for part in islice(batches, count) for image in part]


@pytest.mark.parametrize("kind", ["parquet", "image_folder"])
def test_every_image_comes_once_an_epoch_in_another_order_each(kind, request):
    source = open_images(request.getfixturevalue(kind))
    assert isinstance(source, Streamed)
    assert source.shape == (1, 28, 28)
    first, second = np.split(np.array(shown(source, 12)), 2)
    assert sorted(first) == sorted(second) == list(range(N))
    assert list(first) != list(range(N))
    assert list(first) != list(second)


@pytest.mark.parametrize("start", [10, 50, 60, 90, 150])
def test_it_goes_on_in_the_middle_of_an_epoch_as_if_it_had_not_stopped(parquet, start):
    whole = shown(open_images(parquet), 20)
    assert shown(open_images(parquet), 3, start=start) == whole[start : start + 30]


def test_each_process_sees_its_own_and_together_they_see_all_once(parquet):
    parts = [shown(open_images(parquet), 6, processes=Processes(rank, 2)) for rank in (0, 1)]
    assert not set(parts[0]) & set(parts[1])
    assert Counter(parts[0] + parts[1]) == Counter(range(N))
    assert sorted(shown(open_images(parquet), 6)) == list(range(N))


def test_only_what_a_process_trains_on_is_decoded(parquet, monkeypatch):
    source, decoded = open_images(parquet), list[int]()
    whole = source.decode
    monkeypatch.setattr(source, "decode", lambda items: decoded.append(len(items)) or whole(items))
    shown(source, 1, start=30, processes=Processes(1, 2))
    assert decoded == [5]


def test_labels_are_read_for_evaluation_alone(parquet):
    assert open_labels(parquet, split="train").tolist() == [int(i >= 30) for i in range(N)]


def test_packing_it_keeps_all(parquet, tmp_path):
    assert main(["data", "pack", parquet, "--out", str(tmp_path / "shards")]) == 0
    shards = Shards(tmp_path / "shards", "shards")
    assert [int(image[0, 0, 0]) // 4 for image in shards.batch(np.arange(N))] == list(range(N))


def test_a_run_that_is_stopped_and_goes_on_is_the_same_run(parquet, tiny_config, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    config = tiny_config(picture_kimg=1.0)
    train(parquet, whole, config=config, progress=False)

    def stop(tick):
        raise KeyboardInterrupt

    with pytest.raises((TrainingStopped, KeyboardInterrupt)):
        train(parquet, parts, config=config, progress=False, on_tick=stop)
    train(parquet, parts, config=config, progress=False, resume=True)
    told = [RunFolder(each).read_log()[-1] for each in (whole, parts)]
    assert told[0]["d_loss"] == told[1]["d_loss"]


def test_damage_is_told_with_the_remedy(datasets, tmp_path):
    folder = tmp_path / "bad" / "data"
    folder.mkdir(parents=True)
    content = [png(IMAGES[i]) for i in range(20)] + [b"no picture"] * 5
    rows = {"image": [{"bytes": each, "path": None} for each in content]}
    datasets.Dataset.from_dict(rows).to_parquet(str(folder / "train-00000-of-00001.parquet"))
    with pytest.raises(UserError, match="leaves such out: pack the stream"):
        shown(open_images(f"hf:{tmp_path / 'bad'}"), 3)


def test_a_table_shows_no_other_file_of_this_machine(datasets, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(IMAGES[9]))
    folder = tmp_path / "set" / "data"
    folder.mkdir(parents=True)
    rows = {"image": [{"bytes": None, "path": str(secret)}] * 3}
    datasets.Dataset.from_dict(rows).to_parquet(str(folder / "train-00000-of-00001.parquet"))
    with pytest.raises(UserError):
        open_images(f"hf:{tmp_path / 'set'}")


@pytest.mark.parametrize("error", [ConnectionError("no\nnetwork"), ValueError("no such set")])
def test_what_cannot_be_reached_is_one_line(datasets, monkeypatch, error):
    def fails(*_, **options):
        raise error

    monkeypatch.setattr(datasets, "load_dataset", fails)
    with pytest.raises(UserError, match=r"hf:owner/name: cannot be streamed \(no ") as told:
        open_images("hf:owner/name")
    assert "\n" not in str(told.value)
