"""Runs on disk: what a folder holds, and that stopping and going on changes nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import infogan
from infogan.cli import main
from infogan.errors import UserError
from infogan.evaluation import evaluate
from infogan.runs.beginning import named
from infogan.runs.run import TrainingStopped, train
from infogan.runs.run_log import summary, tutorial_line
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import read_checkpoint, write_checkpoint
from infogan.training.config import TrainConfig
from infogan.training.presets import preset
from infogan.training.schedule import Schedule

NOT_NUMBERS = ("diagnostics", "health")
SRC = Path(infogan.__file__).parents[1]


def kimgs(out):
    return [line["kimg"] for line in RunFolder(out).read_log()]


def same_run(a, b):
    """Whether two runs ended with the same model and the same checkpoint, bit for bit."""
    pairs = [(a / "model.safetensors", b / "model.safetensors")]
    pairs += [(RunFolder(a).latest_checkpoint(), RunFolder(b).latest_checkpoint())]
    for left, right in pairs:
        one, other = load_file(left), load_file(right)
        if one.keys() != other.keys() or any(not torch.equal(one[k], other[k]) for k in one):
            return False
    return True


@pytest.fixture
def stop_at(monkeypatch):
    """Sends signals to this very process at a tick."""

    def arrange(tick, *signals):
        seen = []

        def interrupting(one):
            seen.append(one)
            if len(seen) == tick:
                for number in signals:
                    signal.raise_signal(number)
            return summary(one)

        monkeypatch.setattr("infogan.runs.run_log.summary", interrupting)

    return arrange


# The folder


def test_a_folder_holds_all_there_is_to_know(tiny_run, tiny_config, tiny_data):
    names = {str(p.relative_to(tiny_run)) for p in tiny_run.rglob("*") if p.is_file()}
    assert names == {
        "README.md",
        "report.html",
        "codes.json",
        "verdict.json",
        "config.yaml",
        "log.jsonl",
        "model.json",
        "model.safetensors",
        "overview.png",
        "checkpoints/000000040.safetensors",
        "checkpoints/000000080.safetensors",
        "pictures/codes-000000.png",
        "pictures/tilt-000000.png",
    }
    # The config is the resolved one: the data that was given, the shape of its images.
    config = RunFolder(tiny_run).read_config()
    images = config.model.images
    plain = replace(config, model=replace(config.model, images={}))
    assert plain == tiny_config(data=str(tiny_data))
    assert images["read"][0].startswith("40 of tiny.npz")
    assert images["rules"]["range"] == [0, 255]


def test_every_tick_is_a_line(tiny_run):
    lines = [json.loads(line) for line in (tiny_run / "log.jsonl").read_text().splitlines()]
    assert lines == RunFolder(tiny_run).read_log()
    assert [line["kimg"] for line in lines] == [0.04, 0.08]
    expected = {"kimg", "seconds", "images_per_second", "d_loss", "d_real", "d_fake", "g_loss"}
    expected |= {"real_loss", "fake_loss", "unsettled", "diagnostics"}
    assert set(lines[0]) == expected | {"consistency", "mi/kind", "mi/tilt"}
    numbers = [value for line in lines for key, value in line.items() if key not in NOT_NUMBERS]
    assert np.isfinite(numbers).all()


@pytest.mark.usefixtures("nothing_but_training")
def test_the_last_two_checkpoints_are_kept(tiny_config, tiny_data, tmp_path):
    config = tiny_config(tick_kimg=0.008, picture_kimg=0.024)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    kept = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert kept == ["000000072.safetensors", "000000080.safetensors"]


def test_the_model_is_the_moving_average(tiny_run):
    model = load_file(tiny_run / "model.safetensors")
    saved = load_file(RunFolder(tiny_run).latest_checkpoint())
    for key, tensor in model.items():
        assert torch.equal(tensor, saved[f"ema_{key}"])
    assert any(not torch.equal(model[key], saved[key]) for key in model)


def test_an_array_is_refused_with_the_two_ways_to_train_on_it():
    with pytest.raises(UserError, match=r"ndarray.*numpy\.save.*InfoGAN\(…\)\.fit\(X\)"):
        named(np.zeros((20, 8, 8), np.uint8))


def test_three_lines_train_and_three_sample(tiny_config, tiny_data, tmp_path):
    model = infogan.train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False)
    images, codes = model.sample(4, seed=1, kind=2)
    infogan.save_grid(images, tmp_path / "grid.png")
    assert codes["kind"].tolist() == [2] * 4
    again, _ = infogan.load(tmp_path / "run").sample(4, seed=1, kind=2)
    assert np.array_equal(again, images)


@pytest.mark.usefixtures("nothing_but_training")
def test_what_is_given_beside_a_preset_goes_first(tiny_data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model = infogan.train(tiny_data, codes="kind=cat:3,tilt=uni", preset="fast", kimg=0.08, seed=7)
    config = RunFolder(Path("runs/tiny")).read_config()  # named after the data
    assert (config.kimg, config.seed, config.model.codes) == (0.08, 7, "kind=cat:3,tilt=uni")
    expected = preset("fast")
    assert (config.loss, config.optim) == (expected.loss, expected.optim)
    assert model.latent.names == ("kind", "tilt")
    # What was read and chosen is told before it begins.
    told = capsys.readouterr().err
    assert re.search(r"images    40 of .*tiny.npz", told)
    assert "codes     kind=cat:3,tilt=uni" in told


@pytest.mark.usefixtures("nothing_but_training")
def test_no_run_is_written_over(tiny_config, tiny_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for expected in ("runs/tiny", "runs/tiny-2", "runs/tiny-3"):
        assert not Path(expected).exists()
        train(tiny_data, config=tiny_config(), progress=False)
        assert RunFolder(Path(expected)).is_run


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resume": True}, "resume: goes on with the run in `out`; give its folder"),
        ({"preset": "fast", "config": TrainConfig()}, "preset and config: give one of them"),
        ({"preset": "quick"}, "unknown preset 'quick'"),
    ],
)
def test_what_is_given_must_fit_together(tiny_data, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        train(tiny_data, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("nothing_but_training")
def test_progress_tells_the_losses_and_the_nats(tiny_config, tiny_data, tmp_path, capsys):
    train(tiny_data, tmp_path / "run", config=tiny_config())
    shown = capsys.readouterr().err
    assert "img/s" in shown
    assert re.search(r"D \d.* G \d.* \| nats: kind -?\d+\.\d\d tilt -?\d+\.\d\d", shown)


def test_summary_is_short_even_with_many_codes():
    terms = {"d_loss": 1.234, "g_loss": 0.5} | {f"mi/c{i}": 0.1 * i for i in range(9)}
    line = summary(terms)
    assert line == "D 1.23 G 0.50 | nats: c0 0.00 c1 0.10 c2 0.20 c3 0.30 c4 0.40 c5 0.50"


# Refusing


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("tutorial", [False, True])
@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("mi > trunk+Q, mi > G", "nats: kind"),
        ("real > trunk+D, fool > G", "G "),
        ("consistency > trunk+Q, contrast > pairs, contrast > G", ""),
    ],
)
def test_a_schedule_need_not_have_every_loss(
    tiny_config, tiny_data, tmp_path, capsys, steps, told, tutorial
):
    def by_line(tick, config):
        print(tutorial_line(tick, config))

    config = tiny_config(
        {"codes": "kind=cat:3,tilt=uni,size=uni"},
        {"contrastive": 1.0},
        schedule=Schedule(steps),
        picture_kimg=0.08,
    )
    train(tiny_data, tmp_path / "run", config=config, progress=by_line if tutorial else True)
    said = capsys.readouterr()
    if tutorial:
        assert re.search(r"^>5, d\[\S+,\S+\], g\[\S+\] q\[\S+\]$", said.out, re.MULTILINE)
    else:
        assert told in said.err
    last = RunFolder(tmp_path / "run").read_log()[-1]
    asked = {"mi": "mi/kind", "real": "real_loss", "fool": "g_loss", "contrast": "contrastive"}
    for loss, term in asked.items():
        assert (term in last) == (loss in re.split(r"\W+", steps)), term


def test_an_existing_folder_is_left_alone(tiny_config, tiny_data, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine too")
    for name in ("full", "file"):
        with pytest.raises(ValueError, match=f"{name}: exists already; choose another --out, or"):
            train(tiny_data, tmp_path / name, config=tiny_config(), progress=False)
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    train(tiny_data, tmp_path / "empty", config=tiny_config(), progress=False)


def test_bad_data_leaves_no_folder(tiny_config, tmp_path):
    with pytest.raises(ValueError, match="nowhere: no such file"):
        train("nowhere", tmp_path / "run", config=tiny_config(), progress=False)
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_resumed(tiny_run, tiny_config, tiny_data, tmp_path):
    def refuse(out, message, data=tiny_data, **options):
        config = tiny_config(**options)
        with pytest.raises(ValueError, match=message) as caught:
            train(data, out, config=config, resume=True, progress=False)
        assert "\n" not in str(caught.value)

    refuse(tmp_path / "none", "none: is not a run folder, it holds no config.yaml")
    for options in (
        {"seed": 1},
        {"batch_size": 16},
        {"loss": {"r1": 1.0}},
        {"model": {"noise": 5}},
    ):
        refuse(tiny_run, "its config.yaml differs from the options given; resume with", **options)
    np.save(tmp_path / "other.npy", np.zeros((40, 8, 8), np.uint8))
    refuse(tiny_run, "its config.yaml differs", data=tmp_path / "other.npy")
    started = tmp_path / "started"
    started.mkdir()
    for name in ("config.yaml", "model.safetensors"):
        (started / name).write_bytes((tiny_run / name).read_bytes())
    refuse(started, "started: holds no checkpoint to resume from; start it anew")
    (started / "config.yaml").write_text("model: {depth: 3}\n")
    refuse(started, r"config\.yaml: not a complete config")


@pytest.mark.usefixtures("nothing_but_training")
def test_data_that_changed_shape_is_noticed(tiny_config, tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, np.arange(40 * 64, dtype=np.uint8).reshape(40, 8, 8))
    train(path, tmp_path / "run", config=tiny_config(), progress=False)
    np.save(path, np.zeros((40, 12, 12), np.uint8))
    with pytest.raises(ValueError, match=r"images are \(1, 12, 12\), the run .* of \(1, 8, 8\)"):
        train(path, tmp_path / "run", config=tiny_config(), resume=True, progress=False)


# Stopping and going on


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("tick", [1, 3])
def test_a_stopped_run_goes_on_as_if_it_had_not(
    tiny_config, tiny_data, tmp_path, stop_at, tick, number
):
    config, out = tiny_config(tick_kimg=0.016), tmp_path / "run"
    train(tiny_data, tmp_path / "whole", config=config, progress=False)
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    stop_at(tick, number)
    expected = rf"stopped at .* of 0.08 kimg, all saved; go on with: .* --out {out} --resume"
    with pytest.raises(TrainingStopped, match=expected):
        train(tiny_data, out, config=config, progress=False)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    # What was reached is saved, and can be used.
    assert RunFolder(out).latest_checkpoint().stem == f"{round(kimgs(out)[-1] * 1000):09d}"
    assert kimgs(out)[-1] < 0.08
    assert infogan.load(out).sample(2)[0].shape == (2, 1, 8, 8)
    train(tiny_data, out, config=config, resume=True, progress=False)
    assert same_run(out, tmp_path / "whole")
    # Told at a tick, it stops there, and not an update later.
    assert kimgs(out) == kimgs(tmp_path / "whole")


@pytest.mark.usefixtures("nothing_but_training", "quick_effort")
def test_a_stopped_runs_card_tells_how_far_it_came(tiny_config, tiny_data, tmp_path, stop_at):
    out, config = tmp_path / "run", tiny_config(tick_kimg=0.016)
    stop_at(2, signal.SIGINT)
    with pytest.raises(TrainingStopped):
        train(tiny_data, out, config=config, progress=False)
    reached = f"{kimgs(out)[-1]:g} thousand images"
    assert reached != "0.08 thousand images"
    assert reached in (out / "README.md").read_text()
    assert main(["evaluate", str(out), "--quick"]) == 0
    assert reached in (out / "README.md").read_text()
    train(out=out, resume=True, progress=False)
    assert "0.08 thousand images" in (out / "README.md").read_text()


@pytest.mark.usefixtures("nothing_but_training")
def test_the_report_tells_the_time_over_all_resumes(tiny_config, tiny_data, tmp_path, stop_at):
    out = tmp_path / "run"
    stop_at(1, signal.SIGINT)
    with pytest.raises(TrainingStopped):
        train(tiny_data, out, config=tiny_config(tick_kimg=0.016), progress=False)
    checkpoint = RunFolder(out).latest_checkpoint()
    snapshot = read_checkpoint(checkpoint)
    write_checkpoint(checkpoint, replace(snapshot, seconds=1200.0), RunFolder(out).read_config())
    train(out=out, resume=True, progress=False)
    assert RunFolder(out).read_log()[-1]["seconds"] > 1200
    assert re.search(r"Time</dt><dd>2\d\.\d min", (out / "report.html").read_text())


@pytest.mark.usefixtures("nothing_but_training")
def test_resuming_a_finished_run_changes_nothing(tiny_config, tiny_data, tiny_run, tmp_path):
    out = tmp_path / "run"
    train(tiny_data, out, config=tiny_config(), progress=False)
    train(tiny_data, out, config=tiny_config(), resume=True, progress=False)
    assert same_run(out, tiny_run)
    assert kimgs(out) == [0.04, 0.08]


@pytest.mark.usefixtures("nothing_but_training")
def test_a_second_signal_is_let_through(tiny_config, tiny_data, tmp_path, stop_at):
    handler = signal.getsignal(signal.SIGINT)
    stop_at(1, signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False)
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.usefixtures("nothing_but_training")
def test_a_signal_at_the_very_end_finishes_the_run(tiny_config, tiny_data, tmp_path, stop_at):
    stop_at(2, signal.SIGINT)
    train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False)
    assert kimgs(tmp_path / "run") == [0.04, 0.08]


@pytest.mark.usefixtures("nothing_but_training")
def test_training_works_in_a_thread(tiny_config, tiny_data, tiny_run, tmp_path):
    # Signals are the main thread's business.
    thread = threading.Thread(
        target=train,
        args=(tiny_data, tmp_path / "run"),
        kwargs={"config": tiny_config(), "progress": False},
    )
    thread.start()
    thread.join()
    assert same_run(tmp_path / "run", tiny_run)


@pytest.mark.usefixtures("nothing_but_training")
def test_the_log_is_cut_to_the_checkpoint(tiny_config, tiny_data, tiny_run, tmp_path):
    config, out = tiny_config(), tmp_path / "run"
    train(tiny_data, out, config=config, progress=False)
    (out / "checkpoints" / "000000080.safetensors").unlink()
    with (out / "log.jsonl").open("a") as log:
        log.write('{"kimg": 0.12, "sec')  # a line that a crash cut short
    train(tiny_data, out, config=config, resume=True, progress=False)
    assert kimgs(out) == [0.04, 0.08]
    assert same_run(out, tiny_run)


@pytest.mark.usefixtures("nothing_but_training")
def test_no_line_is_lost_to_rounding(tiny_config, tiny_data, tmp_path):
    # 2.007 · 1000 is a little more than 2007.
    config = tiny_config(batch_size=2007, kimg=2.007, tick_kimg=2.007, picture_kimg=2.007)
    train(tiny_data, tmp_path / "run", config=config, progress=False)
    longer = replace(config, kimg=4.014)
    train(tiny_data, tmp_path / "run", config=longer, resume=True, progress=False)
    assert kimgs(tmp_path / "run") == [2.007, 4.014]


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("whole_config", [True, False])
def test_a_run_can_be_made_longer(tiny_config, tiny_data, tiny_run, tmp_path, whole_config):
    out, optim = tmp_path / "run", {"decay": 0.0}
    short, long = (tiny_config(optim=optim, kimg=kimg) for kimg in (0.04, 0.08))
    train(tiny_data, tmp_path / "long", config=long, progress=False)
    train(tiny_data, out, config=short, progress=False)
    if whole_config:
        train(tiny_data, out, config=long, resume=True, progress=False)
    else:  # as on the command line: --out, --resume and --kimg alone
        train(out=out, config=TrainConfig(kimg=0.08), resume=True, progress=False)
    assert same_run(out, tmp_path / "long")
    # Stopped on the way, it would now go on to the new length.
    assert RunFolder(out).read_config().kimg == 0.08


@pytest.mark.usefixtures("nothing_but_training")
def test_resume_needs_nothing_but_the_folder(tiny_config, tiny_data, tiny_run, tmp_path, stop_at):
    out = tmp_path / "run"
    stop_at(1, signal.SIGINT)
    with pytest.raises(TrainingStopped):
        train(tiny_data, out, config=tiny_config(), progress=False)
    train(out=out, resume=True, progress=False)
    assert same_run(out, tiny_run)


@pytest.fixture(scope="module")
def command_line(tiny_data):
    """A run of a hundred updates with a tick each, as the shell would start it."""

    def arguments(out, *more):
        given = {
            "data": tiny_data,
            "out": out,
            "codes": "kind=cat:3,tilt=uni",
            "model.family": "mlp",
            "model.hidden": 16,
            "device": "cpu",
            "batch_size": 8,
            "kimg": 0.8,
            "tick_kimg": 0.008,
            "picture_kimg": 0.24,
        }
        return ["train", *(f"--{key}={value}" for key, value in given.items()), *more]

    return arguments


@pytest.fixture(scope="module")
def uninterrupted(command_line, tmp_path_factory):
    out = tmp_path_factory.mktemp("uninterrupted") / "run"
    assert main(command_line(out, "--quiet")) == 0
    return out


def start(arguments):
    """Start the real command. Its pipe is so narrow that it cannot run far ahead of its reader."""
    paths = [str(SRC), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", "infogan.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        pipesize=4096,
    )


def read_until(process, condition):
    """Read what the process says until the condition holds of it."""
    said = b""
    while not condition(said):
        part = os.read(process.stderr.fileno(), 256)
        assert part, said.decode()
        said += part
    return said.decode()


@pytest.mark.long
def test_ctrl_c_saves_and_says_how_to_go_on(command_line, uninterrupted, tmp_path):
    out = tmp_path / "run"
    process = start(command_line(out))
    read_until(process, lambda said: b"nats" in said)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=200)[1].decode()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    assert re.fullmatch(
        rf"infogan: stopped at 0\.\d+ of 0\.8 kimg, all saved; "
        rf"go on with: infogan train --out {out} --resume",
        last,
    )
    assert kimgs(out)[-1] < 0.8
    assert main([*last.partition("infogan ")[2].split(), "--quiet"]) == 0
    assert same_run(out, uninterrupted)
    assert kimgs(out) == kimgs(uninterrupted)


@pytest.mark.long
def test_a_killed_run_goes_on_from_its_last_checkpoint(command_line, uninterrupted, tmp_path):
    out = tmp_path / "run"
    process = start(command_line(out))
    read_until(process, lambda _: RunFolder(out).latest_checkpoint() is not None)
    process.kill()
    process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL
    assert kimgs(out)[-1] < 0.8
    assert main(["train", "--out", str(out), "--resume", "--quiet"]) == 0
    assert same_run(out, uninterrupted)
    assert kimgs(out) == kimgs(uninterrupted)


# Extras


@pytest.fixture
def board(monkeypatch):
    """A TensorBoard that remembers what it is told."""
    told = []

    class Writer(AbstractContextManager):
        def __init__(self, folder):
            told.append(Path(folder).name)

        def add_scalar(self, name, value, step):
            told.append((name, value, step))

        def __exit__(self, *_):
            told.append("closed")

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return told


@pytest.mark.usefixtures("nothing_but_training")
def test_tensorboard_is_told_every_tick(tiny_config, tiny_data, tmp_path, board):
    out = tmp_path / "run"
    train(tiny_data, out, config=tiny_config(), progress=False, tensorboard=True)
    assert board[0] == "tensorboard"
    assert board[-1] == "closed"
    bound = [(value, step) for name, value, step in board[1:-1] if name == "mi/kind"]
    lines = RunFolder(out).read_log()
    assert bound == [(line["mi/kind"], round(line["kimg"] * 1000)) for line in lines]


def test_missing_tensorboard_is_said_before_anything_is_written(
    tiny_config, tiny_data, tmp_path, monkeypatch
):
    monkeypatch.setattr("infogan.errors.find_spec", lambda name: None)
    with pytest.raises(
        UserError, match=r"--tensorboard needs an extra \(tensorboard\): pip install"
    ):
        train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False, tensorboard=True)
    assert not (tmp_path / "run").exists()


# Real images


@pytest.mark.usefixtures("quick_effort")
def test_mnist_is_learned_from_without_its_labels(tiny_config, mnist_dir, tmp_path):
    blind = tmp_path / "mnist"
    blind.mkdir()
    for part in ("train", "t10k"):
        images = f"{part}-images-idx3-ubyte.gz"
        (blind / images).symlink_to(mnist_dir / images)
        # Whoever opened these would fail.
        (blind / f"{part}-labels-idx1-ubyte.gz").write_bytes(b"no labels")
    config = tiny_config({"family": "conv", "codes": "cat:10,2*uni"}, picture_kimg=1.0)
    model = train(blind, tmp_path / "run", config=config, progress=False)
    assert RunFolder(tmp_path / "run").read_config().model.image_shape == (1, 28, 28)
    report = evaluate(model, str(mnist_dir), effort="quick", progress=False)
    found = {(each.name, each.code): each for each in report.measurements}
    assert {("mi_bound", "c1"), ("mi_bound", "c2"), ("mi_bound", "c3")} <= set(found)
    assert found["accuracy", "c1"].n == 10_000
    assert 0.1 <= found["accuracy", "c1"].value < 0.9  # ten updates: hardly more than chance


def test_the_report_is_written_once_a_picture_and_knows_its_tick(
    tiny_config, tiny_data, tmp_path, monkeypatch
):
    out, known = tmp_path / "run", []
    monkeypatch.setattr(
        "infogan.runs.run.write_page", lambda _: known.append(RunFolder(out).read_log()[-1]["kimg"])
    )
    train(tiny_data, out, config=tiny_config(), progress=False)
    assert known == [0.04, 0.08]
