"""Runs on disk, those of former versions included."""

import shutil
from pathlib import Path

import pytest

from infogan.report.record import read_record
from infogan.runs.run import train
from infogan.runs.run_log import read_log
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import read_config

OLD = Path(__file__).parents[1] / "models" / "run-0.1"


def test_a_run_of_version_0_1_is_read_and_goes_on(tmp_path):
    out = tmp_path / "run"
    shutil.copytree(OLD, out)
    with pytest.warns(UserWarning, match=r"loss\.sureness is now loss\.conditional_entropy"):
        config = read_config(out)
    assert config.loss.conditional_entropy == 0.5
    assert load_model(out).latent.names == ("kind", "tilt")
    assert sum("diagnostics" in line for line in read_log(out)) == 2
    assert read_record(out).ticks
    with pytest.warns(UserWarning, match="is now"):
        train(out=out, resume=True, progress=False)
    assert (out / "checkpoints" / "000000160.safetensors").is_file()
