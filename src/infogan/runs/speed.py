"""How fast a run will be, and on how many threads: tried out before it begins."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch

from infogan.data.source import Source
from infogan.training.config import TrainConfig
from infogan.training.loop import set_learning_rates
from infogan.training.state import State
from infogan.training.step import update

WARM, TIMED, SECONDS = 3, 8, 0.4
"""Updates that are not timed; updates that are at least, and for how long at least."""
WORTH = 1.1
"""How many times as fast fewer threads must be: who keeps the others busy may soon be gone."""


@dataclass(frozen=True)
class Speed:
    """What a few updates took.

    Attributes:
        images_per_second: with the threads that a run will have.
        threads: their number.
        tried: images a second by number of threads, of all that were tried.
        why: who has set the number, where it was not found by trying.
    """

    images_per_second: float
    threads: int
    tried: dict[int, float]
    why: str = ""

    def __str__(self) -> str:
        if self.why:
            return f"{self.threads}, by {self.why}"
        speeds = ", ".join(f"{speed:,.0f} with {n}" for n, speed in self.tried.items())
        return f"{self.threads} of {all_threads()}: images/s {speeds}; --threads fixes it"


@cache
def all_threads() -> int:
    """PyTorch's own choice: one thread for each core that this process may use."""
    return torch.get_num_threads()


def measured(config: TrainConfig, source: Source) -> Speed:
    """Time updates of a copy of the run; on a processor, with fewer threads while that is faster.

    Beside other work threads wait for each other more than they work, and the smallest networks
    are faster on one thread even alone. A number that the user has set stays. Leaves PyTorch with
    the number that it found.
    """
    most, why = all_threads(), ""
    state = State.create(config)
    set_learning_rates(state)
    chosen = np.arange(config.real_batch) % len(source)
    real = state.to_model(source.batch(chosen))
    candidates = _halved(most)
    if config.threads:
        candidates, why = iter([config.threads]), "--threads"
    elif "OMP_NUM_THREADS" in os.environ:
        candidates, why = iter([torch.get_num_threads()]), "OMP_NUM_THREADS"
    elif real.device.type != "cpu":
        candidates, why = iter([torch.get_num_threads()]), "PyTorch; the device does the work"
    tried: dict[int, float] = {}
    best = 0
    for threads in candidates:
        torch.set_num_threads(threads)
        tried[threads] = _images_per_second(state, real)
        if best and tried[threads] < WORTH * tried[best]:
            break
        best = threads
    torch.set_num_threads(best)
    return Speed(tried[best], best, tried, why)


def speed_when_small(config: TrainConfig, source: Source, side: int) -> float:
    """Images a second that a run of smaller ones would see: of corners, as their content is free.

    With as many threads as PyTorch has now.
    """
    images = source.batch(np.arange(config.real_batch) % len(source))[..., :side, :side]
    model = replace(config.model, image_shape=images.shape[1:])
    state = State.create(replace(config, model=model))
    set_learning_rates(state)
    return _images_per_second(state, state.to_model(np.ascontiguousarray(images)))


def _halved(threads: int) -> Iterator[int]:
    """All of them, half of them, …, one."""
    while threads:
        yield threads
        threads //= 2


def _images_per_second(state: State, real: torch.Tensor) -> float:
    for _ in range(WARM):
        update(state, real)
    updates, started, took = 0, time.perf_counter(), 0.0
    while updates < TIMED or took < SECONDS:
        update(state, real)
        state.average()
        updates, took = updates + 1, time.perf_counter() - started
    return updates * len(real) / took
