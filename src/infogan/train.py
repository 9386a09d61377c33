"""The training loop: reads top to bottom, counts images, and yields a tick now and then."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from .data.source import Source
from .objectives.contrastive import Pairs, contrastive_loss, contrastive_pairs
from .state import State
from .step import Terms, discriminator_loss, generator_loss


@dataclass(frozen=True)
class Tick:
    """What happened since the last tick: means over its updates.

    Attributes:
        kimg: thousands of images seen by D since the beginning.
        seconds: of training since the process started.
        images_per_second: during this tick.
        terms: losses and probabilities; `mi/NAME` is the bound L_I of a code, in nats.
    """

    kimg: float
    seconds: float
    images_per_second: float
    terms: dict[str, float]


def fit(
    state: State, source: Source, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Tick]:
    """Train `state` in place on the images of `source`, yielding a Tick every `tick_kimg`.

    Stops, after a whole update and a last tick, at the config's length or when `should_stop()`.
    """
    config = state.config
    end, tick_images = round(config.kimg * 1000), max(1, round(config.tick_kimg * 1000))
    started = tick_started = time.perf_counter()
    tick_from, sums, updates = state.images_seen, dict[str, Tensor](), 0
    batches = real_batches(source, config.batch_size, config.seed, state.images_seen)

    finished = state.images_seen >= end
    while not finished:
        set_learning_rates(state)
        real = to_model(next(batches), state)
        terms = update(state, real)
        state.images_seen += len(real)
        state.average()
        updates += 1
        for name, value in terms.items():
            sums[name] = sums.get(name, 0) + value.detach()

        due = state.images_seen // tick_images > (state.images_seen - len(real)) // tick_images
        finished = state.images_seen >= end or should_stop()
        if due or finished:
            now = time.perf_counter()
            yield Tick(
                kimg=state.images_seen / 1000,
                seconds=now - started,
                images_per_second=(state.images_seen - tick_from) / (now - tick_started),
                terms={name: float(value) / updates for name, value in sums.items()},
            )
            tick_started, tick_from, updates = time.perf_counter(), state.images_seen, 0
            sums.clear()


def update(state: State, real: Float[Tensor, "n c h w"]) -> Terms:
    """One update of D and Q, then of G, on the same generated images; returns what to log."""
    config, latent = state.config, state.config.model.latent
    z = state.fabric.to_device(latent.sample(len(real), state.rng))
    fake = state.generator(z)

    loss_d, terms = discriminator_loss(
        state.discriminator,
        config,
        consistency_weight(state),
        real,
        fake.detach(),
        z,
        state.rng,
    )
    pairs = draw_pairs(state)
    if pairs is not None:
        terms["contrastive"] = contrastive_loss(state.pair_judge, pairs.detach())
        loss_d = loss_d + terms["contrastive"]
    state.optim_d.zero_grad(set_to_none=True)
    state.fabric.backward(loss_d)
    state.optim_d.step()

    # G learns through D and Q as they now are, but moves neither.
    state.freeze_judges(True)
    loss_g, g_terms = generator_loss(state.discriminator, config, fake, z)
    if pairs is not None:
        weight = config.loss.contrastive
        loss_g = loss_g + weight * contrastive_loss(state.pair_judge, pairs)
    state.optim_g.zero_grad(set_to_none=True)
    state.fabric.backward(loss_g)
    state.optim_g.step()
    state.freeze_judges(False)
    return terms | g_terms


def real_batches(source: Source, batch_size: int, seed: int, start: int) -> Iterator[np.ndarray]:
    """Yield uint8 batches for ever, from image number `start` of an endless shuffled stream.

    Every epoch's order depends on the seed and the epoch alone, so nothing needs to be saved.
    """
    epoch, offset = divmod(start, len(source))
    order = epoch_order(len(source), seed, epoch)
    while True:
        parts, missing = [], batch_size
        while missing:
            part = order[offset : offset + missing]
            parts.append(part)
            offset, missing = offset + len(part), missing - len(part)
            if offset == len(order):
                epoch, offset = epoch + 1, 0
                order = epoch_order(len(source), seed, epoch)
        yield source.batch(np.concatenate(parts))


def epoch_order(n: int, seed: int, epoch: int) -> Int[np.ndarray, " n"]:
    """The order in which an epoch shows its n images."""
    return np.random.default_rng((seed, epoch)).permutation(n)


def to_model(images: np.ndarray, state: State) -> Float[Tensor, "n c h w"]:
    """uint8 images to floats in [−1, 1], where and as the networks want them."""
    x = state.fabric.to_device(torch.from_numpy(images))
    return x.float().div_(127.5).sub_(1)


def set_learning_rates(state: State) -> None:
    """Constant, then falling linearly to 0 over the last part of the run."""
    optim = state.config.optim
    left = (1 - state.progress) / optim.decay if optim.decay else 1.0
    for optimizer, rate in ((state.optim_g, optim.lr_g), (state.optim_d, optim.lr_d)):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, left)


def draw_pairs(state: State) -> Pairs | None:
    """Generate pairs that share a code, once InfoGAN-CR's term is on; None while it is off."""
    config = state.config
    if not config.loss.contrastive or state.progress < config.loss.contrastive_from:
        return None
    first, second, shared = contrastive_pairs(config.model.latent, config.batch_size, state.rng)
    images = state.generator(state.fabric.to_device(torch.cat([first, second])))
    first_images, second_images = images.chunk(2)
    return Pairs(first_images, second_images, state.fabric.to_device(shared))


def consistency_weight(state: State) -> float:
    """The consistency term's weight at this moment: grown over its ramp; 0 without categories."""
    if all(code.continuous for code in state.config.model.latent.codes):
        return 0.0
    loss = state.config.loss
    ramp = loss.consistency_ramp * 1000
    return loss.consistency * (min(1.0, state.images_seen / ramp) if ramp else 1.0)
