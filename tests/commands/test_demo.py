"""infogan demo: the model that comes with the package, in a folder of the user's own."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import infogan
from infogan.data.open import open_images, open_labels
from infogan.evaluation import batches
from infogan.metrics.clustering import accuracy

PACKED = files("infogan") / "demo"


def test_the_demo_ends_with_a_picture_a_sentence_and_what_next(cli):
    status, out, err = cli("demo")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) <= 6
    assert lines[0] == "picture   runs/demo/overview.png"
    with Image.open("runs/demo/overview.png") as picture:
        assert picture.width > 1000
    assert "infogan explore runs/demo --open" in out
    assert "infogan train --data FOLDER-OF-IMAGES" in lines[-1]
    # The copy is a model like any other, and whoever asks again has it still.
    assert cli("sample", "runs/demo", "--n=1", "--out=one.png")[0] == 0
    assert cli("demo") == (0, out, "")


def test_it_writes_over_nothing(cli, tmp_path):
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    (tmp_path / "runs" / "demo" / "mine.txt").write_text("mine")
    status, _, err = cli("demo")
    assert (status, "runs/demo: exists already; choose another --out" in err) == (2, True)
    assert [path.name for path in (tmp_path / "runs" / "demo").iterdir()] == ["mine.txt"]


def test_it_is_small_and_finds_what_is_said_of_it():
    made = json.loads((PACKED / "made.json").read_text())
    assert sum(len(path.read_bytes()) for path in PACKED.iterdir()) < 1e6
    model = infogan.load(Path(str(PACKED)))
    read = model.encode_all(batches(open_images("digits")))
    found = accuracy(open_labels("digits"), read["c1"]["value"].astype(np.int64))
    assert found.value == pytest.approx(made["accuracy"], abs=0.01)
