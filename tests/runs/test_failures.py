"""What becomes of a run that fails: it goes back, stops, starts again, and always says so."""

import json
from contextlib import nullcontext
from unittest.mock import Mock

import pytest
import torch

from infogan.cli import main
from infogan.commands.resuming import own_config
from infogan.runs.finding import read_findings
from infogan.runs.run import TrainingFailed, train
from infogan.runs.run_log import open_run_log
from infogan.storage.run_folder import RunFolder
from infogan.training import loop
from infogan.training.config import TrainConfig
from infogan.training.loop import Tick, fit
from infogan.training.presets import preset
from infogan.training.state import Diverged, State

pytestmark = pytest.mark.usefixtures("nothing_but_training")

# Twice as long as the tiny runs, with a look at each third.
LONGER = {"kimg": 0.12, "picture_kimg": 0.04, "tick_kimg": 0.016}
# Without noise and dials there is one image a category, at every seed and on every processor.
HOPELESS = {"codes": "kind=cat:3", "noise": 0}


@pytest.fixture
def frail(monkeypatch):
    """Makes a weight of D become NaN in every update until the rates are a quarter."""
    update = loop.update

    def breaking(state, real):
        terms = update(state, real)
        if state.rollbacks < 2:
            with torch.no_grad():
                next(state.discriminator.parameters()).view(-1)[0] = torch.nan
        return terms

    monkeypatch.setattr(loop, "update", breaking)


# NaN


@pytest.mark.usefixtures("frail")
def test_a_run_goes_back_from_a_nan_and_on_with_smaller_steps(tiny_config, tiny_data, tmp_path):
    out, config = tmp_path / "run", tiny_config(**(LONGER | {"kimg": 0.08}))
    train(tiny_data, out, config=config, progress=False)
    found = {finding.kind: finding for finding in read_findings(RunFolder(out).read_log())}
    assert "takes steps 4 times smaller" in found["divergence"].message
    lines = RunFolder(out).read_log()
    assert [line["kimg"] for line in lines] == [0.016, 0.032, 0.048, 0.064, 0.08]
    assert [line["rollbacks"] for line in lines] == [2] * 5
    assert ": NaN" not in (out / "log.jsonl").read_text()  # as JSON would have the number


@pytest.mark.usefixtures("frail")
def test_rates_stay_small_after_a_resume(tiny_config, tiny_source, tmp_path):
    config, path = tiny_config(optim={"decay": 0.0}), tmp_path / "one.safetensors"
    whole = State.create(config)
    list(fit(whole, tiny_source))
    state = State.create(config)
    next(fit(state, tiny_source))
    state.save(path)
    resumed = State.create(config)
    resumed.load(path)
    assert resumed.rollbacks == state.rollbacks == 2
    list(fit(resumed, tiny_source))
    for name, optim in resumed.optims.items():
        rates = [group["lr"] for group in optim.param_groups]
        assert rates == pytest.approx([config.learning_rate(name) / 4] * len(rates))
    for one, other in zip(
        whole.generator.parameters(), resumed.generator.parameters(), strict=True
    ):
        assert one.equal(other)


def test_the_fourth_nan_is_the_last(tiny_config, tiny_source):
    # Steps of 1e20, and of an eighth of it, through three layers leave 32-bit numbers.
    state = State.create(tiny_config(optim={"lr_d": 1e20}))
    with pytest.raises(
        Diverged, match=r"became NaN or infinite before 0.04 kimg, and 3 times more"
    ):
        list(fit(state, tiny_source))
    assert state.images_seen == 0
    assert state.finite  # what is kept is the last good state


# Stopping, and starting again


def test_stop_stops_and_keeps_what_there_is(tiny_config, tiny_data, tmp_path):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER)
    with pytest.raises(TrainingFailed, match=r"vary 0.00 times .* given up at 0.08 kimg"):
        train(tiny_data, out, config=config, progress=False, on_failure="stop")
    assert (out / "model.json").is_file()
    assert [line["kimg"] for line in RunFolder(out).read_log()][-1] == 0.08
    # It can go on all the same.
    train(tiny_data, out, config=config, progress=False, resume=True)
    assert [line["kimg"] for line in RunFolder(out).read_log()][-1] == 0.12


def test_restart_tries_other_seeds_twice(tiny_config, tiny_data, tmp_path, capsys):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER)
    with pytest.warns(match="starts again with seed") as told, pytest.raises(TrainingFailed):
        train(tiny_data, out, config=config, progress=False, on_failure="restart")
    folders = [out / "failed-1", out / "failed-2", out]
    assert [RunFolder(folder).read_config().seed for folder in folders] == [0, 1000, 2000]
    assert all((folder / "model.json").is_file() for folder in folders)
    assert len([each for each in told if "starts again" in str(each.message)]) == 2
    assert capsys.readouterr() == ("", "")
    # The options it began with still resume it.
    train(tiny_data, out, config=config, progress=False, resume=True)
    assert RunFolder(out).read_config().seed == 2000


def test_a_remedy_is_tried_twice_and_then_the_run_goes_on(tiny_config, tiny_data, tmp_path):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER | {"kimg": 0.24})
    with pytest.warns(match=r"starts again with seed \d000 and R1 0.5"):
        train(tiny_data, out, config=config, progress=False, on_failure="remedy")
    runs = [RunFolder(folder) for folder in (out / "failed-1", out / "failed-2", out)]
    assert [run.read_config().seed for run in runs] == [0, 1000, 2000]
    assert [bool(run.read_config().loss.r1) for run in runs] == [False, True, True]
    assert runs[-1].read_log()[-1]["kimg"] == 0.24
    # The options it began with still resume it.
    train(tiny_data, out, config=config, progress=False, resume=True)


def test_a_failure_late_in_a_run_is_told_and_no_more(tiny_config, tiny_data, tmp_path):
    out, config = tmp_path / "run", tiny_config(HOPELESS, **LONGER)
    train(tiny_data, out, config=config, progress=False, on_failure="remedy")
    assert not RunFolder(out).failures()
    assert RunFolder(out).read_log()[-1]["health"]


def test_the_command_says_what_was_wrong(tiny_data, tmp_path, capsys):
    out = tmp_path / "run"
    ask = ["train", "--data", str(tiny_data), "--out", str(out), "--codes", "kind=cat:3"]
    ask += ["--noise", "0", "--model.family", "mlp", "--batch_size", "8", "--device", "cpu"]
    ask += ["--kimg", "0.08", "--tick_kimg", "0.016", "--picture_kimg", "0.04", "--quiet"]
    assert main([*ask, "--on-failure", "stop"]) == 1
    assert "generated within a category vary 0.00" in capsys.readouterr().err
    assert main(["train", "--out", str(out), "--resume", "--quiet"]) == 0
    assert f"health    {out}: failure: images generated within" in capsys.readouterr().out


# The log


def test_the_log_tells_and_the_progress_line_once(tiny_config, tiny_data, tmp_path, capsys):
    config = tiny_config(HOPELESS, **LONGER)
    train(tiny_data, tmp_path / "run", config=config)
    said = capsys.readouterr().err
    assert said.count("kimg, failure: images generated") == 1
    assert "! G collapsed" in said
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    told = [read_findings([line]) for line in lines]
    assert [any(f.kind == "generator collapse" for f in each) for each in told][-3:] == [True] * 3


def test_the_log_says_when_a_run_will_end_early(tiny_config, tmp_path):
    tick = Tick(0.04, 1.0, 40.0, {"d_loss": 1.0, "g_loss": 1.0})
    config = tiny_config(early_stop=True)
    for end in (80, 60):
        with open_run_log(RunFolder(tmp_path), config, 0, 80, False, nullcontext()) as log:
            log.keep(tick, None, end)
        assert RunFolder(tmp_path).read_log()[0].get("ends_at") == (None if end == 80 else 0.06)


def test_what_was_regrouped_or_is_mixed_is_said_once_and_kept(tiny_config, tmp_path, capsys):
    text, mixed = "kind: categories 0 and 1 hardly differed", "kind: 1 and 2 hardly differed"
    ticks = [Tick(0.04, 1.0, 40.0, {"d_loss": 1.0, "g_loss": 1.0}, regrouped=(text,))]
    ticks.append(Tick(0.08, 2.0, 40.0, {"d_loss": 1.0, "g_loss": 1.0}, mixed=(mixed,)))
    config, folder, board = tiny_config(), RunFolder(tmp_path), Mock()
    with open_run_log(folder, config, 0, 80, True, nullcontext(board)) as log:
        for tick in ticks:
            log.keep(tick, None, 80)
    said = capsys.readouterr().err
    assert said.count(f"0.04 kimg, {text}") == 1
    assert said.count(f"0.08 kimg, warning: {mixed}, at the end of the run; ") == 1
    # A board takes numbers alone.
    assert all(type(call.args[1]) in (int, float) for call in board.add_scalar.call_args_list)
    assert [line.get("regrouped") for line in folder.read_log()] == [[text], None]
    assert [line.get("mixed") for line in folder.read_log()] == [None, [mixed]]


@pytest.mark.parametrize("name", ["tutorial", "fast"])
def test_what_a_run_does_is_asked_of_its_own_config(tmp_path, name):
    config, folder = preset(name), RunFolder(tmp_path / "run")
    assert own_config(folder.path, False, config) == config
    folder.write_config(config)
    assert own_config(folder.path, True, TrainConfig()) == config


@pytest.mark.parametrize(("name", "usual"), [("tutorial", "continue"), ("fast", "remedy")])
def test_published_systems_are_left_as_they_are(monkeypatch, capsys, tmp_path, name, usual):
    asked = {}
    monkeypatch.setattr("infogan.runs.run.train", lambda **how: asked.update(how))
    monkeypatch.setattr("infogan.commands.train.print_verdict", lambda _: None)
    monkeypatch.setattr("infogan.commands.train.next_steps", lambda _: [])
    main(["train", "--preset", name, "--data", "digits", "--out", str(tmp_path / "run")])
    assert asked["on_failure"] == usual
