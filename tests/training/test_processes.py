"""Several processes, started by torchrun, give what one gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes_worker import BATCH, UPDATES, VARIANTS

from infogan.errors import UserError
from infogan.training.processes import Processes, join

pytestmark = pytest.mark.long

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what each of two processes tells of its trainings; in the end one is killed."""
    folder = tmp_path_factory.mktemp("processes")
    worker = Path(__file__).with_name("processes_worker.py")
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [*TORCHRUN, "--max-restarts", "1", str(worker), str(folder)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(source)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (folder / "1").is_file(), done.stderr
    return folder


@pytest.fixture(scope="module")
def told(out: Path) -> list[dict]:
    """What each told."""
    return [json.loads((out / str(rank)).read_text()) for rank in range(2)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_processes_train_to_the_weights_of_one(told, variant):
    first, second = (each[variant] for each in told)
    difference, where = first["difference"]
    assert difference < 1e-6, where
    assert first["ticks"] == second["ticks"]
    assert len(first["ticks"]) == len(first["expected"]) > 1
    for (kimg, rollbacks, terms), (as_one, as_often, expected) in zip(
        first["ticks"], first["expected"], strict=True
    ):
        assert (kimg, rollbacks) == (as_one, as_often)
        assert terms == pytest.approx(expected, abs=1e-5)
    assert first["ticks"][-1][1] == (1 if VARIANTS[variant].get("breaks") else 0)


def test_together_they_see_every_image_once_an_epoch(told):
    asked = [each["wasserstein, contrastive, spectral"]["asked"] for each in told]
    assert len(asked[0]) == len(asked[1]) == UPDATES * BATCH // 2
    epoch = [index for each in asked for index in each[:20]]
    assert sorted(epoch) == list(range(40))


def test_a_run_goes_from_two_to_one_and_back(told):
    difference, where = told[0]["handed over"]
    assert difference < 1e-6, where


def test_a_killed_process_ends_the_others_with_a_clear_line(out):
    said, seconds = json.loads((out / "lost").read_text())
    assert said.startswith("another process of this training has ended; all is saved up to")
    assert "\n" not in said
    assert seconds < 30


def test_torchrun_starts_them_again_and_they_meet(out):
    assert [json.loads((out / f"again-{rank}").read_text()) for rank in range(2)] == ["met", "met"]


def test_a_batch_is_shared_evenly_or_not_at_all():
    Processes(0, 3).check_batch(6, 3)
    with pytest.raises(UserError, match="batch_size 64: cannot be shared evenly by 3 processes; "):
        Processes(0, 3).check_batch(64, 64)
    with pytest.raises(UserError, match=r"half of it, .* take a multiple of 8"):
        Processes(0, 4).check_batch(4, 2)


def test_without_torchrun_there_is_one():
    assert join("cpu") == Processes(0, 1)
