"""Health: every rule on logs made by hand, just ill and just well; then runs ill by construction.

No training here depends on luck: what a run must show follows from how it is set up.
"""

import copy
import io
import warnings
from contextlib import redirect_stderr, suppress

import numpy as np
import pytest

from infogan.cli import main
from infogan.errors import UserError
from infogan.estimator import InfoGAN
from infogan.runs.finding import Finding, read_findings
from infogan.runs.health import diagnose
from infogan.runs.opening_rules import nothing_to_learn
from infogan.runs.run import train
from infogan.storage.run_folder import RunFolder

THIRD = 1 / 3
LOOK = {
    "usage": {"kind": [THIRD, THIRD, THIRD]},
    "prior": {"kind": [THIRD, THIRD, THIRD]},
    "overlap": {"kind": {"0-1": 0.1}},
    "sure": {"kind": 0.95},
    "restless": {"kind": 0.02},
    "spread": 1.0,
    "noise": 0.5,
}
"""What a look at a healthy run of three categories and a dial sees."""
TERMS = {"d_loss": 1.2, "g_loss": 0.8, "mi/kind": 1.0, "mi/tilt": 0.6}
"""What its ticks say; H(kind) is log 3 = 1.10 nats."""


def log(look=None, terms=None, kimgs=(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)):
    """The lines of a run of 1 kimg; `look` and `terms` differ from a healthy run's."""
    line = TERMS | (terms or {}) | {"diagnostics": LOOK | (look or {})}
    return [copy.deepcopy(line) | {"kimg": kimg} for kimg in kimgs]


@pytest.fixture
def found(tiny_config):
    """Says what is wrong at the end of a log of a run of 1 kimg, by kind."""

    def told(lines, **options):
        config = tiny_config(**({"kimg": 1.0} | options))
        return {finding.kind: finding for finding in diagnose(lines, config)}

    return told


def test_a_healthy_log_has_nothing_wrong(found):
    assert found(log()) == {}
    assert found([]) == {}


# Every rule, at a number just beyond its threshold and just within: {} is a healthy run's.
USE = "usage"
RULES = [
    # D's loss at chance is 2 log 2; a tenth of it is 0.139.
    ({}, {"d_loss": 0.13}, {}, {"d_loss": 0.14}, "discriminator overpowering", "failure",
     "below 0.13 for the last 3 ticks, 1.4 is chance"),
    ({"spread": 0.29}, {}, {"spread": 0.31}, {}, "generator collapse", "failure",
     "vary 0.29 times as much as real ones"),
    # A tenth of its share, which is a third.
    ({USE: {"kind": [0.03, 0.48, 0.49]}}, {}, {USE: {"kind": [0.04, 0.48, 0.48]}}, {},
     "dead category", "warning", "hardly use category 0 of kind (of 3)"),
    ({USE: {"kind": [0.03, 0.95, 0.02]}}, {}, {USE: {"kind": [0.2, 0.6, 0.2]}}, {},
     "dead category", "failure", "hardly use categories 0 and 2 of kind (of 3)"),
    ({"overlap": {"kind": {"1-2": 0.16, "0-1": 0.151}}}, {}, {"overlap": {"kind": {"1-2": 0.14}}},
     {}, "categories not told apart", "warning",
     "categories 1 and 2 of kind share real images (overlap 0.16) (1 pairs more)"),
    # More than twice its share.
    ({USE: {"kind": [0.68, 0.16, 0.16]}}, {}, {USE: {"kind": [0.66, 0.17, 0.17]}}, {},
     "category too big", "warning", "category 0 of kind: 2.0 times its share"),
    ({"restless": {"kind": 0.11}}, {}, {"restless": {"kind": 0.09}}, {},
     "categories cut through kinds", "warning", "11% of real images get another category of kind"),
    ({}, {"mixed": ["kind: categories 0 and 2 hardly differed, and 2 held two kinds (9%)"]}, {}, {},
     "categories hold two kinds", "warning", "kind: categories 0 and 2 hardly differed, and 2"),
    # A tenth of H(kind) is 0.110.
    ({}, {"mi/kind": 0.10}, {}, {"mi/kind": 0.12}, "code ignored", "warning",
     "ignores kind (bound of kind: 0.10 nats, H(c) 1.10)"),
    # A Q that sees nothing gets log 2 − ½ log (2πe/3) = −0.177; R² is 0.35 at 0.039.
    ({}, {"mi/tilt": 0.03}, {}, {"mi/tilt": 0.05}, "code ignored", "warning",
     "ignores tilt (bound of tilt: 0.03 nats, H(c) 0.69): Q tells 34% of it"),
    ({"noise": 0.009}, {}, {"noise": 0.011}, {}, "noise ignored", "warning",
     "the noise makes 0.9% of the variance"),
    ({}, {"rollbacks": 2}, {}, {"rollbacks": 0}, "divergence", "warning",
     "2 of at most 3 times; the run went back to its last good state and takes steps 4 times"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("look", "terms", "well_look", "well_terms", "kind", "severity", "words"),
    RULES,
    ids=[f"{rule[4]}: {rule[6][:30]}" for rule in RULES],
)
def test_a_rule_tells_what_is_beyond_its_threshold_and_no_more(
    found, look, terms, well_look, well_terms, kind, severity, words
):
    ill = found(log(look, terms))
    assert set(ill) == {kind}
    assert ill[kind].severity == severity
    assert words in ill[kind].message
    assert found(log(well_look, well_terms)) == {}


BY_LOOKS = [({"spread": 0.0}, "generator collapse"), ({"noise": 0.0}, "noise ignored"),
            ({USE: {"kind": [0.0, 0.5, 0.5]}}, "dead category"),
            ({"overlap": {"kind": {"0-1": 0.9}}}, "categories not told apart"),
            ({USE: {"kind": [0.8, 0.1, 0.1]}}, "category too big"),
            ({"restless": {"kind": 0.5}}, "categories cut through kinds")]  # fmt: skip


@pytest.mark.parametrize(("look", "kind"), BY_LOOKS, ids=[kind for _, kind in BY_LOOKS])
def test_two_looks_in_succession_must_agree(found, look, kind):
    lines = log(look)
    assert set(found(lines)) == {kind}
    assert found(lines[:1]) == {}  # one look proves nothing
    assert found([*lines[:-1], *log()[-1:]]) == {}  # the last was well
    assert found([*lines[:-2], *log()[-2:-1], lines[-1]]) == {}  # or the one before
    young = log(look, kimgs=(0.05, 0.1, 0.15))
    assert found(young) == {}  # the run had hardly begun


BY_TICKS = [({"d_loss": 0.01}, "discriminator overpowering"), ({"mi/kind": 0.0}, "code ignored")]


@pytest.mark.parametrize(("terms", "kind"), BY_TICKS, ids=[kind for _, kind in BY_TICKS])
def test_three_ticks_in_succession_must_agree(found, terms, kind):
    lines = log(terms=terms)
    assert set(found(lines)) == {kind}
    assert found(lines[:2]) == {}
    assert found([*lines[:-2], *log()[-2:-1], lines[-1]]) == {}
    # Of many ticks all those of the last twentieth of the run.
    often = log(terms=terms, kimgs=[0.9 + 0.01 * i for i in range(11)])
    assert set(found(often)) == {kind}
    assert found([*often[:-6], *log(kimgs=(0.95,)), *often[-5:]]) == {}


def test_what_comes_late_is_not_missed_in_a_young_run(found):
    ignored = log(terms={"mi/kind": 0.0}, kimgs=(0.1, 0.2, 0.3))
    assert found(ignored) == {}
    restless = log({"restless": {"kind": 0.5}}, kimgs=(0.2, 0.3, 0.39))
    assert found(restless) == {}


def test_chance_is_that_of_the_game_played(found):
    lines = log(terms={"d_loss": 0.18})
    hinge, wasserstein = ({"adversarial": name} for name in ("hinge", "wasserstein"))
    assert found(lines) == {}
    assert set(found(lines, loss=hinge)) == {"discriminator overpowering"}  # chance is 2
    assert found(log(terms={"d_loss": -5.0}), loss=wasserstein) == {}  # it has no chance level


def test_categories_are_measured_by_what_their_prior_gives_them(found):
    learned = {USE: {"kind": [0.7, 0.26, 0.04]}, "prior": {"kind": [0.7, 0.26, 0.04]}}
    assert found(log(learned)) == {}  # the third is rare, and drawn as rarely
    given_up = {USE: {"kind": [0.7, 0.29, 0.01]}, "prior": {"kind": [0.7, 0.29, 0.01]}}
    assert set(found(log(given_up))) == {"dead category"}
    assert set(found(log(given_up | {"prior": {"kind": [0.3, 0.4, 0.3]}}))) == {"dead category"}
    # What is dead is neither blurred nor does it make another too big.
    dead = {USE: {"kind": [0.9, 0.1, 0.0]}, "overlap": {"kind": {"0-2": 0.9}}}
    assert set(found(log(dead))) == {"dead category"}


def test_of_a_thousand_dead_categories_a_line_names_a_few(found):
    usage = [1.0, *[0.0] * 999]
    look = {USE: {"kind": usage}, "prior": {"kind": [0.001] * 1000}, "overlap": {"kind": {}}}
    message = found(log(look))["dead category"].message
    assert "categories 1, 2, 3, 4, 5 and 994 more of kind (of 1000)" in message


def test_what_the_config_has_not_is_not_missed(found):
    restless = log({"restless": {"kind": 0.5}})
    assert found(restless, loss={"consistency": 0.0}) == {}
    assert found(log({"noise": None}), model={"noise": 0}) == {}
    no_categories = {name: {} for name in ("usage", "prior", "overlap", "sure", "restless")}
    dials = [line | {"diagnostics": LOOK | no_categories} for line in log()]
    assert found(dials, model={"codes": "tilt=uni"}) == {}


def test_a_run_that_stands_still_is_told_so(found):
    still = log(terms={"unsettled": 0.001}, kimgs=(0.4, 0.5, 0.6))
    assert found(still)["nothing changes"].severity == "note"
    assert "--early_stop" in found(still)["nothing changes"].remedy
    assert set(found(still)) == {"nothing changes"}
    assert found(still, early_stop=True) == {}  # it sees to that itself
    assert found(still[:2]) == {}
    assert found([still[0], still[1] | {"unsettled": 0.002}, still[2]]) == {}
    # In the last 30 % the rates fall, and little changes because of that.
    assert found(log(terms={"unsettled": 0.0}, kimgs=(0.6, 0.7, 0.8))) == {}


def test_the_worst_is_told_first(tiny_config):
    look = {"noise": 0.0, "spread": 0.0, USE: {"kind": [0.0, 0.5, 0.5]}}
    told = diagnose(log(look, {"unsettled": 0.0}, kimgs=(0.4, 0.5, 0.6)), tiny_config(kimg=1.0))
    assert [finding.severity for finding in told] == ["failure", "warning", "warning", "note"]


# Runs


@pytest.mark.usefixtures("nothing_but_training")
def test_a_discriminator_far_faster_than_its_generator_overpowers_it(
    tiny_config, tiny_data, tmp_path
):
    # G moves by 6e-5 in all, and what D does not have to do for Q it does for the game.
    optim, options = {"lr_d": 0.02, "lr_g": 1e-6}, {"kimg": 0.48, "tick_kimg": 0.08}
    config = tiny_config(loss={"consistency": 0.0}, optim=optim, **options)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    worst = read_findings(RunFolder(tmp_path / "run").read_log())[0]
    assert (worst.kind, worst.severity) == ("discriminator overpowering", "failure")


@pytest.mark.usefixtures("nothing_but_training")
def test_a_generator_with_nothing_to_vary_has_collapsed(tiny_config, tiny_data, tmp_path):
    # Without noise and dials G has one image a category, whatever it has learned.
    config = tiny_config({"codes": "kind=cat:3", "noise": 0}, kimg=0.12)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    lines = RunFolder(tmp_path / "run").read_log()
    found = {finding.kind: finding for finding in read_findings(lines)}
    assert "vary 0.00 times as much as real ones" in found["generator collapse"].message
    assert "noise ignored" not in found  # there is none
    # The log's own lines say all: the same is found from them alone.
    for i in range(len(lines)):
        assert diagnose(lines[: i + 1], config) == read_findings(lines[: i + 1])


@pytest.mark.usefixtures("nothing_but_training")
def test_a_good_run_ends_with_nothing_wrong(tiny_config, tiny_data, tmp_path):
    # Labels make sure that the categories are the three discs.
    labels = tmp_path / "labels.csv"
    labels.write_text("".join(f"{i},{i % 3}\n" for i in range(40)))
    loss = {"mi_categorical_q": 1.0, "mi_continuous": 1.0, "consistency": 3.0}
    loss |= {"conditional_entropy": 0.1, "conditional_entropy_start": 0.1}
    optim = {"lr_g": 5e-3, "lr_d": 5e-3, "ema_kimg": 0.1}
    run = {"batch_size": 16, "kimg": 3.0, "tick_kimg": 0.1, "picture_kimg": 0.75}
    config = tiny_config({"noise": 8}, loss, optim, labels=str(labels), **run)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    *_, last = RunFolder(tmp_path / "run").read_log()
    assert last["diagnostics"]["usage"]["kind"] == pytest.approx([0.33, 0.33, 0.33], abs=0.1)
    assert read_findings(RunFolder(tmp_path / "run").read_log()) == []


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((40, 1, 8, 8), np.uint8), "all 40 images looked at are equal and black"),
        (np.full((40, 1, 8, 8), 7, np.uint8), "all 40 images looked at are equal"),
        (np.full((1, 1, 8, 8), 7, np.uint8), "there is but one image"),
    ],
)
def test_images_with_nothing_in_them_are_told_of_before_and_in_every_line(
    images, message, tiny_config, tmp_path, nothing_but_training
):
    np.save(tmp_path / "images.npy", images)
    with pytest.warns(UserWarning, match=f"^{message}; there is nothing in them"):
        train(tmp_path / "images.npy", tmp_path / "run", config=tiny_config(), progress=False)
    for line in RunFolder(tmp_path / "run").read_log():
        assert "nothing to learn" in [each.kind for each in read_findings([line])]


def test_images_that_differ_are_worth_training_on(tiny_images):
    assert nothing_to_learn(tiny_images) == []


NOTHING = "there is nothing in them"


@pytest.mark.parametrize(
    ("n", "black", "message"),
    [
        (1, False, f"there is but one image; {NOTHING}"),
        (1, True, f"there is but one image and black; {NOTHING}"),
        (10, True, f"all 10 images looked at are equal and black; {NOTHING}"),
        (10, False, "there are but 10 images, fewer than the 16 of a batch; they would be learned"),
        (16, False, None),
    ],
)
@pytest.mark.parametrize("way", ["infogan train", "infogan.train", "InfoGAN.fit"])
def test_too_few_or_equal_images_are_told_of_before_the_work(
    n, black, message, way, tiny_images, tiny_config, tmp_path, monkeypatch
):
    images = tiny_images[:n, 0] * (not black)
    config, begun = tiny_config(batch_size=16), []

    def no_work(*_):
        begun.append(True)
        raise UserError("the work begins here")

    monkeypatch.setattr("infogan.runs.run.fit", no_work)
    monkeypatch.setattr("infogan.estimator.fit", no_work)
    np.save(tmp_path / "a.npy", images)
    out, said = tmp_path / "run", []
    with warnings.catch_warnings(record=True) as caught, suppress(UserError):
        warnings.simplefilter("always")
        if way == "infogan.train":
            train(tmp_path / "a.npy", out, config=config, progress=False)
        elif way == "InfoGAN.fit":
            InfoGAN(preset=config).fit(images)
        else:
            stderr = io.StringIO()
            with redirect_stderr(stderr):
                data, small = f"--data={tmp_path / 'a.npy'}", ["--batch_size=16", "--kimg=1"]
                main(["train", data, f"--out={out}", "--device=cpu", "--model.family=mlp", *small])
            said = stderr.getvalue().splitlines()
    said += [str(each.message) for each in caught]
    found = [each for each in said if NOTHING in each or "fewer than" in each]
    assert begun
    assert len(found) == (message is not None)
    assert all(message in each and "warning: warning" not in each for each in found)


def test_the_same_of_other_categories_is_the_same():
    def blurred(brief: str) -> Finding:
        return Finding("categories not told apart", "warning", brief, "…", "…")

    assert blurred("kind: 3-6 blurred").subject == blurred("kind: 1-2 blurred").subject
    assert blurred("kind: 3-6 blurred").subject != blurred("hue: 3-6 blurred").subject
