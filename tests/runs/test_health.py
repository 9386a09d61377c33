"""Health: every failure is provoked by a run that deserves it, and a good run has none."""

import json
from contextlib import nullcontext
from dataclasses import replace

import pytest
from PIL import Image

from infogan.cli import main
from infogan.runs.health import diagnose, read_findings
from infogan.runs.run_log import open_run_log, read_health, read_log
from infogan.losses.consistency import Augmentation
from infogan.storage.run_folder import read_config
from infogan.runs.run import TrainingFailed, train
from infogan.training.checkpoint import is_over
from infogan.training.state import Diverged, State
from infogan.training.loop import Tick, fit

# Twice as long as the tiny runs, with a look at each third.
LONGER = {"kimg": 0.12, "picture_kimg": 0.04, "tick_kimg": 0.016}
# Q and G are left without a reason to learn what the codes mean.
BLIND = {"mi_categorical": 0.0, "mi_categorical_q": 0.0, "consistency": 0.0}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Saves the time that drawing takes, where nobody looks."""
    for name in ("draw_codes", "draw_traversal", "draw_overview"):
        monkeypatch.setattr(f"infogan.runs.run.{name}", lambda *_: Image.new("RGB", (1, 1)))


@pytest.fixture
def ill(tiny_config, tiny_data, tmp_path):
    """Trains a badly configured run; returns what was wrong with it at the end, by kind."""

    def trained(model=None, loss=None, optim=None, **options):
        config = tiny_config(model, loss, optim, **(LONGER | options))
        train(tiny_data, tmp_path / "run", config=config, progress=False)
        return {finding.kind: finding for finding in read_health(tmp_path / "run")}

    return trained


def test_a_discriminator_far_faster_than_its_generator_overpowers_it(ill):
    optim = {"lr_d": 0.02, "lr_g": 1e-6}
    found = ill(loss={"consistency": 0.0}, optim=optim, kimg=0.48, tick_kimg=0.08)
    assert found["discriminator overpowering"].severity == "failure"
    assert "lower optim.lr_d" in found["discriminator overpowering"].remedy


def test_a_generator_with_nothing_to_vary_has_collapsed(ill):
    found = ill(model={"codes": "kind=cat:3", "noise": 0})
    assert found["generator collapse"].severity == "failure"
    assert "vary 0.00 times as much as real ones" in found["generator collapse"].message
    assert "noise ignored" not in found  # there is none


def test_answers_that_need_not_be_spread_leave_categories_dead(ill):
    found = ill(
        loss={"conditional_entropy": 5.0, "marginal_entropy": 0.0, "mi_categorical_q": 0.0},
        optim={"lr_d": 0.02},
    )
    assert found["dead category"].severity == "failure"  # two of three
    assert "hardly use categories" in found["dead category"].message
    assert "category too big" not in found  # it is said once


def test_a_q_that_learns_nothing_does_not_tell_categories_apart(ill):
    loss = BLIND | {"consistency": 1.0, "conditional_entropy": 0.0}
    found = ill(model={"codes": "kind=cat:2,tilt=uni"}, loss=loss, seed=1)
    assert "share real images" in found["categories not told apart"].message
    assert found["categories not told apart"].severity == "warning"


def test_categories_that_outlive_no_change_cut_through_kinds(ill):
    loss = {"consistency": 0.01, "mi_categorical_q": 1.0}
    wild = Augmentation(rotation=3.0, shear=1.0, scale=0.9, shift=1.0)
    found = ill(loss=loss, optim={"lr_d": 0.02}, kimg=0.24, picture_kimg=0.08, augmentation=wild)
    assert "get another category of kind" in found["categories cut through kinds"].message


def test_a_code_without_weight_is_ignored(ill):
    found = ill(loss={"mi_continuous": 0.0}, kimg=0.16)
    assert "ignores" in found["code ignored"].message
    assert "tilt" in found["code ignored"].brief
    assert "H(c)" in found["code ignored"].message


def test_noise_among_wide_dials_is_ignored(ill):
    found = ill(model={"codes": "kind=cat:3,dial=40*uni:-3:3", "noise": 1})
    assert "of the codes gives one image" in found["noise ignored"].message


def test_a_run_that_stands_still_is_told_so(ill):
    loss = {"conditional_entropy": 5.0, "marginal_entropy": 0.0, "mi_categorical_q": 0.0}
    optim = {"lr_d": 0.02, "ema_kimg": 0.0, "decay": 0.0}
    found = ill(loss=loss, optim=optim, kimg=0.8, tick_kimg=0.08, picture_kimg=0.8)
    assert found["nothing changes"].severity == "note"
    assert "--early_stop" in found["nothing changes"].remedy


def test_a_good_run_ends_with_nothing_wrong(tiny_config, tiny_data, tmp_path):
    train(tiny_data, tmp_path / "run", config=good(tiny_config), progress=False)
    grown = [line for line in read_log(tmp_path / "run") if line["kimg"] >= 3]
    assert len([line for line in grown if "diagnostics" in line]) == 2
    assert not any("health" in line for line in grown)


def good(tiny_config, **options):
    """A config that learns the three discs in 200 updates."""
    loss = {"mi_categorical_q": 1.0, "mi_continuous": 1.0, "consistency": 3.0}
    loss |= {"conditional_entropy": 0.1, "conditional_entropy_start": 0.1}
    optim = {"lr_g": 5e-3, "lr_d": 5e-3, "ema_kimg": 0.1}
    run = {"batch_size": 16, "kimg": 4.0, "tick_kimg": 0.2, "picture_kimg": 1.0}
    return tiny_config({"noise": 8}, loss, optim, **(run | options))


# NaN


def test_a_run_goes_back_from_a_nan_and_on_with_smaller_steps(ill, tmp_path):
    # Steps so large that 32-bit numbers overflow; a quarter of them just do not.
    found = ill(optim={"lr_d": 1e6}, kimg=0.08)
    assert "takes steps 4 times smaller" in found["divergence"].message
    lines = list(read_log(tmp_path / "run"))
    assert [line["kimg"] for line in lines] == [0.016, 0.032, 0.048, 0.064, 0.08]
    assert lines[-1]["rollbacks"] == 2
    assert ": NaN" not in (tmp_path / "run" / "log.jsonl").read_text()


def test_rates_stay_small_after_a_resume(tiny_config, tiny_source, tmp_path):
    config, path = tiny_config(optim={"lr_d": 1e6}), tmp_path / "one.safetensors"
    whole = State.create(config)
    list(fit(whole, tiny_source))
    state = State.create(config)
    next(fit(state, tiny_source))
    state.save(path)
    resumed = State.create(config)
    resumed.load(path)
    assert resumed.rollbacks == state.rollbacks == 2
    list(fit(resumed, tiny_source))
    for one, other in zip(
        whole.generator.parameters(), resumed.generator.parameters(), strict=True
    ):
        assert one.equal(other)


def test_the_fourth_nan_is_the_last(tiny_config, tiny_source):
    state = State.create(tiny_config(optim={"lr_d": 1e20}))
    with pytest.raises(
        Diverged, match=r"became NaN or infinite before 0.04 kimg, and 3 times more"
    ):
        list(fit(state, tiny_source))
    assert state.images_seen == 0
    assert state.finite  # what is kept is the last good state


# What happens then

HOPELESS = {"codes": "kind=cat:3", "noise": 0}


def test_stop_stops_and_keeps_what_there_is(tiny_config, tiny_data, tmp_path):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER)
    with pytest.raises(TrainingFailed, match=r"vary 0.00 times .* given up at 0.088 kimg"):
        train(tiny_data, out, config=config, progress=False, on_failure="stop")
    assert (out / "model.json").is_file()
    assert [line["kimg"] for line in read_log(out)][-1] == 0.088
    # It can go on all the same.
    train(tiny_data, out, config=config, progress=False, resume=True)
    assert [line["kimg"] for line in read_log(out)][-1] == 0.12


def test_restart_tries_other_seeds_twice(tiny_config, tiny_data, tmp_path, capsys):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER)
    with pytest.raises(TrainingFailed):
        train(tiny_data, out, config=config, progress=False, on_failure="restart")
    folders = [out / "failed-1", out / "failed-2", out]
    assert [read_config(folder).seed for folder in folders] == [0, 1000, 2000]
    assert all((folder / "model.json").is_file() for folder in folders)
    assert capsys.readouterr().err.count("starts again with seed") == 2
    # The options it began with still resume it.
    train(tiny_data, out, config=config, progress=False, resume=True)
    assert read_config(out).seed == 2000


def test_the_command_says_what_was_wrong(tiny_config, tiny_data, tmp_path, capsys):
    out = tmp_path / "run"
    ask = ["train", "--data", str(tiny_data), "--out", str(out), "--codes", "kind=cat:3"]
    ask += ["--noise", "0", "--model.family", "mlp", "--batch_size", "8", "--device", "cpu"]
    ask += ["--kimg", "0.08", "--tick_kimg", "0.016", "--picture_kimg", "0.04", "--quiet"]
    assert main([*ask, "--on-failure", "stop"]) == 1
    assert "generated within a category vary 0.00" in capsys.readouterr().err
    assert main(["train", "--out", str(out), "--resume", "--quiet"]) == 0
    assert f"health    {out}: failure: images generated within" in capsys.readouterr().out


def test_the_log_tells_and_the_progress_line_once(tiny_config, tiny_data, tmp_path, capsys):
    config = tiny_config(HOPELESS, **LONGER)
    train(tiny_data, tmp_path / "run", config=config)
    said = capsys.readouterr().err
    assert said.count("kimg, failure: images generated") == 1
    assert "! G collapsed" in said
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    told = [read_findings([line]) for line in lines]
    assert [any(f.kind == "generator collapse" for f in each) for each in told][-3:] == [True] * 3
    # The same is found from the log alone.
    for i in range(len(lines)):
        assert diagnose(lines[: i + 1], config) == told[i]


# Stopping early


def train_until(state, source, images):
    list(fit(state, source, lambda: state.images_seen >= images))


def test_an_easy_run_stops_early_and_resumes_to_the_bit(tiny_config, tiny_source, tmp_path):
    config = good(tiny_config, early_stop=True, kimg=6.0, tick_kimg=1.0)
    whole = State.create(config)
    ticks = list(fit(whole, tiny_source))
    settled = whole.convergence.converged_at
    assert 1200 <= settled < 4200  # neither young nor in the last part
    assert whole.images_seen == whole.end == pytest.approx(settled / 0.7, abs=16)
    assert ticks[-1].kimg < 6
    state, path = State.create(config), tmp_path / "state.safetensors"
    for stop in (settled - 40, settled + 40):
        train_until(state, tiny_source, stop)
        state.save(path)
        state = State.create(config)
        state.load(path)
    list(fit(state, tiny_source))
    assert state.images_seen == whole.images_seen
    state.save(path)
    assert is_over(path, config)
    assert not is_over(path, replace(config, early_stop=False))
    pairs = zip(whole.generator.parameters(), state.generator.parameters(), strict=True)
    assert all(one.equal(other) for one, other in pairs)


def test_hard_data_takes_the_whole_run(tiny_config, tiny_data, tmp_path):
    config = tiny_config(loss=BLIND, early_stop=True, **LONGER)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    lines = list(read_log(tmp_path / "run"))
    assert lines[-1]["kimg"] == 0.12
    assert all("ends_at" not in line for line in lines)


def test_the_log_says_when_a_run_will_end_early(tiny_config, tmp_path):
    tick = Tick(0.04, 1.0, 40.0, {"d_loss": 1.0, "g_loss": 1.0})
    config = tiny_config(early_stop=True)
    for end in (80, 60):
        with open_run_log(tmp_path, config, 0, 80, False, nullcontext()) as log:
            log.keep(tick, None, end)
        assert next(read_log(tmp_path)).get("ends_at") == (None if end == 80 else 0.06)
