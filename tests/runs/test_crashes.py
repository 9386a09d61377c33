"""Runs that were killed, whose files were damaged, and two that want the same folder."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import infogan
from infogan.errors import UserError
from infogan.report.page import write_page
from infogan.runs import run as runs
from infogan.runs.run import train
from infogan.runs.run_log import summary
from infogan.storage.run_folder import RunFolder
from infogan.storage.run_lock import LOCK, locked

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def weights(out):
    return (out / "model.safetensors").read_bytes()


# Killed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that it forks")
def test_a_killed_run_goes_on_to_the_same_weights_log_pictures_and_report(tmp_path):
    script = ROOT / "benchmarks" / "kills.py"
    out = tmp_path / "kills.json"
    src = Path(infogan.__file__).parents[1]
    subprocess.run(
        [sys.executable, script, "--kills", "3", "--out", out],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(src), "OMP_NUM_THREADS": "1"},
        timeout=200,
    )
    found = json.loads(out.read_text())
    assert found["writes"] > 50
    assert found["differing"] == {}


@pytest.fixture
def killed(tiny_config, tiny_data, tmp_path, monkeypatch):
    """A run that was killed before its first checkpoint, with its lock and a picture left."""
    out = tmp_path / "killed"
    monkeypatch.setattr(runs.RunFolder, "save_checkpoint", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(tiny_data, out, config=tiny_config(), progress=False)
    monkeypatch.undo()
    (out / LOCK).write_text("")
    (out / "model.json.17-a.partial").write_text("{")
    assert {path.name for path in out.iterdir()} >= {"config.yaml", "log.jsonl", "pictures", LOCK}
    return out


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("left", ["all", "lock", "nothing"])
def test_what_was_killed_before_it_saved_starts_over(
    killed, tiny_config, tiny_data, tiny_run, resume, left
):
    if left != "all":
        shutil.rmtree(killed)
        killed.mkdir()
    if left == "lock":
        (killed / LOCK).write_text('{"process": 1')
    train(tiny_data, killed, config=tiny_config(), resume=resume, progress=False)
    assert weights(killed) == weights(tiny_run)
    assert not [path for path in killed.iterdir() if path.suffix in (".partial", ".lock")]
    assert [line["kimg"] for line in RunFolder(killed).read_log()] == [0.04, 0.08]


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("name", ["thesis.txt", "pictures/holiday.png", "checkpoints/mine.bin"])
def test_nobodys_files_are_lost_by_starting_over(killed, tiny_config, tiny_data, name):
    (killed / name).parent.mkdir(exist_ok=True)
    (killed / name).write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        train(tiny_data, killed, config=tiny_config(), progress=False)
    assert (killed / name).read_text() == "mine"


@pytest.mark.usefixtures("nothing_but_training")
def test_a_config_alone_is_somebodys(killed, tiny_config, tiny_data):
    (killed / LOCK).unlink()
    with pytest.raises(UserError, match="exists already"):
        train(tiny_data, killed, config=tiny_config(), progress=False)


@pytest.mark.usefixtures("nothing_but_training")
def test_setting_aside_that_was_cut_short_is_taken_back(tiny_config, tiny_data, tmp_path):
    out = tmp_path / "run"
    train(tiny_data, out, config=tiny_config(), progress=False)
    before = {path.name for path in out.iterdir()}
    (out / "failed-1").mkdir()
    for name in ("checkpoints", "log.jsonl"):
        (out / name).rename(out / "failed-1" / name)
    RunFolder(out).take_back()
    assert {path.name for path in out.iterdir()} == before


@pytest.mark.usefixtures("nothing_but_training")
def test_a_kill_before_starting_again_starts_with_the_next_seed(tiny_config, tiny_data, tmp_path):
    out = tmp_path / "run"
    train(tiny_data, out, config=tiny_config(seed=4), progress=False)
    RunFolder(out).set_aside()
    assert [path.name for path in out.iterdir()] == ["failed-1"]
    train(out=out, resume=True, progress=False)
    assert RunFolder(out).read_config().seed == 1004


# Damaged


def cut(content):
    return content[: len(content) // 2]


def zeros(content):
    return b"\0" * len(content)


def zero_tail(content):
    return content[: len(content) // 2] + b"\0" * (len(content) - len(content) // 2)


def flipped(content):
    middle = len(content) * 3 // 4
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


DAMAGES = [cut, zeros, zero_tail, flipped, lambda _: b""]


@pytest.fixture
def finished(tiny_run, tmp_path):
    """A copy of the whole tiny run, that may be damaged."""
    return shutil.copytree(tiny_run, tmp_path / "tiny")


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over(finished, tiny_run, damage):
    newest = RunFolder(finished).latest_checkpoint()
    newest.write_bytes(damage(newest.read_bytes()))
    with pytest.warns(
        UserWarning, match=r"000000080\.safetensors: not a .*000000040\.saf.* instead"
    ):
        train(out=finished, resume=True, progress=False)
    assert weights(finished) == weights(tiny_run)
    assert [path.stem for path in RunFolder(finished).checkpoints()] == ["000000040", "000000080"]
    assert [line["kimg"] for line in RunFolder(finished).read_log()] == [0.04, 0.08]


def test_nothing_but_damaged_checkpoints_is_one_line(finished):
    for path in RunFolder(finished).checkpoints():
        path.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="instead"),
        pytest.raises(UserError, match="nor is any before it whole: start anew") as caught,
    ):
        train(out=finished, resume=True, progress=False)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_with_a_nan_is_refused_by_name(finished, tiny_config):
    from infogan.training.checkpoint import read_checkpoint, write_checkpoint

    config = RunFolder(finished).read_config()
    for path in RunFolder(finished).checkpoints():
        snapshot = read_checkpoint(path)
        name = next(key for key in snapshot.tensors if key.startswith("ema_generator"))
        snapshot.tensors[name].view(-1)[0] = float("inf")
        write_checkpoint(path, snapshot, config)
    with pytest.raises(UserError, match=f"{name} holds NaN or infinite"):
        train(out=finished, resume=True, progress=False)


@pytest.mark.parametrize("damage", DAMAGES[:3] + DAMAGES[4:])
def test_a_torn_picture_is_drawn_again_and_the_report_does_without(finished, tiny_run, damage):
    name = "pictures/codes-000000.png"
    whole = (tiny_run / name).read_bytes()
    (finished / name).write_bytes(damage(whole))
    with pytest.warns(UserWarning, match=r"codes-000000\.png: not a whole picture; it is left out"):
        write_page([finished])
    train(out=finished, resume=True, progress=False)
    # The command inside names the folder.
    drawn = [np.asarray(Image.open(folder / name)) for folder in (finished, tiny_run)]
    assert np.array_equal(*drawn)


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.yaml", "model: {"),
        ("config.yaml", "\0" * 40),
        ("config.yaml", "[" * 3000),
        ("log.jsonl", '{"kimg": "many"}\n'),
        ("log.jsonl", '{"kimg": NaN}\n'),
        ("log.jsonl", '{"kimg": 0.04, "health": 5}\n'),
        ("log.jsonl", '{"kimg": 0.04, "health": [{"kind": 1}]}\n'),
        ("log.jsonl", '{"kimg": 0.04, "diagnostics": {"usage": 3}}\n'),
        ("log.jsonl", DEEP + "\n"),
        ("names.json", DEEP),
        ("names.json", '{"format_version": 1, "codes": 5}'),
        ("evaluation.json", DEEP),
        ("evaluation.json", '{"format_version": 1'),
        ("evaluation.json", '{"format_version": 1, "measurements": 3}'),
        ("evaluation.json", '{"measurements": [{"interval": 3}], "images": "many"}'),
        ("codes.json", '{"words": ["round"]}'),
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(finished, name, content):
    (finished / name).write_text(content)
    with pytest.raises(UserError, match=name.replace(".", r"\.")) as caught:
        write_page([finished])
    assert "\n" not in str(caught.value)


# Two at a time


def test_two_trainings_do_not_share_a_folder(finished, tiny_config, tiny_data):
    with (
        locked(finished),
        pytest.raises(UserError, match=rf"another training .* process {os.getpid()} of ") as caught,
    ):
        train(out=finished, resume=True, progress=False)
    assert socket.gethostname() in str(caught.value)
    train(out=finished, resume=True, progress=False)


def test_a_lock_of_another_machine_is_left_alone(finished):
    lock = finished / LOCK
    lock.write_text('{"user": "ada", "process": 7, "host": "elsewhere", "since": "monday"}')
    with pytest.raises(
        UserError, match=rf"process 7 of ada on elsewhere since monday.*remove {lock}"
    ):
        train(out=finished, resume=True, progress=False)
    assert lock.is_file()


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from infogan.storage.run_lock import locked\n"
        "with locked(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    out, src = tmp_path / "run", Path(infogan.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code, out], env=os.environ | {"PYTHONPATH": str(src)}
    )
    assert done.returncode == -signal.SIGKILL
    assert json.loads((out / LOCK).read_text())["host"] == socket.gethostname()
    with locked(out):
        assert json.loads((out / LOCK).read_text())["process"] == os.getpid()
    assert not (out / LOCK).exists()


# Changed under a run, and full disks


@pytest.mark.usefixtures("nothing_but_training")
def test_data_that_changed_is_said_when_a_run_goes_on(tiny_config, tiny_images, tmp_path):
    data, out = tmp_path / "images.npy", tmp_path / "run"
    np.save(data, tiny_images)
    train(data, out, config=tiny_config(), progress=False)
    changed = tiny_images.copy()
    changed[7] = 255 - changed[7]
    np.save(data, changed)
    longer = replace(RunFolder(out).read_config(), kimg=0.12)
    with pytest.warns(UserWarning, match=r"images\.npy: the images have changed \(fingerprint"):
        train(out=out, config=longer, resume=True, progress=False)


@pytest.mark.usefixtures("nothing_but_training")
@pytest.mark.parametrize("name", ["log.jsonl", "checkpoints", "model.safetensors", "README.md"])
def test_a_full_disk_leaves_the_last_checkpoint(
    tiny_config, tiny_data, tiny_run, tmp_path, monkeypatch, name
):
    out, fsync = tmp_path / "run", os.fsync
    train(tiny_data, out, config=tiny_config(kimg=0.04), progress=False)

    def full(file):
        if f"/run/{name}" in os.readlink(f"/proc/self/fd/{file}"):
            raise OSError(28, "No space left on device")
        fsync(file)

    longer = replace(RunFolder(out).read_config(), kimg=0.08)
    monkeypatch.setattr("infogan.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        train(out=out, config=longer, resume=True, progress=False)
    monkeypatch.undo()
    train(out=out, config=longer, resume=True, progress=False)
    assert [line["kimg"] for line in RunFolder(out).read_log()] == [0.04, 0.08]


@pytest.mark.usefixtures("nothing_but_training")
def test_a_hang_up_stops_a_run_as_sigterm_does_but_not_under_nohup(
    tiny_config, tiny_data, tmp_path, monkeypatch
):
    # Those who run the tests may themselves have hung up.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)

    told = []

    def hanging_up(tick):
        # Once a run: what comes again while the first is being heeded ends it at once.
        if not told:
            signal.raise_signal(signal.SIGHUP)
        told.append(tick)
        return summary(tick)

    monkeypatch.setattr("infogan.runs.run_log.summary", hanging_up)
    with pytest.raises(runs.TrainingStopped):
        train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False)
    told.clear()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        train(tiny_data, tmp_path / "nohup", config=tiny_config(), progress=False)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_without_posix_locks_a_warning_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("infogan.storage.run_lock.fcntl", None)
    with (
        pytest.warns(UserWarning, match="nothing keeps a second training out"),
        locked(tmp_path / "run"),
    ):
        assert (tmp_path / "run" / LOCK).is_file()
    assert not (tmp_path / "run").exists()
