"""The hub's methods and the card, without a network: folders, and a hub that only notes."""

import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from infogan.codes.names import Names
from infogan.evaluation.results import Measurement, Report, write_report
from infogan.export.card import MARK, write_card
from infogan.export.hub import HubMixin, load_pretrained, push_to_hub, save_pretrained
from infogan.files import write_json
from infogan.inference.trained_model import Model
from infogan.metrics.bootstrap import Interval

hub = pytest.importorskip("huggingface_hub")

SENT = ["README.md", "model.json", "model.safetensors", "overview.png"]


@pytest.fixture
def model(tiny_config):
    torch.manual_seed(0)
    model = Model.blank(tiny_config().model)
    model.names = Names(values={"kind": {1: "round"}})
    return model


@pytest.fixture
def evaluation(tmp_path):
    """An evaluation whose paths are nobody's business."""
    measurement = Measurement(
        "accuracy",
        0.9736,
        "ACC, one-to-one | 10,000 images",
        10_000,
        code="kind",
        interval=Interval(0.9736, 0.97, 0.98, 0.95, 100, "95 % bootstrap"),
    )
    report = Report(
        model="/home/me/secret/run",
        data="/home/me/secret/shapes",
        fingerprint="0" * 12,
        split="test",
        images=10_000,
        effort="standard",
        seed=0,
        command="infogan evaluate /home/me/secret/run",
        seconds=1.0,
        versions={"infogan": "0.1.0"},
        measurements=[measurement],
    )
    write_report(report, tmp_path / "evaluation.json")
    return tmp_path / "evaluation.json"


class Holder(HubMixin):
    """The least that can take the mixin."""

    def __init__(self, model):
        self.model_ = model

    @classmethod
    def from_model(cls, model):
        return cls(model)


def same(a, b):
    return np.array_equal(
        a.sample(4, seed=2, kind="round")[0], b.sample(4, seed=2, kind="round")[0]
    )


# Folders


def test_a_folder_is_whole_and_comes_back(model, tmp_path):
    folder = Holder(model).save_pretrained(tmp_path / "new" / "model")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*SENT, "names.json"])
    again = Holder.from_pretrained(folder)
    assert isinstance(again, Holder)
    assert same(again.model_, model)
    with Image.open(folder / "overview.png") as picture:
        assert picture.width > 100


def test_another_model_in_the_same_folder_has_its_own_picture(model, tmp_path):
    save_pretrained(model, tmp_path)
    before = (tmp_path / "overview.png").read_bytes()
    other = Model.blank(model.config, seed=1)
    save_pretrained(other, tmp_path)
    assert (tmp_path / "overview.png").read_bytes() != before
    # The names were the other's.
    assert load_pretrained(tmp_path).names == Names()


def test_a_file_is_no_folder(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file; give the name of a folder"):
        save_pretrained(model, tmp_path / "file")


# The card


def tables(text):
    """The rows of every table of a card, by the heading above it, without the tables' heads."""
    found = {}
    for part in text.split("\n## ")[1:]:
        rows = [line for line in part.splitlines() if line.startswith("|")][2:]
        found[part.splitlines()[0]] = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows
        ]
    return found


def test_the_card_says_what_there_is(model, tiny_config, tmp_path, evaluation):
    config = tiny_config(data="/home/me/secret/shapes", kimg=3.0, seed=7)
    folder = save_pretrained(model, tmp_path / "m", config=config, evaluation=evaluation)
    text = (folder / "README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["library_name"] == "infogan"
    assert "Draws grey images of 8×8 " in text
    assert "![What the controls do](overview.png)" in text
    found = tables(text)
    assert list(found) == ["Controls", "Use", "Measured", "Training", "Limits"]
    assert found["Controls"] == [
        ["`kind`", "`cat:3`", "#0, round, #2"],
        ["`tilt`", "`uni`", "-1 to 1"],
    ]
    how = "ACC, one-to-one \\| 10,000 images"
    assert found["Measured"] == [["accuracy `kind`", "0.9736", "0.9700 to 0.9800", "10,000", how]]
    assert "Beside them 4 numbers of uniform noise" in text
    assert "3 thousand images of `shapes`, seed 7, batches of 8, `mlp` networks" in text
    assert "On `shapes`, test images, with infogan 0.1.0, `standard` effort" in text
    assert "loading it runs no code" in text
    assert "/home" not in text
    assert "secret" not in text


def test_the_card_says_nothing_of_what_there_is_not(tiny_config, tmp_path, evaluation):
    options = {"codes": "2*cat:2", "image_shape": (3, 8, 8), "noise": 2}
    other = Model.blank(tiny_config(options).model)
    text = (save_pretrained(other, tmp_path / "m") / "README.md").read_text()
    assert "Draws colour images of 8×8 " in text
    assert list(tables(text)) == ["Controls", "Use", "Limits"]
    assert [row[0] for row in tables(text)["Controls"]] == ["`c1`", "`c2`"]
    # Figures that are older than the weights are another model's.
    shutil.copyfile(evaluation, tmp_path / "m" / "evaluation.json")
    os.utime(tmp_path / "m" / "evaluation.json", (0, 0))
    write_card(tmp_path / "m", other)
    assert "0.9736" not in (tmp_path / "m" / "README.md").read_text()
    os.utime(tmp_path / "m" / "evaluation.json")
    write_card(tmp_path / "m", other)
    assert "0.9736" in (tmp_path / "m" / "README.md").read_text()


def test_the_cards_example_works(model, tmp_path, monkeypatch):
    text = (save_pretrained(model, tmp_path / "m") / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0].replace("path/to/this/folder", "m")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert (tmp_path / "grid.png").is_file()


def test_a_card_of_ones_own_is_left_alone(model, tmp_path):
    save_pretrained(model, tmp_path)
    card = tmp_path / "README.md"
    card.write_text(card.read_text() + "\nstale\n")
    write_card(tmp_path, model)
    assert "stale" not in card.read_text()
    card.write_text(card.read_text().replace(MARK, "mine"))
    write_card(tmp_path, model)
    assert "mine" in card.read_text()


def test_figures_of_a_model_that_was_there_before_are_not_this_ones(model, tmp_path, evaluation):
    folder = save_pretrained(model, tmp_path / "m", evaluation=evaluation)
    assert "0.9736" in (folder / "README.md").read_text()
    os.utime(folder / "evaluation.json", (0, 0))
    assert "0.9736" not in write_card(folder, model).read_text()


def test_a_broken_evaluation_is_named(model, tmp_path):
    write_json(tmp_path / "bad.json", {"format_version": 99})
    with pytest.raises(ValueError, match=r"evaluation\.json: not an evaluation of this version"):
        save_pretrained(model, tmp_path / "m", evaluation=tmp_path / "bad.json")


# The hub


@pytest.fixture
def api(monkeypatch, tmp_path):
    """A hub that keeps what it is sent in a folder, and what it was asked."""
    asked = SimpleNamespace(calls=[], store=tmp_path / "hub", refuse=None)

    class Api:
        def __init__(self, token=None):
            asked.calls.append(("token", token))

        def create_repo(self, repo_id, *, private, exist_ok):
            if asked.refuse:
                raise asked.refuse
            asked.calls.append(("create_repo", repo_id, private))
            return SimpleNamespace(repo_id=repo_id)

        def create_branch(self, repo_id, *, branch, exist_ok):
            asked.calls.append(("create_branch", repo_id, branch))

        def upload_folder(self, *, folder_path, allow_patterns, **options):
            asked.calls.append(("upload_folder", options))
            asked.store.mkdir()
            for name in allow_patterns:
                if (Path(folder_path) / name).is_file():
                    shutil.copy(Path(folder_path) / name, asked.store)
            return f"https://huggingface.co/{options['repo_id']}"

    def snapshot_download(repo_id, **options):
        if asked.refuse:
            raise asked.refuse
        asked.calls.append(("snapshot_download", repo_id, options))
        return str(asked.store)

    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    return asked


def test_what_is_pushed_can_be_had_back(model, api, evaluation):
    holder = Holder(model)
    options = {"private": True, "token": "t", "branch": "b", "evaluation": evaluation}
    assert holder.push_to_hub("me/shapes", **options) == "https://huggingface.co/me/shapes"
    # An evaluation holds paths of this machine, and stays here; its figures are in the card.
    assert sorted(path.name for path in api.store.iterdir()) == sorted([*SENT, "names.json"])
    assert "0.9736" in (api.store / "README.md").read_text()
    assert api.calls[:3] == [
        ("token", "t"),
        ("create_repo", "me/shapes", True),
        ("create_branch", "me/shapes", "b"),
    ]
    assert api.calls[3][1]["revision"] == "b"
    again = Holder.from_pretrained("me/shapes", revision="b", local_files_only=True)
    assert same(again.model_, model)
    _, repo_id, asked = api.calls[4]
    assert repo_id == "me/shapes"
    assert (asked["revision"], asked["local_files_only"]) == ("b", True)
    # No code and no pickle is even asked for.
    assert sorted(asked["allow_patterns"]) == sorted([*SENT, "names.json"])


def test_a_folder_goes_before_a_repository_of_its_name(model, tmp_path, monkeypatch, api):
    monkeypatch.chdir(tmp_path)
    save_pretrained(model, "me/shapes")
    assert same(load_pretrained("me/shapes"), model)
    assert api.calls == []


@pytest.mark.parametrize("error", [OSError("no\nnetwork"), RuntimeError("401 refused")])
def test_the_hubs_errors_are_one_line(model, api, error):
    api.refuse = error
    for call in (lambda: push_to_hub(model, "me/shapes"), lambda: load_pretrained("me/shapes")):
        with pytest.raises(ValueError, match=r"^me/shapes: (no network|401 refused)$"):
            call()


@pytest.mark.parametrize("name", ["shapes", "a/b/c", "me/sha pes", "../me/shapes"])
def test_names_that_are_no_repositorys(model, name):
    with pytest.raises(ValueError, match="write OWNER/NAME"):
        push_to_hub(model, name)
    with pytest.raises(ValueError, match=r"holds no model\.json"):
        load_pretrained(name)


def test_what_comes_from_the_hub_is_checked_like_any_folder(model, api):
    push_to_hub(model, "me/shapes")
    path = api.store / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 99}))
    with pytest.raises(ValueError, match="format version 99"):
        load_pretrained("me/shapes")
