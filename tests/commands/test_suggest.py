"""infogan suggest: what varies, in words and with its picture."""

import json
from functools import partial

import numpy as np
import pytest
from PIL import Image

from infogan.cli import main
from infogan.codes.latent import Latent
from infogan.selection import proposal


@pytest.fixture
def discs(tmp_path):
    """Bright discs of two sizes anywhere across, 16×16."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:16, :16] - 7.5
    middle, radius = rng.uniform(-4.5, 4.5, (300, 1, 1)), rng.choice([2.0, 3.0], (300, 1, 1))
    edge = np.clip(radius - np.hypot(x - middle, y) + 0.5, 0, 1)
    np.save(tmp_path / "discs.npy", (255 * edge).astype(np.uint8))
    return tmp_path / "discs.npy"


def test_what_varies_is_said_written_and_drawn(discs, tmp_path, capsys, monkeypatch):
    out = tmp_path / "evidence"
    short = partial(proposal.propose_codes, looks=(40, 80))
    monkeypatch.setattr(proposal, "propose_codes", short)
    assert main(["suggest", "--data", str(discs), "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr().out
    (proposed,) = [line for line in said.splitlines() if line.startswith("proposed")]
    codes = proposed.split()[1]
    assert "shift-y" not in Latent.parse(codes).followed
    assert f"--codes {codes}" in said
    content = json.loads((out / "proposal.json").read_text())
    assert content["codes"] == codes
    assert {each["name"] for each in content["closures"]} >= {"shift-x", "rotation", "thickness"}
    with Image.open(out / "proposal.png") as picture:
        assert picture.height > 9 * 16


def test_too_few_images_are_not_judged_and_that_is_said(tmp_path, capsys):
    few = np.random.default_rng(0).integers(0, 256, (40, 16, 16)).astype(np.uint8)
    np.save(tmp_path / "few.npy", few)
    out = tmp_path / "evidence"
    data = str(tmp_path / "few.npy")
    assert main(["suggest", "--data", data, "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "not judged (40 images, and 100 are needed)" in said
    assert f"evidence  {out / 'proposal.json'}" in said
    assert [path.name for path in out.iterdir()] == ["proposal.json"]


def test_without_a_name_the_evidence_of_every_time_has_a_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    few = np.random.default_rng(0).integers(0, 256, (40, 16, 16)).astype(np.uint8)
    np.save("few.npy", few)
    (tmp_path / "runs" / "few").mkdir(parents=True)
    for _ in range(2):
        assert main(["suggest", "--data", "few.npy", "--quiet"]) == 0
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        "few",
        "suggest-few",
        "suggest-few-2",
    }
    assert "--out runs/few-2 " in capsys.readouterr().out  # a folder that is free
