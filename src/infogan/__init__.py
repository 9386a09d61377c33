"""InfoGAN that works: point it at images, and it finds the controls.

>>> import infogan
>>> model = infogan.train("digits", out="runs/digits")          # doctest: +SKIP
>>> images, codes = model.sample(25, c1=3, c2=-0.5, seed=1)     # doctest: +SKIP
>>> infogan.save_grid(images, "grid.png")                       # doctest: +SKIP
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .config import LossConfig, OptimConfig, TrainConfig
    from .estimator import InfoGAN
    from .evaluate import evaluate
    from .infer import Model
    from .latent import Latent
    from .model import ModelConfig
    from .packaging import load_model as load
    from .packaging import save_model
    from .presets import preset
    from .report.figures import save_grid
    from .run import train

# Where each public name lives; torch is imported with the first one that needs it.
_HOMES = {
    "InfoGAN": "estimator",
    "Latent": "latent",
    "LossConfig": "config",
    "Model": "infer",
    "ModelConfig": "model",
    "OptimConfig": "config",
    "TrainConfig": "config",
    "evaluate": "evaluate",
    "load": "packaging",
    "preset": "presets",
    "save_grid": "report.figures",
    "save_model": "packaging",
    "train": "run",
}

__all__ = [
    "InfoGAN",
    "Latent",
    "LossConfig",
    "Model",
    "ModelConfig",
    "OptimConfig",
    "TrainConfig",
    "__version__",
    "evaluate",
    "load",
    "preset",
    "save_grid",
    "save_model",
    "train",
]


class _Package(ModuleType):
    """Keeps `infogan.train` and `infogan.evaluate` the functions: modules have these names too."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'infogan' has no attribute {name!r}")
    home = import_module(f".{_HOMES[name]}", __name__)
    return getattr(home, "load_model" if name == "load" else name)
