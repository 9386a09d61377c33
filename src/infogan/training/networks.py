"""Which networks suit the images, where a config leaves that open."""

from dataclasses import replace
from typing import Any

from infogan.networks.build import AUTO
from infogan.training.config import TrainConfig
from infogan.transforms.table import PLACE

COLOUR_FROM = 32
"""Side from which colour gets networks, rates and a penalty of its own."""
COLOUR: dict[str, dict[str, Any]] = {
    "loss": {"r1": 0.5, "consistency": 4.0},
    "optim": {"lr_d": 4e-4},
}
"""For colour D must be held back, or G collapses to an image a category (docs/experiments.md)."""
R1_PLACED, R1_EVERY = 0.5, 4
"""Where dials follow place, or D wins while the rates fall, and what is read of place goes."""


def with_networks(config: TrainConfig) -> tuple[TrainConfig, str]:
    """The config with a family where that was left open, and what goes with it; and both in words.

    Its image shape must be known. What differs from the defaults is the user's, and stays.
    """
    if config.model.family != AUTO:
        return config, ""
    channels, size, _ = config.model.shape
    if channels == 1 or size < COLOUR_FROM:
        made = replace(config, model=replace(config.model, family="conv"))
        if not made.model.latent.followed.keys() & set(PLACE) or made.loss.r1 is not None:
            return made, ""
        every = made.loss.r1_every if made.loss.r1_every > 1 else R1_EVERY
        made = replace(made, loss=replace(made.loss, r1=R1_PLACED, r1_every=every))
        told = f"R1 {R1_PLACED:g}, in one update of {every}, as dials follow place"
        return made, f"{told} (--loss.r1 0: none)"
    usual, changed = TrainConfig(), dict[str, Any]()
    for part, fields in COLOUR.items():
        own, default = getattr(config, part), getattr(usual, part)
        left = {k: v for k, v in fields.items() if getattr(own, k) == getattr(default, k)}
        changed[part] = replace(own, **left)
    changed["model"] = replace(config.model, family="residual")
    made = replace(config, **changed)
    words = f"residual, width {made.model.width}, for colour; R1 {made.loss.r1:g}, D's rate "
    return made, words + f"{made.optim.lr_d:g}, consistency {made.loss.consistency:g}"
