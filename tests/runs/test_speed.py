"""How many threads a run gets, and who has the last word."""

import dataclasses

import numpy as np
import pytest
import torch

from infogan.commands.telling import print_plan
from infogan.data.source import ArraySource
from infogan.networks.build import ModelConfig
from infogan.runs import speed
from infogan.runs.planning import plan
from infogan.runs.run import train
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig

IMAGES = ArraySource("noise", np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), np.uint8))
MODEL = ModelConfig(codes="c1=cat:3", width=4, hidden=8, noise=2, image_shape=(1, 8, 8))
CONFIG = TrainConfig(model=MODEL, batch_size=8, device="cpu")


@pytest.fixture(autouse=True)
def four_cores(monkeypatch):
    """A machine of four cores, and the threads that it had afterwards."""
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(speed, "all_threads", lambda: 4)
    yield
    torch.set_num_threads(before)


def as_fast_as(monkeypatch, by_threads):
    """Updates take as long as said, by how many threads PyTorch has."""
    monkeypatch.setattr(
        speed, "_images_per_second", lambda state, real: by_threads[torch.get_num_threads()]
    )


@pytest.mark.parametrize(
    ("by_threads", "expected"),
    [
        ({4: 400.0, 2: 300.0, 1: 200.0}, 4),  # alone
        ({4: 100.0, 2: 300.0, 1: 200.0}, 2),  # beside a little
        ({4: 100.0, 2: 150.0, 1: 200.0}, 1),  # beside a lot
        ({4: 100.0, 2: 105.0, 1: 200.0}, 4),  # too little is won for giving up half
    ],
)
def test_fewer_threads_are_taken_while_they_are_faster(monkeypatch, by_threads, expected):
    as_fast_as(monkeypatch, by_threads)
    made = plan(CONFIG, IMAGES, measure=True)
    assert made.config.threads == made.speed.threads == torch.get_num_threads() == expected
    assert made.speed.images_per_second == by_threads[expected]


def test_the_start_says_how_many_and_why(monkeypatch, capsys):
    as_fast_as(monkeypatch, {4: 484.0, 2: 1258.0, 1: 900.0})
    print_plan(plan(CONFIG, IMAGES, measure=True))
    told = next(line for line in capsys.readouterr().out.splitlines() if "threads" in line)
    assert told.split(maxsplit=1)[1] == (
        "2 of 4: images/s 484 with 4, 1,258 with 2, 900 with 1; --threads fixes it"
    )


def test_what_the_user_has_set_stays(monkeypatch):
    as_fast_as(monkeypatch, {3: 1.0, 2: 9.0})
    made = plan(dataclasses.replace(CONFIG, threads=3), IMAGES, measure=True)
    assert (made.config.threads, str(made.speed)) == (3, "3, by --threads")
    torch.set_num_threads(2)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    made = plan(CONFIG, IMAGES, measure=True)
    # The environment is the user's at every start: nothing is written down.
    assert (made.config.threads, str(made.speed)) == (0, "2, by OMP_NUM_THREADS")


def test_a_run_goes_on_with_the_threads_it_began_with(monkeypatch, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES.images)
    as_fast_as(monkeypatch, {4: 1.0, 2: 2.0, 1: 4.0})
    config = dataclasses.replace(CONFIG, data=str(tmp_path / "images.npy"), kimg=0.016)
    train(out=tmp_path / "run", config=config, progress=False, on_plan=lambda plan: None)
    assert RunFolder(tmp_path / "run").read_config().threads == 1
    as_fast_as(monkeypatch, {4: 4.0, 2: 2.0, 1: 1.0})
    torch.set_num_threads(2)
    longer = dataclasses.replace(config, kimg=0.024)
    train(out=tmp_path / "run", config=longer, resume=True, progress=False)
    assert torch.get_num_threads() == 1
