"""What commands say of the images they read, and how a model's own reading is followed."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import infogan

TINY = ["--model.family=mlp", "--model.width=4", "--model.hidden=16", "--model.q_hidden=8"]
TINY += [
    "--codes=kind=cat:3,tilt=uni",
    "--noise=4",
    "--kimg=0.06",
    "--batch_size=8",
    "--device=cpu",
]


@pytest.fixture
def deep(tmp_path):
    """Twelve pictures of 12 bits in a zip with a text; returns their values."""
    values = np.random.default_rng(0).integers(0, 4096, (12, 8, 8)).astype(np.uint16)
    with zipfile.ZipFile(tmp_path / "deep.zip", "w") as archive:
        for i, each in enumerate(values):
            Image.fromarray(each).save(tmp_path / "x.png")
            archive.write(tmp_path / "x.png", f"deep/{i:02}.png")
        archive.writestr("deep/notes.txt", "hello")
    (tmp_path / "x.png").unlink()
    return values


def test_train_says_what_it_read_and_the_run_keeps_it(cli, deep, tmp_path):
    status, out, err = cli("train", "--data=deep.zip", "--size=8", "--out=run", *TINY)
    assert (status, err.count("warning")) == (0, 0)
    found, read = out.splitlines()[:2]
    assert found == (
        "images    12 of 13 in deep.zip; 1 left out, no image (.txt): deep/notes.txt; 8x8; I;16; "
        "16 bits"
    )
    assert read == "read as   8x8 grey; black 0, white 4095 (12 bits)"
    assert "black 0, white 4095 (12 bits)" in (tmp_path / "run" / "report.html").read_text()
    rules = infogan.load("run").config.preprocessing.rules
    assert (rules.range, rules.range_given, rules.fit) == ((0, 4095), False, "crop")
    assert str(tmp_path) not in (tmp_path / "run" / "model.json").read_text()


def test_quiet_keeps_the_warnings(cli, tmp_path):
    np.save(tmp_path / "dark.npy", np.random.default_rng(0).integers(0, 40, (9, 8, 8), np.uint8))
    status, out, err = cli("train", "--data=dark.npy", "--out=run", "--quiet", *TINY)
    assert status == 0
    assert "images  " not in out
    assert "infogan: warning: dark.npy: all images are dark, their brightest pixel is 39" in err


def test_other_images_are_read_as_those_that_were_trained_on(cli, deep, tmp_path):
    assert cli("train", "--data=deep.zip", "--size=8", "--out=run", *TINY, "--quiet")[0] == 0
    model = infogan.load("run")
    expected = model.encode(np.rint(deep[:, None] / 4095 * 255).astype(np.uint8))["tilt"]["mean"]
    # One file alone, whose brightest value says little of its depth.
    dim = (deep[0] // 16).astype(np.uint16)
    Image.fromarray(dim).save(tmp_path / "dim.png")
    status, out, err = cli("encode", "run", "--images=dim.png", "--out=dim.npz")
    assert status == 0
    assert "darker than those the model was trained on" in err
    assert "black 0, white 4095" in out
    alone = model.encode(np.rint(dim[None, None] / 4095 * 255).astype(np.uint8))["tilt"]["mean"]
    with np.load(tmp_path / "dim.npz") as codes:
        np.testing.assert_allclose(codes["tilt"], alone, rtol=1e-3, atol=1e-4)
    assert cli("encode", "run", "--images=deep.zip", "--out=all.npz")[0] == 0
    with np.load(tmp_path / "all.npz") as codes:
        np.testing.assert_allclose(codes["tilt"], expected, rtol=1e-3, atol=1e-4)
        assert list(codes["file"]) == [f"deep/{i:02}.png" for i in range(12)]
    # A range that is given goes before.
    assert cli("encode", "run", "--images=dim.png", "--range=0,255", "--out=lit.npz")[0] == 0
    lit = model.encode(dim[None, None].astype(np.uint8))["tilt"]["mean"]
    with np.load(tmp_path / "lit.npz") as codes:
        np.testing.assert_allclose(codes["tilt"], lit, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--range=5", "range 5: give auto"),
        ("--ground=nothing", "ground nothing: give auto"),
        ("--bands=1,2", "bands 1,2: name one band"),
    ],
)
@pytest.mark.parametrize("command", ["train", "encode"])
def test_rules_that_make_no_sense_are_one_line(cli, deep, command, option, told):
    if command == "train":
        status, _, err = cli("train", "--data=deep.zip", "--out=run", option, *TINY)
    else:
        assert cli("train", "--data=deep.zip", "--size=8", "--out=r", *TINY, "--quiet")[0] == 0
        status, _, err = cli("encode", "r", "--images=deep.zip", option)
    assert status == 2
    assert told in err
    assert err.count("\n") == 1


def test_what_cannot_be_told_names_the_option(cli, tmp_path):
    np.save(tmp_path / "ct.npy", np.arange(-1000, 536).reshape(24, 8, 8))
    status, _, err = cli("train", "--data=ct.npy", "--out=run", *TINY)
    assert status == 2
    assert "values from -1000 to 535" in err
    assert "--range=-1000,535" in err
    assert not (tmp_path / "run").exists()
    assert cli("train", "--data=ct.npy", "--out=run", "--range=-500,500", *TINY)[0] == 0


def test_the_v1_models_read_as_they_did(cli, tmp_path):
    folder = Path(infogan.__file__).parents[2] / "tests" / "models" / "v1-mlp"
    shape = infogan.load(folder).config.shape
    Image.linear_gradient("L").save(tmp_path / "a.png")
    status, out, err = cli("encode", folder, "--images=a.png", "--out=a.csv")
    assert (status, err.count("warning")) == (0, 0)
    assert f"{shape[2]}x{shape[1]}" in out
