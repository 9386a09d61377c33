"""The verdict: what is said of a run, from figures made by hand; then of a run that ended."""

import dataclasses
import json

import numpy as np
import pytest

from infogan.cli import main
from infogan.evaluation.closing_look import ClosingLook, Likeness, Shortcut, shortcut
from infogan.runs.conclusion import read_verdict
from infogan.runs.run import train
from infogan.runs.verdict import duration, verdict
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.presets import preset

TENTH = [0.1] * 10
LOOK = ClosingLook(
    bounds={"c1": 2.29, "c2": 1.2, "c3": 1.1},
    unsure={"c1": 0.01},
    alike=[Likeness("c2", "c3", 0.1)],
    shortcuts={"c1": Shortcut("brightness", 0.25)},
    precision=0.9,
    floor=0.9,
    grain=1.1,
    rebuilt=0.7,
    names={"c2": "slant", "c3": "thickness"},
)
SEEN = {
    "usage": {"c1": TENTH},
    "prior": {"c1": TENTH},
    "overlap": {"c1": {}},
    "sure": {"c1": 0.99},
    "restless": {"c1": 0.01},
    "spread": 0.9,
    "noise": 0.3,
}


def judged(seen=None, terms=None, kimg=256.0, **looked):
    """The verdict on a good run of three codes, but for what is given."""
    config = dataclasses.replace(TrainConfig(), kimg=kimg)
    line = {"kimg": kimg, "seconds": kimg, "d_loss": 1.2, "diagnostics": SEEN | (seen or {})}
    look = dataclasses.replace(LOOK, **looked)
    return verdict([line | (terms or {})], config, config.model.latent, look)


def test_a_run_that_was_not_looked_at_twice_is_too_short():
    found = judged(kimg=1.0, unsure={})
    assert found.longer == 256
    assert not found.worth_using
    assert "not looked at twice" in found.findings[0].message
    assert judged(terms={"unsettled": 0.01}, unsure={}).good


@pytest.mark.parametrize(("name", "kimg"), [("tutorial", 2998.4), ("paper-faces", 6400.0)])
def test_a_published_system_is_too_short_by_its_own_length(name, kimg):
    config = dataclasses.replace(preset(name), kimg=300.0)
    latent = config.model.latent
    look = dataclasses.replace(
        LOOK, bounds=dict.fromkeys(latent.names, 1.0), unsure={}, shortcuts={}, alike=[]
    )
    line = {"kimg": 300.0, "seconds": 300.0, "d_loss": 1.2}
    assert verdict([line], config, latent, look).longer == kimg


def test_an_ignored_code_is_told_a_weight_above_the_one_it_has():
    (found,) = judged(bounds={"c1": 0.01, "c2": 1.2, "c3": 1.1}).findings
    assert """raise its weight, 1: --loss.mi_weights '{"c1": 2}'""" in found.remedy


def test_a_good_run_is_told_what_its_codes_are():
    found = judged()
    assert found.summary == "10 kinds; c2 is slant; c3 is thickness"
    assert found.findings == ()
    assert found.good
    assert found.worth_using


def test_the_words_of_the_issue():
    found = judged(
        {"overlap": {"c1": {"3-5": 0.4}}},
        kimg=24.0,
        bounds={"c1": 2.1, "c2": 0.9, "c3": -0.04},
        unsure={"c1": 0.4},
    )
    assert found.summary == (
        "10 kinds, 2 of them overlap (3 and 5); c2 is slant; c3 carries almost nothing; "
        "too short: try --kimg 256, about 4 minutes"
    )
    assert (found.longer, found.worth_using, found.good) == (256.0, False, False)


# Just bad enough, and just not.
RULES = [
    ({"bounds": LOOK.bounds | {"c3": 0.03}}, {"bounds": LOOK.bounds | {"c3": 0.05}},
     "code ignored", "c3 carries almost nothing"),
    ({"names": {"c2": "slant", "c3": "slant"}}, {"names": {"c2": "slant"}},
     "dials alike", "c2 and c3 are both slant"),
    ({"alike": [Likeness("c2", "c3", -0.72)]}, {"alike": [Likeness("c2", "c3", 0.68)]},
     "dials alike", "c2 and c3 do nearly the same"),
    ({"shortcuts": {"c1": Shortcut("background", 0.56)}},
     {"shortcuts": {"c1": Shortcut("background", 0.54)}}, "shortcut", "mostly background"),
    ({"shortcuts": {"c1": Shortcut("brightness", 0.83)}},
     {"shortcuts": {"c1": Shortcut("brightness", 0.5)}}, "shortcut", "only brightness"),
    ({"precision": 0.5}, {"precision": 0.6}, "images unlike", "images are unlike the real ones"),
    ({"grain": 1.5}, {"grain": 1.3}, "images unlike", "unlike the real ones (grainy)"),
    ({"grain": 0.5}, {"grain": 0.7}, "images unlike", "unlike the real ones (blurred)"),
    ({"rebuilt": 0.2}, {"rebuilt": 0.4}, "not rebuilt", "a reconstruction is not the picture"),
    ({"unsure": {"c1": 0.2}}, {"unsure": {"c1": 0.1}}, "unsettled", "20% of the images unsettled"),
]  # fmt: skip


@pytest.mark.parametrize(("ill", "well", "kind", "words"), RULES)
def test_each_rule_tells_what_is_beyond_its_threshold(ill, well, kind, words):
    found = judged(**ill)
    assert [finding.kind for finding in found.findings] == [kind]
    assert words in found.summary
    assert found.findings[0].remedy
    assert judged(**well).findings == ()


def test_a_dial_of_a_fixed_sigma_is_judged_by_what_is_told_of_it_not_by_its_sign():
    # With σ = 1 no bound of a uniform dial is above −0.226 nats, and a perfect one has that.
    config = TrainConfig()
    model = dataclasses.replace(config.model, codes="c1=cat:10,c2=uni:sigma=1,c3=uni")
    config = dataclasses.replace(config, model=model)
    look = dataclasses.replace(LOOK, bounds={"c1": 2.29, "c2": -0.23, "c3": 1.0})
    line = {"kimg": 256.0, "seconds": 256.0, "diagnostics": SEEN}
    assert "nothing" not in verdict([line], config, model.latent, look).summary


def test_a_failure_comes_first_and_is_not_worth_using():
    found = judged({"spread": 0.05})
    assert found.summary.startswith("G collapsed; 10 kinds")
    assert found.findings[0].severity == "failure"
    assert not found.worth_using


def test_a_run_that_has_hardly_begun_is_told_that_alone():
    pairs = {f"{i}-{j}": 0.99 for j in range(10) for i in range(j)}
    found = judged(
        {"overlap": {"c1": pairs}, "restless": {"c1": 0.6}},
        kimg=1.0,
        bounds={"c1": 0.0, "c2": -0.2, "c3": -0.1},
        unsure={"c1": 1.0},
        rebuilt=-3.0,
        names={},
    )
    assert found.summary == (
        "c1, c2 and c3 carry almost nothing; too short: try --kimg 256, about 4 minutes"
    )
    assert {finding.kind for finding in found.findings} == {"too short", "code ignored"}


def test_the_length_proposed_goes_with_the_length_there_was():
    assert judged(kimg=24.0, unsure={"c1": 0.3}).longer == 256
    assert judged(kimg=200.0, unsure={"c1": 0.3}).longer == 512
    assert judged(kimg=300.0, unsure={"c1": 0.3}).longer is None  # time alone will not do
    assert judged(terms={"unsettled": 0.3}, kimg=24.0).longer == 256


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.1, "10 seconds"), (0.7, "40 seconds"), (1.2, "a minute"), (8.2, "8 minutes"),
     (89, "89 minutes"), (180, "3 hours")],
)  # fmt: skip
def test_durations_are_told_as_people_tell_them(minutes, words):
    assert duration(minutes) == words


def test_categories_that_are_one_measure_are_found_out():
    rng = np.random.default_rng(0)
    grey = rng.random((400, 1))
    other = rng.random((400, 1))
    category = (grey[:, 0] * 4).astype(np.int64)
    found = shortcut({"other": other, "brightness": grey}, category)
    assert found.measure == "brightness"
    assert found.accuracy > 0.9
    unrelated = shortcut({"other": other}, category)
    assert unrelated.accuracy < 0.4  # chance is a quarter


def test_a_rare_category_counts_as_much_as_a_frequent_one():
    rng = np.random.default_rng(0)
    category = (rng.random(400) < 0.05).astype(np.int64)
    assert shortcut({"noise": rng.random((400, 1))}, category).accuracy < 0.75


# A run


@pytest.mark.usefixtures("no_pictures")
def test_a_run_ends_with_its_verdict_in_the_report_and_on_the_terminal(
    tiny_config, tiny_data, tmp_path, capsys
):
    out = tmp_path / "run"
    options = ["--kimg=0.08", "--tick_kimg=0.04", "--picture_kimg=0.04", "--device=cpu"]
    options += ["--model.width=4", "--model.hidden=16", "--batch_size=8", "--size=8"]
    options += ["--preset=fast"]
    status = main(["train", "--data", str(tiny_data), "--out", str(out), "--quiet", *options])
    told = capsys.readouterr().out
    assert status == 0
    assert "verdict   " in told
    assert "too short" in told
    assert f"next      infogan train --out {out} --resume --kimg 256" in told
    assert f"or infogan explore {out} --open" in told
    page = (out / "report.html").read_text()
    assert "What came of it" in page
    assert "Nothing was wrong" not in page
    found = read_verdict(RunFolder(out))
    assert found.summary in page.replace("&#39;", "'")
    assert json.loads((out / "verdict.json").read_text())["measured"]["bounds"].keys() == {
        "c1", "c2", "c3",
    }  # fmt: skip


@pytest.mark.usefixtures("no_pictures")
def test_a_run_that_goes_on_loses_its_verdict(tiny_config, tiny_data, tmp_path):
    out = RunFolder(tmp_path / "run")
    train(tiny_data, out.path, config=tiny_config(), progress=False)
    assert read_verdict(out)
    out.weights_file.touch()
    assert read_verdict(out) is None
