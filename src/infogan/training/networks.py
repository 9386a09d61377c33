"""Which networks suit the images, where a config leaves that open."""

from dataclasses import replace
from typing import Any

from infogan.networks.build import AUTO
from infogan.training.config import TrainConfig

COLOUR_FROM = 32
"""Side from which colour gets networks, rates and a penalty of its own."""
COLOUR: dict[str, dict[str, Any]] = {
    "loss": {"r1": 0.5, "consistency": 4.0},
    "optim": {"lr_d": 4e-4},
}
"""For colour D must be held back, or G collapses to an image a category (docs/experiments.md)."""


def with_networks(config: TrainConfig) -> tuple[TrainConfig, str]:
    """The config with a family where that was left open, and what was chosen in words.

    Its image shape must be known. What differs from the defaults is the user's, and stays.
    """
    if config.model.family != AUTO:
        return config, ""
    channels, size, _ = config.model.shape
    if channels == 1 or size < COLOUR_FROM:
        return replace(config, model=replace(config.model, family="conv")), ""
    usual, changed = TrainConfig(), dict[str, Any]()
    for part, fields in COLOUR.items():
        own, default = getattr(config, part), getattr(usual, part)
        left = {k: v for k, v in fields.items() if getattr(own, k) == getattr(default, k)}
        changed[part] = replace(own, **left)
    changed["model"] = replace(config.model, family="residual")
    made = replace(config, **changed)
    words = f"residual, width {made.model.width}, for colour; R1 {made.loss.r1:g}, D's rate "
    return made, words + f"{made.optim.lr_d:g}, consistency {made.loss.consistency:g}"
