"""Moving averages of weights: what a model is made of, steadier than any one update leaves it."""

import copy

import torch
from torch import nn


def frozen_copy(module: nn.Module) -> nn.Module:
    """A copy in evaluation mode that no optimiser moves: the start of a moving average."""
    return copy.deepcopy(module).eval().requires_grad_(False)


def kept_share(images_seen: int, batch: int, half_life: float) -> float:
    """How much of an average an update keeps: half over a half-life, in images.

    Early on it is a twentieth of what was seen: a long memory would be of the random start.
    """
    half_life = min(half_life, images_seen / 20)
    return 0.5 ** (batch / half_life) if half_life > 0 else 0.0


@torch.no_grad()
def move_average(average: nn.Module, current: nn.Module, keep: float) -> None:
    """Move averaged weights and statistics towards the present ones, in place."""
    target = [p.detach() for p in average.parameters()]
    torch._foreach_lerp_(target, [p.detach() for p in current.parameters()], 1 - keep)
    for ours, theirs in zip(average.buffers(), current.buffers(), strict=True):
        if ours.is_floating_point():
            ours.lerp_(theirs, 1 - keep)
        else:
            ours.copy_(theirs)
