"""How many categories: what is proposed, how sure it is said to be, and on what evidence."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageColor

from infogan.cli import main
from infogan.networks.build import ModelConfig
from infogan.pictures.charts import COLOURS
from infogan.pictures.line_chart import draw_lines, under_titles
from infogan.selection.agreement import Reading
from infogan.selection.number_of_categories import Trial, propose, suggest, table, with_categories
from infogan.training.config import TrainConfig

KINDS = np.arange(600) % 4


def trial(k, seed, categories, mi_bound=None):
    """A short run with these categories of real images."""
    shares = np.bincount(categories, minlength=k) / len(categories)
    usage = -sum(share * np.log(share) for share in shares if share)
    reading = Reading(
        categories=categories[:, None],
        augmented=categories[:, None],
        dials=np.zeros((len(categories), 0)),
        active=np.zeros(0, bool),
        usage=float(usage),
        mi_bound=float(np.log(k) if mi_bound is None else mi_bound),
        entropy=float(np.log(k)),
    )
    return Trial(k, seed, reading, Image.new("RGB", (60, 40)))


def merged(seed):
    """Four kinds in two categories: each seed merges others."""
    order = np.random.default_rng(seed).permutation(4)
    return (order // 2)[KINDS]


def split(seed):
    """Four kinds in eight categories, each kind split at random."""
    return KINDS * 2 + np.random.default_rng(seed).integers(0, 2, len(KINDS))


def trials_of(seeds, **options):
    found = []
    for seed in range(seeds):
        found += [trial(2, seed, merged(seed), **options), trial(4, seed, KINDS, **options)]
        found += [trial(8, seed, split(seed), **options)]
    return found


def proposal(trials):
    return propose(trials, "kinds", "how", np.random.default_rng(0))


def test_the_number_on_which_seeds_agree_is_proposed():
    found = proposal(trials_of(3))
    assert (found.proposed, found.word) == (4, "sure")
    by_number = {row.categories: row for row in found.rows}
    assert by_number[4].consensus == 1
    assert by_number[8].consensus < 0.6
    assert by_number[8].used == 8
    assert all(row.saturation == pytest.approx(1) for row in found.rows)
    assert by_number[8].low < by_number[8].consensus < by_number[8].high
    text = table(found)
    assert text.splitlines()[2].startswith("            4         1.00")
    assert text.splitlines()[-1].startswith("proposed  cat:4: sure")


def test_two_seeds_are_never_sure():
    found = proposal(trials_of(2))
    assert (found.proposed, found.word) == (4, "likely")
    assert "--seeds 3" in found.reason


def test_seeds_that_do_not_agree_propose_nothing():
    rng = np.random.default_rng(0)
    trials = [trial(k, seed, rng.integers(0, k, 600)) for k in (3, 5, 7) for seed in range(3)]
    found = proposal(trials)
    assert found.word == "unsure"
    assert "hardly agree" in found.reason
    assert table(found).splitlines()[-1].startswith("proposed  none")


def test_runs_that_have_learned_nothing_propose_nothing():
    found = proposal(trials_of(3, mi_bound=0.1))
    assert found.word == "unsure"
    assert "--kimg" in found.reason


def test_the_best_at_an_end_asks_for_others_beyond():
    trials = [each for each in trials_of(3) if each.categories > 2]
    found = proposal(trials)
    assert (found.proposed, found.word) == (4, "a toss-up")
    assert "smallest number tried" in found.reason


def test_numbers_too_close_to_tell_are_a_toss_up():
    halved = np.where(KINDS == 3, 3 + np.arange(600) % 8 // 4, KINDS)  # the same for every seed
    found = proposal(trials_of(3) + [trial(5, seed, halved) for seed in range(3)])
    assert found.word == "a toss-up"
    assert "too close to tell" in found.reason


def test_the_first_category_takes_the_number_and_names_stay():
    config = TrainConfig(model=ModelConfig(codes="uni,cat:10,kind=cat:7"))
    changed = with_categories(config, 3, seed=5)
    assert changed.model.codes == "c1=uni,c2=cat:3,kind=cat:7"
    assert changed.seed == 5
    with pytest.raises(ValueError, match="none is a category"):
        with_categories(TrainConfig(model=ModelConfig(codes="uni")), 3, 0)


def test_short_runs_make_the_evidence(tiny_config, tiny_data):
    seen = []
    found, picture = suggest(
        str(tiny_data),
        categories=(2, 3),
        seeds=2,
        config=tiny_config(),
        images=40,
        progress=False,
        after=lambda trials: seen.append([(t.categories, t.seed) for t in trials]),
    )
    assert seen[-1] == [(2, 0), (2, 1), (3, 0), (3, 1)]
    assert len(seen) == 4
    assert [row.categories for row in found.rows] == [2, 3]
    assert all(0 <= row.usage <= 1 and 0 <= row.consistency <= 1 for row in found.rows)
    assert "40 real images" in found.protocol
    assert picture.width > 460


def test_the_command_writes_the_evidence(tiny_data, tmp_path, capsys, monkeypatch, tiny_config):
    monkeypatch.setattr(
        "infogan.training.presets.PRESETS", {"auto": SimpleNamespace(config=tiny_config())}
    )
    out = tmp_path / "evidence"
    ask = ["suggest", "--data", str(tiny_data), "--categories", "2,3", "--kimg", "0.08", "--quiet"]
    ask += ["--codes", "kind=cat:3,tilt=uni"]
    assert main([*ask, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "proposed  " in said
    assert str(out / "suggestion.png") in said
    content = json.loads((out / "suggestion.json").read_text())
    assert [row["categories"] for row in content["rows"]] == [2, 3]
    assert Image.open(out / "suggestion.png").text["Comment"].startswith("infogan suggest")
    assert main([*ask, "--out", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--categories", "5"], "give two numbers or more"),
        (["--categories", "1,5"], "2 or above"),
        (["--categories", "five,ten"], "write whole numbers with commas"),
        (["--categories", "2,3", "--seeds", "1"], "needs at least 2"),
        (["--categories", "2,3", "--codes", "2*uni"], "none is a category"),
        (["--codes", "cat:3"], "give --categories"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(more, message, tmp_path, capsys):
    assert main(["suggest", "--data", "digits", "--out", str(tmp_path / "new"), *more]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_chart_has_its_lines_where_the_numbers_are():
    lines = {"up": [0.0, 0.5, 1.0], "flat": [0.5, 0.5, 0.5]}
    page = np.asarray(draw_lines([5, 10, 20], lines, title="t", axis="x"))
    for name, colour in zip(lines, COLOURS, strict=False):
        rows, columns = np.nonzero((page[:, :320] == ImageColor.getrgb(colour)).all(axis=2))
        assert len(rows) > 50, name
        if name == "up":
            assert np.corrcoef(rows, columns)[0, 1] < -0.95


def test_pictures_stand_side_by_side_from_the_top():
    pictures = {"": Image.new("RGB", (30, 10), "red"), "two": Image.new("RGB", (20, 50), "blue")}
    page = under_titles(pictures)
    assert page.size == (30 + 16 + 20, 20 + 50)
    assert page.getpixel((0, 20)) == (255, 0, 0)
    assert page.getpixel((46, 69)) == (0, 0, 255)
