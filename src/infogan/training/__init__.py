"""Training: its config, its state, and the loop that turns one into the other."""

from infogan.training.config import TrainConfig
from infogan.training.loop import Tick, fit
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.presets import preset
from infogan.training.state import State

__all__ = ["LossConfig", "OptimConfig", "State", "Tick", "TrainConfig", "fit", "preset"]
