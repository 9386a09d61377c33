"""The training loop: reads top to bottom, counts images, and yields a tick now and then."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from infogan.data.source import Source, Streamed
from infogan.errors import UserError
from infogan.training.config import Sampling
from infogan.training.convergence import YOUNG, look_due, watched_images
from infogan.training.processes import ALONE, Processes
from infogan.training.regrouping import images_to_group, regroup, regrouping_due, still_mixed
from infogan.training.split_merge import Regrouping
from infogan.training.state import State
from infogan.training.step import Told, update

DRAWN = 1024
"""Images drawn at a time, where they are drawn one by one."""


@dataclass(frozen=True)
class Tick:
    """What happened since the last tick: means over its updates.

    Attributes:
        kimg: thousands of images seen by D since the beginning.
        seconds: of training since the beginning, over all the times it was resumed.
        images_per_second: during this tick.
        terms: losses and probabilities; `mi/NAME` is the bound L_I of a code, in nats.
        unsettled: share of the watched real images whose category changed between two looks, or
            is unsure; None where there was no second look.
        rollbacks: how often a NaN has made the run go back so far.
        regrouped: categories that were put right, each in words.
        mixed: categories that hold two kinds at the end of the run, each in words.
    """

    kimg: float
    seconds: float
    images_per_second: float
    terms: dict[str, float]
    unsettled: float | None = None
    rollbacks: int = 0
    regrouped: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


def fit(
    state: State, source: Source, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Tick]:
    """Train `state` in place on the images of `source`, yielding a Tick every `tick_kimg`.

    Stops, after a whole update and a last tick, at the config's length (or sooner, with
    `early_stop`) or when `should_stop()` in any process, which is asked after every update and
    tick. A tick in which a loss
    or a weight became NaN or infinite is taken back, and tried again with half the learning rates;
    raises `Diverged` at the fourth.
    """
    config = state.config
    tick_images = max(1, round(config.tick_kimg * 1000))
    started = time.perf_counter() - state.seconds
    batches = stream_from_here(state, source)
    watched = state.to_model(watched_images(source, config.seed))
    grouped, regrouped = images_to_group(source, config), list[Regrouping]()
    good, meter = state.snapshot(), Meter(state.images_seen)
    any_process = state.processes.any

    finished = state.images_seen >= state.end
    while not finished:
        set_learning_rates(state)
        real = state.to_model(next(batches))
        meter.add(update(state, real))
        before, state.images_seen = state.images_seen, state.images_seen + config.real_batch
        state.average()
        if look_due(before, state.images_seen):
            look(state, watched)
        if regrouping_due(config, before, state.images_seen):
            regrouped += regroup(state, grouped)

        due = state.images_seen // tick_images > before // tick_images
        finished = state.images_seen >= state.end or any_process(should_stop())
        if not (due or finished):
            continue
        terms, state.seconds = meter.terms(state.processes), time.perf_counter() - started
        broken = not (all(map(math.isfinite, terms.values())) and state.finite)
        if not any_process(broken):
            yield Tick(
                kimg=state.images_seen / 1000,
                seconds=state.seconds,
                images_per_second=meter.speed(state.images_seen),
                terms=terms,
                unsettled=state.convergence.unsettled,
                rollbacks=state.rollbacks,
                regrouped=tuple(map(str, regrouped)),
                # Without a decay there is no end: `partial_fit` goes on and on.
                mixed=still_mixed(state, grouped)
                if state.images_seen >= state.end and config.optim.decay
                else (),
            )
            good, state.convergence.unsettled = state.snapshot(), None
            finished = finished or any_process(should_stop())
        else:
            state.roll_back(good)
            batches = stream_from_here(state, source)
            finished = any_process(should_stop())
        meter, regrouped = Meter(state.images_seen), []


class Meter:
    """Adds up the terms of a tick's updates."""

    def __init__(self, images_seen: int) -> None:
        self._started, self._from = time.perf_counter(), images_seen
        self._sums, self._updates = dict[str, Tensor](), 0

    def add(self, told: Told) -> None:
        """Add one update's."""
        self._updates += 1
        for name, value in told.items():
            self._sums[name] = self._sums.get(name, 0) + value.detach()

    def terms(self, processes: Processes = ALONE) -> dict[str, float]:
        """Means over the updates, and over the processes."""
        processes.average(self._sums.values())
        return {name: float(value) / self._updates for name, value in self._sums.items()}

    def speed(self, images_seen: int) -> float:
        """Images a second."""
        return (images_seen - self._from) / (time.perf_counter() - self._started)


def look(state: State, watched: Float[Tensor, "watched c h w"]) -> None:
    """Ask the averaged Q about the watched images again, unless the run is in its last part.

    The first process asks for all: processors may round differently, and this decides the end.
    """
    if state.progress >= 1 - state.config.optim.decay:
        return
    if state.processes.first:
        state.convergence.look(
            state.ema_discriminator,
            state.config.model.latent,
            watched,
            state.images_seen,
            young=state.progress < YOUNG,
        )
    state.convergence = state.processes.shared(state.convergence)


def stream_from_here(state: State, source: Source) -> Iterator[np.ndarray]:
    """This process's part of the batches that a run has not yet seen."""
    config, start = state.config, state.images_seen
    return real_batches(
        source, config.real_batch, config.seed, start, config.sampling, state.processes
    )


def real_batches(
    source: Source,
    batch_size: int,
    seed: int,
    start: int,
    sampling: Sampling = "epochs",
    processes: Processes = ALONE,
) -> Iterator[np.ndarray]:
    """Yield uint8 batches for ever, from image number `start` of an endless stream.

    Several processes share each batch: together they see every image once an epoch.

    What comes at a place depends on the seed and the place alone, so nothing needs to be saved.
    """
    if isinstance(source, Streamed):
        if sampling != "epochs":
            raise UserError(f"sampling {sampling}: a stream has no images to draw from; pack it")
        items = source.stream(seed, start)
        while True:
            yield source.decode(processes.own(list(islice(items, batch_size))))
    orders = {"epochs": shuffled_epochs, "replacement": independent_draws}
    stream = orders[sampling](len(source), seed, start)
    while True:
        indices = np.fromiter(islice(stream, batch_size), np.int64, batch_size)
        yield source.batch(processes.own(indices))


def shuffled_epochs(n: int, seed: int, start: int) -> Iterator[int]:
    """Indices of n images, each once an epoch."""
    epoch, offset = divmod(start, n)
    while True:
        yield from epoch_order(n, seed, epoch)[offset:]
        epoch, offset = epoch + 1, 0


def independent_draws(n: int, seed: int, start: int) -> Iterator[int]:
    """Indices of n images, each drawn from all of them."""
    # One number an image: so many are over.
    rng = np.random.Generator(np.random.PCG64(seed).advance(start))
    while True:
        yield from (rng.random(DRAWN) * n).astype(np.int64)


def epoch_order(n: int, seed: int, epoch: int) -> Int[np.ndarray, " n"]:
    """The order in which an epoch shows its n images."""
    return np.random.default_rng((seed, epoch)).permutation(n)


def set_learning_rates(state: State) -> None:
    """Constant, then falling linearly to 0 over the last part; half as large after a rollback."""
    optim = state.config.optim
    left = (1 - state.progress) / optim.decay if optim.decay else 1.0
    share = min(1.0, left) * 0.5**state.rollbacks
    for name, optimizer in state.optims.items():
        for group in optimizer.param_groups:
            group["lr"] = state.config.learning_rate(name) * share
