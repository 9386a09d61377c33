"""The images of one update: what each of its steps is shown."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.losses.contrastive import Pairs, contrastive_pairs
from infogan.training.schedule import Step
from infogan.training.state import State


@dataclass(frozen=True, eq=False)
class Batch:
    """The images of one step in this process, and what all generated ones were made from.

    `fake` carries G's gradient exactly where the step moves G.
    """

    real: Float[Tensor, "n c h w"]
    fake: Float[Tensor, "m c h w"]
    z: Float[Tensor, "all dim"]


class Draws:
    """The images of one update: drawn when a step asks, and made anew once G has moved.

    Latents are those of the whole batch, images those of this process's part of it.
    """

    def __init__(self, state: State, real: Float[Tensor, "n c h w"]) -> None:
        self.state, self.real = state, real
        self._processes = state.processes
        self._once = state.config.schedule.latents == "once"
        self._z: Tensor | None = None
        self._fake: Tensor | None = None
        self._pair_latents: tuple[Tensor, Tensor, Tensor] | None = None
        self._pairs: Pairs | None = None
        if self._once:
            self._z = self._draw(
                len(real) * self._processes.count * (2 if state.config.schedule.half_batches else 1)
            )

    def batch(self, step: Step) -> Batch:
        """The images of a step; those G makes carry its gradient where the step moves it."""
        schedule, moves_g = self.state.config.schedule, "G" in step.moves
        own = len(self.real) * (2 if schedule.half_batches and moves_g else 1)
        n = own * self._processes.count
        if not {"fake", "fool", "mi", "penalty"} & set(step.losses):
            empty = self.real[:0]
            return Batch(self.real, empty, empty.new_zeros(0, self.state.config.model.latent.dim))
        if self._z is None:
            z = self._draw(n)
            return Batch(self.real, self._generate(z, moves_g), z)
        z = self._z[:n]
        if not moves_g and schedule.fakes == "inference":
            return Batch(self.real, self._generate(z, moves_g), z)
        if self._fake is None:
            self._fake = self._generate(self._z, True)
        fake = self._fake[:own]
        return Batch(self.real, fake if moves_g else fake.detach(), z)

    def pairs(self, moves_g: bool) -> Pairs:
        """Generated pairs that share a code, for InfoGAN-CR's term."""
        config, state = self.state.config, self.state
        if self._pair_latents is None:
            gap = config.loss.contrastive_gap
            gap = gap if state.progress < config.loss.contrastive_gap_until else 0.0
            self._pair_latents = contrastive_pairs(
                config.model.latent, config.batch_size, state.rng, gap
            )
        if self._pairs is None:
            first, second, shared = map(self._processes.own, self._pair_latents)
            # One half after the other: each is a batch of its own to G's batch normalisation.
            first = state.generate(state.to_device(first))
            second = state.generate(state.to_device(second))
            self._pairs = Pairs(first, second, state.to_device(shared))
        return self._pairs if moves_g else self._pairs.detach()

    def forget_images(self) -> None:
        """G has moved: the same latents now give other images."""
        self._fake = self._pairs = None

    def _draw(self, n: int) -> Float[Tensor, "n dim"]:
        return self.state.to_device(self.state.latent.sample(n, self.state.rng))

    def _generate(self, z: Float[Tensor, "all dim"], moves_g: bool) -> Float[Tensor, "n c h w"]:
        generator, z = self.state.generator, self._processes.own(z)
        if moves_g:
            return self.state.generate(z)
        # The mode is set in all modules one by one: only where it differs.
        by_averages = self.state.config.schedule.fakes == "inference"
        if by_averages:
            generator.eval()
        with torch.no_grad():
            images = self.state.generate(z)
        if by_averages:
            generator.train()
        return images
