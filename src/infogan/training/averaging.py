"""Moving averages of weights: what a model is made of, steadier than any one update leaves it."""

import copy
from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def frozen_copy(module: Network) -> Network:
    """A copy in evaluation mode that no optimiser moves: the start of a moving average."""
    return copy.deepcopy(module).eval().requires_grad_(False)


def kept_share(images_seen: int, batch: int, half_life: float) -> float:
    """How much of an average an update keeps: half over a half-life, in images.

    Early on it is a twentieth of what was seen: a long memory would be of the random start.
    """
    half_life = min(half_life, images_seen / 20)
    return 0.5 ** (batch / half_life) if half_life > 0 else 0.0


class MovingAverage:
    """Averages of the weights and statistics of some modules.

    Each is paired once with what it is of: modules stay the same, and finding them takes time.
    """

    def __init__(self, pairs: Iterable[tuple[nn.Module, nn.Module]]) -> None:
        tensors = [
            (ours.detach(), theirs.detach())
            for average, current in pairs
            for of in (nn.Module.parameters, nn.Module.buffers)
            for ours, theirs in zip(of(average), of(current), strict=True)
        ]
        real = [pair for pair in tensors if pair[0].is_floating_point()]
        self._averages: list[Tensor] = [ours for ours, _ in real]
        self._current: list[Tensor] = [theirs for _, theirs in real]
        self._counts = [pair for pair in tensors if not pair[0].is_floating_point()]

    @torch.no_grad()
    def move(self, keep: float) -> None:
        """Move all towards what they now are averages of; of counts, take the newest."""
        torch._foreach_lerp_(self._averages, self._current, 1 - keep)
        for ours, theirs in self._counts:
            ours.copy_(theirs)
