"""Shapes are checked while the tests run; a tiny model, run and the real MNIST are at hand."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

# Two workers on two cores: more threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Under nohup hang-ups are ignored, by commands that tests start, too: there it is their subject.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

from jaxtyping import install_import_hook

# Python's own numeric tower: an int is a float wherever one is asked for.
CHECK = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
install_import_hook("infogan", CHECK)

import numpy as np
import pytest
import torch

from infogan.data.source import ArraySource
from infogan.evaluation.effort import EFFORTS
from infogan.networks.build import ModelConfig
from infogan.runs.run import train
from infogan.training.config import TrainConfig
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

MakeConfig = Callable[..., TrainConfig]


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The real MNIST, where this checkout has it beside it."""
    folder = Path(__file__).parents[2] / "shared" / "data" / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip(f"the real MNIST is not in {folder}")
    return folder


@pytest.fixture(scope="session")
def tiny_images() -> np.ndarray:
    """Forty grey images, 8×8, uint8: bright discs of three sizes, a little noisy."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:8, :8] - 3.5
    radius = 1.0 + np.arange(40) % 3
    discs = 200.0 * (np.hypot(x, y) < radius[:, None, None])
    return (discs + rng.integers(0, 50, (40, 8, 8))).astype(np.uint8)[:, None]


@pytest.fixture(scope="session")
def tiny_source(tiny_images: np.ndarray) -> ArraySource:
    """Those images as a source."""
    return ArraySource("tiny", tiny_images)


@pytest.fixture(scope="session")
def tiny_data(tiny_images: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those images in a file, with labels."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, images=tiny_images, labels=np.arange(40) % 3)
    return path


@pytest.fixture(scope="session")
def tiny_config() -> MakeConfig:
    """Makes configs of runs that take a fraction of a second: ten updates of tiny networks."""

    def make(
        model: dict[str, object] | None = None,
        loss: dict[str, object] | None = None,
        optim: dict[str, object] | None = None,
        **options: object,
    ) -> TrainConfig:
        networks = {"codes": "kind=cat:3,tilt=uni", "noise": 4, "width": 4, "hidden": 16}
        networks |= {"q_hidden": 8, "image_shape": (1, 8, 8), "family": "mlp"}
        run = {"data": "tiny", "device": "cpu", "precision": "fp32", "batch_size": 8}
        run |= {"kimg": 0.08, "tick_kimg": 0.04, "picture_kimg": 0.04}
        return TrainConfig(
            model=ModelConfig(**(networks | (model or {}))),
            loss=LossConfig(**(loss or {})),
            optim=OptimConfig(**(optim or {})),
            **(run | options),
        )

    return make


@pytest.fixture(scope="session")
def tiny_run(
    tiny_config: MakeConfig, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished run; not to be changed."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    train(tiny_data, out, config=tiny_config(), progress=False)
    return out


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of the tiny run, without its history, that may be changed."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("model.json", "model.safetensors", "config.yaml"):
        shutil.copyfile(tiny_run / name, folder / name)
    return folder


@pytest.fixture
def quick_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes quick evaluations a matter of a second."""
    quick = replace(EFFORTS["quick"], images=60, pairwise=30, resamples=3)
    monkeypatch.setitem(EFFORTS, "quick", quick)
