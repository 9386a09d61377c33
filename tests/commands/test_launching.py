"""Training in several processes from the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from infogan.cli import main
from infogan.commands.launching import FRESH_STORE
from infogan.storage.run_folder import RunFolder

pytestmark = pytest.mark.long


def test_two_processes_go_on_with_the_run_of_one(tiny_run: Path, tmp_path: Path) -> None:
    """And the same files come of it, with the same weights."""
    command = [sys.executable, "-m", "infogan", "train", "--resume", "--kimg", "0.12", "--quiet"]
    weights, files = [], []
    for name, several in (("one", []), ("two", ["--devices", "2"])):
        run = shutil.copytree(tiny_run, tmp_path / name)
        done = subprocess.run(
            [*command, "--out", str(run), *several],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
            check=True,
            capture_output=True,
            text=True,
        )
        assert sum(line.startswith("verdict") for line in done.stdout.splitlines()) == 1
        assert RunFolder(run).images_seen() == 120
        # Family mlp's G has biases before batch normalisation, which rounding errors alone move.
        weights.append(load_file(run / "model.safetensors"))
        files.append(sorted(path.relative_to(run) for path in run.rglob("*")))
    assert files[0] == files[1]
    one, two = weights
    for key in one:
        if key.startswith("discriminator"):
            np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=key)


def test_several_machines_are_told_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["train", "--num-nodes=2", "--data", "a b", "--out", "run", "--devices", "4", "--quiet"]
    assert main(args) == 0
    said, command = capsys.readouterr().out.splitlines()
    assert "each of the 2 machines" in said
    assert command.startswith(f"{FRESH_STORE} torchrun --nnodes 2 --rdzv-backend c10d --rdzv-end")
    assert command.endswith("--nproc-per-node 4 -m infogan train --data 'a b' --out run --quiet")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--devices", "0"], "--devices 0: at least 1 is needed"),
        (["--num-nodes", "0"], "--num-nodes 0: at least 1 is needed"),
        (["--devices", "2", "--seeds", "3"], "--seeds: trains each seed in one process"),
    ],
)
def test_mistakes_are_one_line(
    args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--out", str(tmp_path / "run"), *args]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
