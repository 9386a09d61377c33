"""The text of every mistake that a command tells: what was typed, the line, the exit status.

error_texts.txt holds them as a terminal would show them, each really provoked here:

    $ infogan train --data nowhere --out new
    infogan: error: nowhere: no such file or folder, …
    [2]
"""

import gzip
import io
import json
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from infogan.cli import main

TEXTS = Path(__file__).with_name("error_texts.txt")


def gz(content):
    return gzip.compress(content)


IDX = np.array([0x803, 6, 8, 8], ">u4").tobytes() + bytes(6 * 64)
ANIMALS = np.array([np.zeros((8, 8)), np.zeros((9, 9))], dtype=object)
NANS = np.zeros((6, 8, 8), np.float32)
NANS[4, 2, 2] = np.nan


@pytest.fixture(scope="module")
def material(tmp_path_factory, tiny_run):
    """Things to stumble over; no mistake changes any of it."""
    tmp_path = tmp_path_factory.mktemp("material")
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.gz").write_bytes(gz(IDX)[:-12])
    (tmp_path / "short").write_bytes(IDX[:-10])
    (tmp_path / "other").write_bytes(b"\x00\x00\x0d\x03" + IDX[4:])
    np.save(tmp_path / "sizes.npy", ANIMALS, allow_pickle=True)
    np.save(tmp_path / "nan.npy", NANS)
    np.save(tmp_path / "none.npy", np.zeros((0, 8, 8), np.uint8))
    np.save(tmp_path / "oblong.npy", np.zeros((6, 8, 12), np.uint8))
    np.save(tmp_path / "odd.npy", np.zeros((6, 9, 9), np.uint8))
    good = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    np.save(tmp_path / "good.npy", good)
    Image.fromarray(good[0]).save(tmp_path / "one.png")
    (tmp_path / "broken").mkdir()
    for i in range(3):
        (tmp_path / "broken" / f"{i}.png").write_bytes(b"no picture")
    (tmp_path / "unknown.yaml").write_text("speed: 3\n")
    (tmp_path / "nested.yaml").write_text("model:\n  depth: 3\n")
    (tmp_path / "type.yaml").write_text("kimg: much\n")
    (tmp_path / "syntax.yaml").write_text("model: [\n")
    (tmp_path / "list.yaml").write_text("- 1\n")
    (tmp_path / "alias.yaml").write_text("kimg: &a 1\nsave_minutes: *a\n")
    (tmp_path / "seed.yaml").write_text("seed: 1.5\n")
    (tmp_path / "device.yaml").write_text("device: 5\n")
    (tmp_path / "deep.yaml").write_text("[" * 5000)
    (tmp_path / "labels-one.csv").write_text("0,a\n1,a\n")
    (tmp_path / "labels-bad.csv").write_text("index,label\n99,two\n")
    (tmp_path / "factors-bad.csv").write_text("size,hue\n1,2\n")
    (tmp_path / "point.json").write_text('{"z": [1, 2]}')
    (tmp_path / "run").symlink_to(tiny_run)
    models(tmp_path, tiny_run)
    (tmp_path / "locked").mkdir()
    return tmp_path


def models(folder, run):
    """Models that were damaged or tampered with, one way each."""
    plain = json.loads((run / "model.json").read_text())
    weights = load_file(run / "model.safetensors")
    first = sorted(weights)[0]

    def model(name, description, tensors):
        (folder / name).mkdir()
        (folder / name / "model.json").write_text(description)
        save_file(tensors, folder / name / "model.safetensors")

    wide = plain | {"model": plain["model"] | {"width": 10**9, "hidden": 10**9}}
    model("nan", json.dumps(plain), weights | {first: weights[first] * float("nan")})
    model("wide", json.dumps(wide), weights)
    model("newer", json.dumps(plain | {"format_version": 9}), weights)
    model("list", "[1, 2]", weights)
    model("deep", "[" * 100_000, weights)
    model("misnamed", json.dumps(plain), {f"x.{key}": each for key, each in weights.items()})
    model("torn", json.dumps(plain), weights)
    content = (folder / "torn" / "model.safetensors").read_bytes()
    (folder / "torn" / "model.safetensors").write_bytes(content[:-100])


def transcripts():
    """Each command line, with what is said and the status."""
    blocks = TEXTS.read_text().split("$ infogan ")[1:]
    return [tuple(block.strip().split("\n")) for block in blocks if not block.startswith("#")]


def said(command):
    """What a command says on either stream, and its status in brackets."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(shlex.split(command))
    return (*out.getvalue().splitlines(), *err.getvalue().splitlines(), f"[{status}]")


def state(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("command", "lines"), [(command, lines) for command, *lines in transcripts()]
)
def test_a_mistake_is_told_in_these_words_and_nothing_is_written(
    material, monkeypatch, command, lines
):
    monkeypatch.chdir(material)
    before = state(material)
    assert list(said(command)) == lines
    assert state(material) == before


def test_a_mistake_is_one_line_and_a_2():
    for command, *lines in transcripts():
        *warnings, error, status = lines
        assert error.startswith("infogan: error: "), command
        assert all(line.startswith("infogan: warning: ") for line in warnings), command
        assert status == "[2]", command
