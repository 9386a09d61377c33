"""The optimisers of a schedule: one Adam for each, its moments there from the start."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import nn
from torch.optim import Optimizer

from infogan.networks.parts import Part
from infogan.training.adam import EpsilonHatAdam
from infogan.training.config import TrainConfig


def make_optimisers(
    config: TrainConfig, parts: Mapping[Part, Sequence[nn.Parameter]]
) -> dict[str, Optimizer]:
    """One for each optimiser that the schedule names, over the parts its steps move."""
    betas = (config.optim.beta1, config.optim.beta2)
    optims = dict[str, Optimizer]()
    for name, steps in config.schedule.optimisers.items():
        moved = dict.fromkeys(p for part in steps[0].moves for p in parts[part])
        if moved:
            rate = config.learning_rate(name)
            adam = EpsilonHatAdam if config.optim.epsilon_hat else torch.optim.Adam
            optims[name] = adam(list(moved), rate, betas, config.optim.epsilon, fused=True)
    _make_moments(optims.values())
    return optims


def _make_moments(optims: Iterable[Optimizer]) -> None:
    """Make Adam create its moments now, all 0, so that there is always something to load into.

    It would otherwise wait for a parameter's first gradient, which may come late in a run.
    """
    for optim in optims:
        groups = optim.param_groups
        rates = [group["lr"] for group in groups]
        for group in groups:
            group["lr"] = 0.0
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter)
        optim.step()
        optim.zero_grad(set_to_none=True)
        for entry in optim.state_dict()["state"].values():
            entry["step"].zero_()
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
