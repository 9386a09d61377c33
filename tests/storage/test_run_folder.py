"""Runs on disk, those of former versions included."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from infogan.codes.names import Names, save_names
from infogan.errors import UserError
from infogan.report.record import read_record
from infogan.runs.run import train
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder, images_at

OLD = Path(__file__).parents[1] / "models" / "run-0.1"


def test_a_run_of_version_0_1_is_read_and_goes_on(tmp_path):
    out = tmp_path / "run"
    shutil.copytree(OLD, out)
    with pytest.warns(UserWarning, match=r"loss\.sureness is now loss\.conditional_entropy"):
        config = RunFolder(out).read_config()
    assert config.loss.conditional_entropy == 0.5
    assert load_model(out).latent.names == ("kind", "tilt")
    assert sum("diagnostics" in line for line in RunFolder(out).read_log()) == 2
    with pytest.warns(UserWarning, match="is now"):
        assert read_record(out).ticks == RunFolder(out).read_log()
    before = RunFolder(out).read_log()
    with pytest.warns(UserWarning, match="is now"):
        train(out=out, resume=True, progress=False)
    assert (out / "checkpoints" / "000000160.safetensors").is_file()
    after = RunFolder(out).read_log()
    assert after[:2] == before[:2]  # as far as the checkpoint it goes on from
    assert after[-1]["kimg"] == 0.16


# The log


def log_of(path, *lines, end="\n"):
    text = "\n".join(json.dumps(line) if isinstance(line, dict) else line for line in lines)
    (path / "log.jsonl").write_text(text + end)
    return RunFolder(path)


def tick(kimg, seconds, speed=100.0):
    return {"kimg": kimg, "seconds": seconds, "images_per_second": speed}


def test_a_line_that_is_being_written_is_not_read_yet(tmp_path):
    assert RunFolder(tmp_path).read_log() == []
    run = log_of(tmp_path, tick(1.0, 10.0), '{"kimg": 2.0, "sec', end="")
    assert run.read_log() == [tick(1.0, 10.0)]
    run.cut_log(1000)
    run.append_to_log(tick(2.0, 20.0))
    assert [line["kimg"] for line in run.read_log()] == [1.0, 2.0]


def test_a_damaged_line_is_named(tmp_path):
    run = log_of(tmp_path, tick(1.0, 10.0), "damaged", tick(2.0, 20.0))
    with pytest.raises(UserError, match=r"log\.jsonl: line 2 is damaged"):
        run.read_log()
    with pytest.raises(UserError, match=r"log\.jsonl: line 2 is damaged"):
        run.cut_log(1000)


@pytest.mark.parametrize(
    ("seconds", "total"),
    [
        ([10, 21, 33], [10, 21, 33]),  # never stopped, with pictures drawn between the ticks
        ([10, 20, 10.5], [10, 20, 30.5]),  # stopped once
        ([10, 10.5, 10.5], [10, 20.5, 31]),  # stopped after every tick
        ([3, 10, 20], [3, 13, 23]),  # the first tick was short: no time goes backwards here
    ],
)
def test_seconds_of_former_versions_go_on_where_a_run_was_stopped(tmp_path, seconds, total):
    # A thousand images at 100 a second take 10 s, or 3 s at 333.3.
    speeds = [333.4 if each == 3 else 100.0 for each in seconds]
    lines = [tick(i + 1.0, *each) for i, each in enumerate(zip(seconds, speeds, strict=True))]
    run = log_of(tmp_path, *lines)
    assert [line["seconds"] for line in run.read_log()] == total


def test_lines_without_time_are_read_all_the_same(tmp_path):
    run = log_of(tmp_path, {"kimg": 1.0}, tick(2.0, 20.0), {"kimg": 3.0, "seconds": 25.0})
    assert [line.get("seconds") for line in run.read_log()] == [None, 20.0, 25.0]


# The rest


def test_a_damaged_config_is_named(tmp_path):
    for text in ("{", "- a list", "5", ""):
        (tmp_path / "config.yaml").write_text(text)
        with pytest.raises(UserError, match=r"config\.yaml: not (YAML|a run's config)"):
            RunFolder(tmp_path).read_config()


def test_checkpoints_are_those_it_wrote(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for name in ("000000080", "000000040", "1000000000", "mine", "000000090.safetensors.partial"):
        (tmp_path / "checkpoints" / f"{name}.safetensors").write_bytes(b"")
    found = [images_at(path) for path in RunFolder(tmp_path).checkpoints()]
    assert found == [40, 80, 1_000_000_000]
    assert images_at(RunFolder(tmp_path).latest_checkpoint()) == 1_000_000_000


def test_seeds_come_in_their_order(tmp_path, tiny_config):
    for name in ("seed-10", "seed-9", "seed-x", "seed-11"):
        RunFolder(tmp_path / name).write_config(tiny_config())
    (tmp_path / "seed-11" / "config.yaml").unlink()
    assert list(RunFolder(tmp_path).seeds()) == [9, 10]


def test_a_checkpoint_is_opened_without_its_optimisers_and_by_the_runs_names(tiny_run, tmp_path):
    folder = shutil.copytree(tiny_run, tmp_path / "run")
    save_names(folder, Names({"kind": "size"}, {"size": {1: "big"}}))
    run = RunFolder(folder)
    final = load_model(folder)
    first, last = (run.open_checkpoint(path) for path in run.checkpoints())
    assert last.latent.names == ("size", "tilt")
    assert last.names == final.names
    assert np.array_equal(last.sample(3, size="big")[0], final.sample(3, size="big")[0])
    assert not np.array_equal(first.sample(3)[0], final.sample(3)[0])
    path = run.latest_checkpoint()
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UserError, match="not a checkpoint, or a truncated one"):
        run.open_checkpoint(path)
