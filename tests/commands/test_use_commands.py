"""encode, cluster and name on the command line: what they write, say and refuse."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

import infogan


@pytest.fixture
def clear_model(monkeypatch):
    """Makes Q sure of itself: the category is the size of the disc, as it is drawn."""
    original = infogan.Model.encode

    def encode(model, images):
        sizes = (images[:, 0] > 100).sum(axis=(1, 2))
        value = np.searchsorted([8, 20], sizes)
        probs = np.eye(3)[value] * 0.97 + 0.01
        return original(model, images) | {"kind": {"probs": probs, "value": value}}

    monkeypatch.setattr(infogan.Model, "encode", encode)


def labels(path, *lines):
    path.write_text("\n".join(["index,label", *lines]) + "\n")
    return path


# encode


@pytest.mark.usefixtures("run")
def test_encode_writes_a_row_an_image(cli, tiny_data, tiny_images, tmp_path):
    status, out, _ = cli("encode", "run", "--images", tiny_data, "--out", "new/codes.csv")
    assert status == 0
    assert "written   new/codes.csv: 40 images in " in out
    assert "infogan cluster run" in out
    with (tmp_path / "new" / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    encoded = infogan.load(tmp_path / "run").encode(tiny_images)
    assert [row["index"] for row in rows] == [str(i) for i in range(40)]
    assert [int(row["kind"]) for row in rows] == encoded["kind"]["value"].tolist()
    for name, column in (("tilt", "mean"), ("tilt_sigma", "std")):
        values = [float(row[name]) for row in rows]
        assert np.allclose(values, encoded["tilt"][column], rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("run")
def test_encode_names_files(cli, tiny_images, tmp_path):
    (tmp_path / "photos").mkdir()
    for i in range(3):
        Image.fromarray(tiny_images[i][0]).save(tmp_path / "photos" / f"{i}.png")
    assert cli("encode", "run", "--images=photos", "--out=codes.npz")[0] == 0
    with np.load(tmp_path / "codes.npz") as arrays:
        assert arrays["file"].tolist() == ["0.png", "1.png", "2.png"]


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("trunk", ["shared", "own"])
def test_encode_adds_the_trunks_numbers(cli, tiny_config, tiny_data, tiny_images, tmp_path, trunk):
    config = tiny_config({"q_trunk": trunk}).model
    blank = infogan.Model.blank(config)
    infogan.save_model(tmp_path / "m", config, blank.generator, blank.discriminator)
    for suffix in ("csv", "npz", "parquet"):
        ask = ("encode", "m", "--images", tiny_data, "--features", f"--out=x.{suffix}")
        assert cli(*ask)[0] == 0
    model = infogan.load(tmp_path / "m")
    features = model.features(tiny_images)
    # Q's head reads the codes from them.
    q = model.discriminator.q_head(torch.from_numpy(features))
    codes = dict(zip(("kind", "tilt"), (part for _, part in model.latent.split_q(q)), strict=True))
    encoded = model.encode(tiny_images)
    assert np.allclose(codes["kind"].softmax(dim=1).detach(), encoded["kind"]["probs"], atol=1e-5)
    assert features.shape == (40, 16)
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["features"].dtype == np.float32
        assert np.allclose(arrays["features"], features, atol=1e-5)
        assert np.allclose(arrays["tilt"], encoded["tilt"]["mean"], atol=1e-5)
    with (tmp_path / "x.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = [[float(row[f"features_{i}"]) for i in range(16)] for row in rows]
    assert np.allclose(found, features, rtol=1e-4, atol=1e-5)
    parquet = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "x.parquet")
    found = np.stack([parquet[f"features_{i}"].to_numpy() for i in range(16)], axis=1)
    assert np.allclose(found, features, atol=1e-5)


def test_a_code_called_features_leaves_no_room_for_them(cli, tiny_config, tiny_data, tmp_path):
    config = tiny_config({"codes": "features=cat:3"}).model
    blank = infogan.Model.blank(config)
    infogan.save_model(tmp_path / "m", config, blank.generator, blank.discriminator)
    status, _, err = cli("encode", "m", "--images", tiny_data, "--features")
    assert (status, "two columns would be called features" in err) == (2, True)
    assert not (tmp_path / "codes.csv").exists()
    assert cli("encode", "m", "--images", tiny_data)[0] == 0


# cluster


@pytest.mark.usefixtures("run")
def test_cluster_sorts_and_counts(cli, tiny_data, tmp_path):
    status, out, _ = cli("cluster", "run", "--images", tiny_data, "--out=sorted", "--files=copy")
    assert status == 0
    counts = {line.split()[0]: int(line.split()[1]) for line in out.splitlines()[:3]}
    assert sum(counts.values()) == 40
    for folder, count in counts.items():
        assert len(list((tmp_path / "sorted").glob(f"{folder}/*.png"))) == count


# name


@pytest.mark.usefixtures("run", "clear_model")
def test_names_come_from_labelled_images(cli, tiny_data, tmp_path):
    labels(tmp_path / "l.csv", "0,small", "1,middle", "2,big", "3,small", "4,small")
    status, out, err = cli("name", "run", "--from=l.csv", "--images", tiny_data)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1:4] == [
        "0 small 2 small",
        "1 middle 1 middle, 1 small ambiguous: it holds 1 middle and 1 small",
        "2 big 1 big",
    ]
    assert lines[4] == "5 labelled images, 3 categories, 1 ambiguous"
    # From now on names are values.
    assert cli("sample", "run", "--n=4", "--set=kind=big", "--out=x.npz")[0] == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert set(arrays["code_kind"]) == {2}


@pytest.mark.usefixtures("run", "clear_model")
def test_labels_without_a_category_are_told(cli, tiny_data, tmp_path):
    labels(tmp_path / "l.csv", "0,a", "1,b", "2,c", "3,d", "6,a")
    assert "no category for: d" in cli("name", "run", "--from=l.csv", "--images", tiny_data)[1]


@pytest.mark.usefixtures("clear_model")
def test_labelled_images_are_looked_for_in_the_runs_own_data(cli, run, tiny_data, tmp_path):
    config = (run / "config.yaml").read_text()
    assert f"data: {tiny_data}" in config
    labels(tmp_path / "l.csv", "0,small", "1,middle", "2,big")
    assert cli("name", "run", "--from=l.csv")[0] == 0
    assert infogan.load(run).names.values["kind"] == {0: "small", 1: "middle", 2: "big"}


@pytest.mark.usefixtures("run", "clear_model")
def test_files_are_looked_for_beside_their_list(cli, tiny_images, tmp_path):
    (tmp_path / "photos").mkdir()
    for i, name in enumerate(["small", "middle", "big"]):
        Image.fromarray(tiny_images[i][0]).save(tmp_path / "photos" / f"{name}.png")
    lines = (f"{name}.png,{name}" for name in ["small", "middle", "big"])
    labels(tmp_path / "photos" / "l.csv", *lines)
    status, out, _ = cli("name", "run", "--from=photos/l.csv")
    assert status == 0
    assert "3 categories, 0 ambiguous" in out


def test_renaming_by_hand_and_undoing(cli, run):
    status, out, _ = cli("name", "run", "--rename=2=big", "--rename=kind=size", "--rename=0=dot")
    assert status == 0
    assert out.split() == ["size", "cat:3", "0", "dot", "2", "big", "tilt", "uni"]
    assert cli("name", "run", "--rename=dot=", "--rename=big=large")[0] == 0
    assert infogan.load(run).names.values == {"size": {2: "large"}}
    assert cli("name", "run", "--undo")[0] == 0
    assert infogan.load(run).names.values == {"size": {0: "dot", 2: "big"}}
    assert cli("name", "run", "--undo")[0] == 0
    assert infogan.load(run).latent.names == ("kind", "tilt")


@pytest.mark.usefixtures("run")
def test_naming_can_draw(cli, tmp_path):
    assert cli("name", "run", "--rename=2=big", "--out=new/names.png")[0] == 0
    assert Image.open(tmp_path / "new" / "names.png").text["Comment"] == "infogan traverse run"
