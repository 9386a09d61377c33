"""InfoGAN that works: point it at images, and it finds the controls.

>>> import infogan
>>> model = infogan.train("digits", out="runs/digits")          # doctest: +SKIP
>>> images, codes = model.sample(25, c1=3, c2=-0.5, seed=1)     # doctest: +SKIP
>>> infogan.save_grid(images, "grid.png")                       # doctest: +SKIP
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from infogan.versions import __version__

# Threads that wait for each other spin for long by default, and beside other work nothing moves;
# those that sleep at once train at half the speed even alone (benchmarks/threads.py). Here
# they spin for about a millisecond. GNU's OpenMP counts spins, LLVM's and Intel's milliseconds; all
# read it once, as torch is loaded.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    os.environ.setdefault("KMP_BLOCKTIME", "1")

if TYPE_CHECKING:
    from infogan.codes.latent import Latent
    from infogan.estimator import InfoGAN
    from infogan.evaluation.runner import evaluate
    from infogan.figures import save_grid
    from infogan.inference.trained_model import Model
    from infogan.networks.build import ModelConfig
    from infogan.runs.run import train
    from infogan.storage.model_folder import load_model as load
    from infogan.storage.model_folder import save_model
    from infogan.training.config import TrainConfig
    from infogan.training.loop import Tick
    from infogan.training.loss_config import LossConfig
    from infogan.training.optim_config import OptimConfig
    from infogan.training.presets import preset

# Where each public name lives; torch is imported with the first one that needs it.
_HOMES = {
    "InfoGAN": "estimator",
    "Latent": "codes.latent",
    "LossConfig": "training.loss_config",
    "Model": "inference.trained_model",
    "ModelConfig": "networks.build",
    "OptimConfig": "training.optim_config",
    "Tick": "training.loop",
    "TrainConfig": "training.config",
    "evaluate": "evaluation.runner",
    "load": "storage.model_folder",
    "preset": "training.presets",
    "save_grid": "figures",
    "save_model": "storage.model_folder",
    "train": "runs.run",
}

__all__ = [
    "InfoGAN",
    "Latent",
    "LossConfig",
    "Model",
    "ModelConfig",
    "OptimConfig",
    "Tick",
    "TrainConfig",
    "__version__",
    "evaluate",
    "load",
    "preset",
    "save_grid",
    "save_model",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'infogan' has no attribute {name!r}")
    home = import_module(f"infogan.{_HOMES[name]}")
    return getattr(home, "load_model" if name == "load" else name)


def __dir__() -> list[str]:
    return __all__
