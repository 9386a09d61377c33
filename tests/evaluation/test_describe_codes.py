"""Codes described from a model's own traversals: right names, and none where there is none."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from infogan.cli import main
from infogan.codes.latent import Latent
from infogan.data.strokes import Strokes
from infogan.evaluation import describe_codes, descriptions
from infogan.evaluation.code_descriptions import Change, CodeDescription, describe_code
from infogan.evaluation.descriptions import (
    _shares_in_words,
    categories_in_words,
    in_words,
    plainly,
)
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig

STROKES = Strokes(20)
CODES = "glyph=cat:10,lean=uni,bold=uni,idle=uni"


class Penman(nn.Module):
    """A perfect generator: lean is slant, bold is thickness backwards, idle is nothing."""

    def forward(self, z):
        glyph = z[:, :10].argmax(dim=1).numpy()
        unit = (z[:, 10:].numpy() + 1) / 2
        lean, bold, _, width, height = (unit * 0.999).T
        _, leans, bolds, widths, heights = STROKES.factor_sizes
        factors = [glyph, lean * leans, (1 - 0.999 * bold) * bolds - 1e-6, width * widths]
        images = STROKES.render(np.stack([*factors, height * heights], axis=1).astype(np.int64))
        return torch.from_numpy(images) / 127.5 - 1


@pytest.fixture(scope="module")
def penman():
    config = ModelConfig(codes=CODES, noise=2, image_shape=STROKES.shape)
    return Model(config, Penman(), nn.Identity())


@pytest.fixture(scope="module")
def found(penman):
    return describe_codes(penman, seed=0)


def test_a_perfect_generators_codes_get_their_names(found):
    assert list(found) == ["glyph", "lean", "bold", "idle"]
    assert found["lean"].name == "slant"
    assert found["bold"].name == "thickness"
    (change,) = [each for each in found["bold"].changes if each.measure == "thickness"]
    assert change.rho < -0.95  # turned up, it gets thinner
    assert "thickness" in found["lean"].unchanged


def test_a_code_that_does_nothing_gets_no_name(found):
    assert found["idle"].name is None
    assert in_words("idle", found["idle"]).startswith("idle  nothing nameable: does nothing")


def test_categories_are_told_apart_but_not_named(found):
    assert found["glyph"].name is None
    assert in_words("glyph", found["glyph"]).startswith("glyph  10 categories; ")


def test_what_is_closest_is_not_called_unchanged():
    changes = (Change("area", 0.1, 0.5, 0.9), Change("brightness", 0.1, 0.97, 0.4))
    found = CodeDescription(
        "continuous", None, "no measure follows it", changes, ("brightness", "slant"), 9.0
    )
    assert in_words("c2", found, width=200) == (
        "c2  nothing nameable: no measure follows it; closest: brightness, ρ = 0.97, effect 0.4 "
        "(too little to name it); unchanged: slant"
    )
    loose = CodeDescription("continuous", None, "no measure follows it", changes[:1], (), 9.0)
    assert "area, ρ = 0.50, effect 0.9 (not alike in all images)" in in_words(
        "c2", loose, width=200
    )


@pytest.mark.parametrize("reach", [0.1, 0.3, 0.5, 0.52, 0.55, 0.6, 0.7, 1.0])
def test_no_measure_both_names_a_dial_and_is_unchanged(reach):
    # Bars that get brighter by part of the spread among all images.
    base = np.linspace(0.1, 0.5, 12)[:, None] + reach * 0.13 * np.linspace(0, 1, 9)
    images = np.zeros((12, 9, 1, 8, 8), np.uint8)
    images[:, :, 0, 2:6, 2:6] = (255 * base)[:, :, None, None].round()
    found = describe_code(images, np.linspace(-1, 1, 9), kind="continuous")
    told = in_words("c2", found, width=1000)
    _, _, unchanged = told.partition("unchanged: ")
    named = told.partition("unchanged: ")[0]
    assert not [measure for measure in unchanged.split(", ") if measure and f" {measure}" in named]


def test_plain_words_have_no_figure(found):
    assert plainly(found["lean"]).startswith("slant")
    assert plainly(found["bold"]).startswith("thickness; with it: ")
    assert plainly(found["idle"]) == "does nothing"
    assert plainly(found["glyph"]).startswith("10 categories; ")
    for each in found.values():
        assert not {*"ρη.="} & {*plainly(each)}


def test_a_learned_prior_is_told_the_most_frequent_first():
    codes = CODES.replace("cat:10", "cat:10:prior=learned")
    penman = Penman()
    shares = torch.tensor([0.3, 0.02, 0.2] + 7 * [0.48 / 7])
    penman.priors = nn.ParameterList([shares.log()])
    model = Model(
        ModelConfig(codes=codes, noise=2, image_shape=STROKES.shape), penman, nn.Identity()
    )
    found = describe_codes(model)
    assert "; drawn 30% (0), 20% (2), 7% (3), " in found["glyph"].text
    assert found["glyph"].text.endswith(", 2% (1)")
    assert "drawn" not in found["lean"].text


def test_of_many_categories_the_frequent_ones_and_the_last_are_told():
    shares = torch.arange(20, 0, -1) / 210
    code = Latent.parse("kind=cat:20:prior=learned").with_logits([shares.log()])["kind"]
    told = _shares_in_words(code)
    assert told.startswith("drawn 10% (0), 9% (1), ")
    assert told.endswith(" 5% (10), … 0% (19)")


def test_categories_alike_share_a_line():
    nothing = "nothing measured sets it apart"
    found = CodeDescription(
        "categorical", None, "", (), (), 9.0, ("wider", "", "", "wider", "a hole")
    )
    assert categories_in_words("c1", found) == [
        "c1=0,3  wider",
        f"c1=1,2  {nothing}",
        "c1=4    a hole",
    ]


def test_words_for_a_name_its_effect_and_what_goes_with_it():
    changes = [
        Change("slant", 0.8, 0.97, 2.14),
        Change("orientation", 0.5, -0.9, -1.5),
        Change("height", 0.5, -0.3, -1.0),  # does not follow
        Change("width", 0.1, 0.99, 0.1),  # hardly changes
    ]
    found = CodeDescription(
        "continuous", "slant", "slant, ρ = 0.97", tuple(changes), ("thickness", "length"), 30.0
    )
    assert in_words("c2", found) == (
        "c2  slant, ρ = 0.97 (effect 2.1); with it: orientation -1.5; unchanged: thickness, length"
    )
    narrow = in_words("c2", found, width=40).splitlines()
    assert max(map(len, narrow)) <= 40
    assert all(line.startswith("    ") for line in narrow[1:])


def test_the_command_prints_a_line_a_code_and_writes_all(found, tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("infogan.storage.model_folder.load_model", lambda folder: folder)
    monkeypatch.setattr(
        descriptions, "describe_codes", lambda model, seed: asked.append((model, seed)) or found
    )
    assert main(["describe-codes", "runs/pen", "--seed", "1", "--out", "new/codes.json"]) == 0
    out, err = capsys.readouterr()
    assert (asked, err) == ([("runs/pen", 1)], "")
    lines = out.splitlines()
    assert any(line.startswith("lean  slant, ρ = 1.00 (effect") for line in lines)
    assert sum(line.startswith("  glyph=") for line in lines) == 10
    assert lines[-1] == "written   new/codes.json"
    content = json.loads((tmp_path / "new" / "codes.json").read_text())
    assert content["command"] == "infogan describe-codes runs/pen --seed 1"
    assert "64 traversals of 9 steps" in content["protocol"]
    assert content["codes"]["lean"]["name"] == "slant"
    assert content["codes"]["idle"]["name"] is None
    assert {"measure", "rho", "effect", "eta2"} == set(content["codes"]["lean"]["changes"][0])


def test_a_folder_that_is_no_run_is_one_line(tmp_path, capsys):
    assert main(["describe-codes", str(tmp_path)]) == 2
    assert "holds no model.json" in capsys.readouterr().err
