"""Seeds trained side by side, each in a process of its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from infogan.runs import side_by_side
from infogan.runs.run import TrainingFailed, TrainingStopped
from infogan.runs.seeds import train_seeds
from infogan.runs.side_by_side import places
from infogan.storage.run_folder import RunFolder

pytestmark = pytest.mark.long

Start = Callable[..., "subprocess.Popen[str]"]


def python(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def test_a_seed_that_dies_leaves_the_others_alone_and_is_resumed(
    tiny_config, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(tiny_config(), data=str(tiny_data))
    start: Start = side_by_side._start

    def fragile(run, *args: object) -> "subprocess.Popen[str]":
        if run.path.name == "seed-1":
            return python("import os; os.kill(os.getpid(), 9)")
        return start(run, *args)

    monkeypatch.setattr(side_by_side, "_start", fragile)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    with pytest.raises(TrainingFailed, match=r"^seed-1 was ended by SIGKILL; 1 of 2 seeds are fin"):
        train_seeds(tmp_path / "run", 2, config=config, at_once=2, progress=False)
    finished = tmp_path / "run/seed-0/model.safetensors"
    written = finished.stat().st_mtime_ns
    folders = train_seeds(tmp_path / "run", 2, config=config, resume=True, progress=False)
    assert finished.stat().st_mtime_ns == written
    train_seeds(tmp_path / "one by one", 2, config=config, progress=False)
    for folder in folders:
        assert RunFolder(folder).read_config().threads == max(1, side_by_side.cores() // 2)
        weights = load_file(folder / "model.safetensors")
        expected = load_file(tmp_path / "one by one" / folder.name / "model.safetensors")
        assert all((weights[key] == expected[key]).all() for key in expected)


def test_ctrl_c_reaches_those_under_way_and_the_others_do_not_begin(
    tiny_config, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, begun = replace(tiny_config(), data=str(tiny_data)), []

    def waiting(run, *_: object) -> "subprocess.Popen[str]":
        begun.append(run.path.name)
        if len(begun) == 2:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        return python("import time; time.sleep(100)")

    monkeypatch.setattr(side_by_side, "_start", waiting)
    with pytest.raises(TrainingStopped, match=r"^seed-\d, seed-\d stopped, all saved$"):
        train_seeds(tmp_path / "run", 4, config=config, at_once=2, progress=False)
    assert sorted(begun) == ["seed-0", "seed-1"]


def test_cores_and_devices_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "cores", lambda: 8)
    assert [len(places("cpu", *each)) for each in ((5, 0), (20, 0), (5, 2))] == [5, 8, 2]
    monkeypatch.setattr(side_by_side, "choose_device", lambda _: "cuda")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert places("auto", 5) == [{"CUDA_VISIBLE_DEVICES": "3"}, {"CUDA_VISIBLE_DEVICES": "5"}]
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert places("auto", 5) == [{}]
