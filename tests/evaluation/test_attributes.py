"""Factors known for some images: figures and words where the answer is known."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from infogan.cli import main
from infogan.evaluation import evaluate, read_report, runner
from infogan.evaluation.attribute_words import attribute_words
from infogan.evaluation.attributes import Attribute, Reading, as_attribute, auc, best_code
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig

N = 300
RNG = np.random.default_rng(0)
ALL = np.arange(N)
KIND = RNG.integers(0, 3, N)
"""What the categories of a perfect code are."""
PLACE = RNG.uniform(-1, 1, N)
"""What a perfect dial reads."""


def codes(kind=KIND, place=PLACE):
    probs = np.full((N, 3), 0.02)
    probs[ALL, kind] = 0.96
    return [Reading("c1", None, probs), Reading("c2", place, None)]


def measured(name, cells, resamples=50):
    factor = as_attribute(name, cells, ALL)
    assert isinstance(factor, Attribute), factor
    return best_code(factor, codes(), resamples=resamples, seed=0)


def test_auc_is_the_chance_that_a_positive_is_above_a_negative():
    score, positive = RNG.normal(size=40).round(1), (RNG.random(40) < 0.4).astype(float)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[positive > 0] for b in score[positive == 0]]
    assert auc(score, positive) == pytest.approx(np.mean(pairs))


def test_two_values_are_told_by_the_code_that_has_them():
    men = measured("men", [str(int(k == 2)) for k in KIND])
    assert (men.name, men.code) == ("AUC men", "c1")
    assert men.value == pytest.approx(1.0)
    left = measured("side", ["left" if x < -0.3 else "right" for x in PLACE])
    assert (left.name, left.code) == ("AUC side=left", "c2")  # the dial runs the other way
    assert left.value == pytest.approx(1.0)


def test_kinds_and_amounts_are_told():
    pose = measured("pose", ["abc"[k] for k in KIND])
    assert (pose.name, pose.code) == ("NMI pose", "c1")
    assert pose.value == pytest.approx(1.0)
    assert pose.detail["accuracy"] == 1.0
    x = measured("x", [f"{-3 * each:.4f}" for each in PLACE])
    assert (x.name, x.code) == ("|ρ| x", "c2")
    assert x.value == pytest.approx(1.0, abs=1e-3)
    size = measured(
        "size", [f"{k + 0.1 * u:.3f}" for k, u in zip(KIND, RNG.random(N), strict=True)]
    )
    assert size.code == "c1"
    assert 0.8 < size.value < 0.95  # ranks within a category stay untold


@pytest.mark.parametrize("seed", range(5))
def test_what_no_code_tells_is_at_chance_and_gets_no_word(seed):
    rng = np.random.default_rng(seed)
    factors = {
        "binary": [str(int(u < 0.4)) for u in rng.random(N)],
        "kinds": list(rng.choice(list("abcd"), N)),
        "amount": [str(u) for u in rng.random(N)],
    }
    read = [as_attribute(name, cells, ALL) for name, cells in factors.items()]
    best = [best_code(each, codes(), resamples=100, seed=0) for each in read]
    assert best[0].value < 0.62
    assert best[0].interval.low < best[0].value < best[0].interval.high
    assert best[0].interval.low < 0.53
    assert best[1].value < 0.06
    assert best[1].interval.low <= best[1].value <= best[1].interval.high
    assert best[2].value < 0.2
    assert attribute_words(read, codes(), best) == {}


def test_the_words_of_each_code():
    men = [
        str(int(k == 2) if u < 0.9 else int(u < 0.95))
        for k, u in zip(KIND, RNG.random(N), strict=True)
    ]
    lipstick = [
        "-1" if k == 2 else "1" if u < 0.8 else "-1"
        for k, u in zip(KIND, RNG.random(N), strict=True)
    ]
    x = [str(each) for each in PLACE]
    read = [
        as_attribute(name, cells, ALL)
        for name, cells in (("men", men), ("lipstick", lipstick), ("x", x))
    ]
    best = [best_code(each, codes(), resamples=50, seed=0) for each in read]
    words = attribute_words(read, codes(), best)
    third = next(line for line in words["c1"] if line.startswith("c1=2"))
    assert third.startswith("c1=2: men, no lipstick; AUC 0.9") or third.startswith(
        "c1=2: no lipstick, men; AUC 0.9"
    )
    assert words["c2"] == ["tells x (|ρ| 1.00)", "c2 up: more x"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1"] * N, "is always 1"),
        ([None] * N, "is never known"),
        ([f"image {i}" for i in range(N)], "names, no kinds"),
        (["inf", "1", "2"] * (N // 3), "infinite"),
    ],
)
def test_columns_that_say_nothing_are_told_as_such(cells, words):
    assert words in as_attribute("f", cells, ALL)


def test_cells_that_are_not_known_are_left_out():
    cells = [None if i % 3 == 0 else str(int(k == 1)) for i, k in enumerate(KIND)]
    factor = as_attribute("f", cells, ALL)
    assert len(factor.images) == N - N // 3
    assert best_code(factor, codes(), resamples=0, seed=0).value == pytest.approx(1.0)


# The whole way: pictures drawn here, a table written here, a model whose Q is a known function


class Reader(nn.Module):
    """Q of one code of three categories, where a picture's square is; and a dial, its grey."""

    def forward(self, x):
        columns = x[:, 0].mean(dim=1)  # of 8 columns
        places = torch.stack([columns[:, 0:2], columns[:, 3:5], columns[:, 6:8]]).mean(dim=2).T
        grey = x.amax(dim=(1, 2, 3))[:, None]
        q = torch.cat([20 * places, grey, torch.zeros_like(grey)], dim=1)
        return type("Out", (), {"q": q})()


@pytest.fixture
def drawn(tmp_path):
    """Pictures in a folder, factors.csv beside it, and a model."""
    rng, rows = np.random.default_rng(0), [["file", "place", "bright", "always", "luck"]]
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(120):
        place, grey = int(rng.integers(3)), int(rng.integers(100, 256))
        pixels = np.zeros((8, 8), np.uint8)
        pixels[2:6, 3 * place : 3 * place + 2] = grey
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")
        name = f"{i:03d}.png" if i else "missing.png"
        rows.append([name, "abc"[place], str(int(grey > 180)), "x", str(rng.integers(2))])
    with (tmp_path / "factors.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    config = ModelConfig(codes="c1=cat:3,c2=uni", noise=2, image_shape=(1, 8, 8))
    model = Model.blank(config)
    return Model(config, model.generator, Reader()), folder, tmp_path / "factors.csv"


def test_pictures_with_a_table_the_whole_way(drawn, tmp_path, monkeypatch):
    model, folder, factors = drawn
    monkeypatch.setattr(runner, "_images", lambda *_: [])
    monkeypatch.setattr(runner, "mutual_information", lambda *_, **__: [])
    report = evaluate(model, str(folder), factors=factors, effort="quick", progress=False)
    found = {each.name: each for each in report.measurements}
    assert (found["NMI place"].code, found["NMI place"].value) == ("c1", pytest.approx(1.0))
    assert (found["AUC bright"].code, found["AUC bright"].value) == ("c2", pytest.approx(1.0))
    assert found["AUC luck"].value < 0.7
    assert found["NMI place"].n == 119
    assert report.words["c1"][0] == "tells place (NMI 1.00)"
    assert any("place=a" in line for line in report.words["c1"])
    told = " ".join(report.notes)
    assert "119 of 120 images have a line in factors.csv" in told
    assert "1 of its lines name no image (missing.png)" in told
    assert "left out: always is always x" in told
    assert "--factors" in report.command
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(report.as_dict()))
    assert read_report(path).words == report.words


@pytest.mark.usefixtures("quick_effort")
def test_a_table_of_no_image_is_one_line(run, drawn, tmp_path, capsys):
    _, folder, _ = drawn
    path = tmp_path / "other.csv"
    path.write_text("file,x\nnowhere.png,1\n")
    command = ["evaluate", str(run), "--data", str(folder), "--quick", "--factors", str(path)]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "names none of the images" in told
    assert sum("error" in line for line in told.splitlines()) == 1
    path.write_text("file,x\n" + "".join(f"{i:03d}.png,1\n" for i in range(9)))
    assert main(command) == 2
    assert "none of its factors can be measured (x is always 1)" in capsys.readouterr().err
