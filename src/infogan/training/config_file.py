"""Configs as plain data, as YAML has them: rebuilt, former names included."""

import warnings
from typing import Any

from infogan.errors import UserError
from infogan.networks.build import ModelConfig
from infogan.training.config import TrainConfig
from infogan.training.field_types import check_types
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.schedule import Schedule
from infogan.transforms.ranges import Augmentation

RENAMED = {
    "sureness": "conditional_entropy",
    "sureness_start": "conditional_entropy_start",
    "sureness_ramp": "conditional_entropy_ramp",
    "spread": "marginal_entropy",
}
"""Fields of `LossConfig` as version 0.1 spelled them."""


def renamed(loss: dict[str, Any], where: str) -> dict[str, Any]:
    """The fields of a `loss`, former names replaced by today's, with a warning that says so.

    Where `mi_continuous_q` is not told it is `mi_continuous`, as it was.
    """
    if old := [name for name in RENAMED if name in loss]:
        translated = ", ".join(f"loss.{name} is now loss.{RENAMED[name]}" for name in old)
        warnings.warn(f"{where}: {translated}", stacklevel=2)
    found = {RENAMED.get(name, name): value for name, value in loss.items()}
    if "mi_continuous" in found:  # there was one for all before they were told apart
        found.setdefault("mi_continuous_q", found["mi_continuous"])
    return found


def from_dict(content: dict[str, Any], where: str) -> TrainConfig:
    """Rebuild a config from plain data; UserError names the file for unknown or missing keys.

    Fields of `loss` may have their old names, which a warning then translates.
    """
    check_types(TrainConfig, content, where)
    try:
        nested = {
            "model": ModelConfig.from_dict(content["model"]),
            # Runs kept before there was one of these go on without.
            "loss": LossConfig(
                **({"conditional_entropy_two_sided": 0.0} | renamed(content["loss"], where))
            ),
            "augmentation": Augmentation(**content["augmentation"]),
            "optim": OptimConfig(**({"regroup_from": 0.0} | content["optim"])),
            "schedule": Schedule(**content.get("schedule", {})),
        }
        return TrainConfig(**(content | nested))
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{where}: not a complete config of this version ({error})") from None
