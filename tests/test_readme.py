"""What the README shows works as shown, and its tables are those of the results."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import infogan
from infogan.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS_SHOWN = sorted(
    {
        line.split("#")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
        for line in block.splitlines()
        if line.startswith("infogan ")
    }
)


@pytest.fixture
def tiny_photos():
    """Writes a folder of small pictures of two sizes."""

    def write(folder: Path) -> None:
        folder.mkdir()
        rng = np.random.default_rng(0)
        for i in range(12):
            pixels = rng.integers(0, 256, (40 + i, 48, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")

    return write


def test_every_command_is_in_the_readme():
    for command in COMMANDS:
        assert f"`infogan {command} " in README or f"infogan {command} " in README


@pytest.mark.parametrize("shown", COMMANDS_SHOWN)
def test_commands_run_as_shown(shown, tmp_path, monkeypatch, tiny_photos):
    """On a small folder of pictures, cut short."""
    monkeypatch.chdir(tmp_path)
    tiny_photos(Path("photos"))
    short = "--kimg 0.3 --model.width 4 --model.hidden 16 --device cpu --quiet"
    codes = "--codes kind=cat:8,tilt=uni,tone=uni --size 32 --data photos"
    words = shlex.split(shown)[1:]
    if words[0] == "train":
        assert main([*words, *shlex.split(short)]) == 0
    else:
        assert main(shlex.split(f"train --out runs/photos {codes} {short}")) == 0
        assert main(words) == 0


def test_python_example_runs_as_shown(tmp_path, monkeypatch, tiny_config):
    block, _ = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert 'infogan.train("digits", out="runs/digits")' in block
    # Cut short: the same call, with a tiny config.
    quick = block.replace('out="runs/digits")', 'out="runs/digits", config=quick)', 1)
    monkeypatch.chdir(tmp_path)
    config = tiny_config({"codes": "c1=cat:10,c2=uni,c3=uni", "image_shape": None}, kimg=0.3)
    exec(quick, {"quick": config, "infogan": infogan})
    with Image.open("grid.png") as grid:
        assert len(grid.getcolors(2**16) or range(2**16)) > 50  # drawn, not blank


def test_estimator_example_runs_as_shown(tmp_path, monkeypatch):
    _, block = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(block.replace("kimg=96", "kimg=0.3, width=4, hidden=16"), names)
    assert Path("digits-model/model.safetensors").is_file()
    again = infogan.InfoGAN.from_pretrained("digits-model")
    assert np.array_equal(again.predict(names["X"]), names["digits"])
    assert np.allclose(again.transform(names["X"]), names["codes"])
    drawn = again.sample(5, digit=3, slant=0.5, seed=0)
    assert drawn.shape == names["drawn"].shape == (5, 64)
    assert np.array_equal(drawn, names["gan"].sample(5, digit=3, slant=0.5, seed=0))
    assert 0 <= drawn.min() <= drawn.max() <= 16
    assert drawn.max() > 1
    with pytest.raises(ValueError, match=r"shape \(8, 8\), but this model was fitted to \(64,\)"):
        again.predict(names["X"].reshape(-1, 8, 8))
    with pytest.warns(UserWarning, match="values from 0 to 1, but this model was fitted to"):
        again.predict(names["X"] / 16)


def test_pictures_shown_are_there():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).is_file(), path


def test_tables_are_those_of_the_results():
    check = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
