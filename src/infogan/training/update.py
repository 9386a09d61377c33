"""One update: the steps of the schedule in turn, each on the images it is due."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import nll_loss

from infogan.losses.consistency import augment
from infogan.losses.contrastive import Pairs, contrastive_loss, contrastive_pairs
from infogan.training.schedule import Step
from infogan.training.state import State
from infogan.training.step import Batch, Terms, step_loss


def update(state: State, real: Float[Tensor, "n c h w"]) -> Terms:
    """Run every step of the schedule once, on these real images; returns what to log."""
    draws, terms = Draws(state, real), dict[str, Tensor]()
    for step in state.config.schedule.parsed:
        if step.optimiser not in state.optims:
            continue
        state.let_learn(step.moves)
        loss, found = step_loss(
            step,
            state.discriminator,
            state.config,
            state.latent,
            state.images_seen,
            draws.batch(step),
            state.rng,
        )
        if "consistency" in step.losses and (hint := supervision(state)) is not None:
            found["supervised"] = hint
            loss = state.config.loss.supervised * hint + (0 if loss is None else loss)
        if "contrast" in step.losses and (pairs := draws.pairs(step)) is not None:
            contrast = contrastive_loss(state.pair_judge, pairs)
            if "G" in step.moves:
                contrast = state.config.loss.contrastive * contrast
            else:  # the judge learns at full weight, however little G is made to care
                found["contrastive"] = contrast
            loss = contrast if loss is None else loss + contrast
        terms |= found
        if loss is None:
            continue
        optimiser = state.optims[step.optimiser]
        optimiser.zero_grad(set_to_none=True)
        state.fabric.backward(loss)
        optimiser.step()
        if "G" in step.moves:
            draws.forget_images()
    state.let_learn(None)
    if {"real_loss", "fake_loss"} <= terms.keys():
        terms["d_loss"] = terms["real_loss"] + terms["fake_loss"]
    return terms


def supervision(state: State) -> Float[Tensor, ""] | None:
    """−log Q(label | x) of a few labelled images, altered as those of the consistency term are."""
    if state.labelled is None or not state.config.loss.supervised:
        return None
    images, categories = state.labelled.draw(state.config.batch_size, state.rng)
    views = augment(state.fabric.to_device(images), state.config.augmentation, state.rng)
    columns = {
        code.name: (code, q) for code, q in state.latent.split_q(state.discriminator(views).q)
    }
    code, q = columns[state.labelled.code]
    return nll_loss(code.log_probs(q), state.fabric.to_device(categories))


class Draws:
    """The images of one update: drawn when a step asks, and made anew once G has moved."""

    def __init__(self, state: State, real: Float[Tensor, "n c h w"]) -> None:
        self.state, self.real = state, real
        self._once = state.config.schedule.latents == "once"
        self._z: Tensor | None = None
        self._fake: Tensor | None = None
        self._pair_latents: tuple[Tensor, Tensor, Tensor] | None = None
        self._pairs: Pairs | None = None
        if self._once:
            self._z = self._draw(len(real) * (2 if state.config.schedule.half_batches else 1))

    def batch(self, step: Step) -> Batch:
        """The images of a step; those G makes carry its gradient where the step moves it."""
        schedule, moves_g = self.state.config.schedule, "G" in step.moves
        n = len(self.real) * (2 if schedule.half_batches and moves_g else 1)
        if not {"fake", "fool", "mi", "penalty"} & set(step.losses):
            empty = self.real[:0]
            return Batch(self.real, empty, empty.new_zeros(0, self.state.config.model.latent.dim))
        if self._z is None:
            z = self._draw(n)
            return Batch(self.real, self._generate(z, moves_g), z if moves_g else z.detach())
        z = self._z[:n]
        if not moves_g and schedule.fakes == "inference":
            return Batch(self.real, self._generate(z, moves_g), z.detach())
        if self._fake is None:
            self._fake = self._generate(self._z, True)
        fake = self._fake[:n]
        # z carries a gradient too, where its prior is learned with G.
        return Batch(self.real, fake, z) if moves_g else Batch(self.real, fake.detach(), z.detach())

    def pairs(self, step: Step) -> Pairs | None:
        """Generated pairs that share a code, once InfoGAN-CR's term is on; None while it is off."""
        config, state = self.state.config, self.state
        if not config.loss.contrastive or state.progress < config.loss.contrastive_from:
            return None
        if self._pair_latents is None:
            gap = config.loss.contrastive_gap
            gap = gap if state.progress < config.loss.contrastive_gap_until else 0.0
            self._pair_latents = contrastive_pairs(
                config.model.latent, config.batch_size, state.rng, gap
            )
        if self._pairs is None:
            first, second, shared = self._pair_latents
            images = state.generator(state.fabric.to_device(torch.cat([first, second])))
            first_images, second_images = images.chunk(2)
            self._pairs = Pairs(first_images, second_images, state.fabric.to_device(shared))
        return self._pairs if "G" in step.moves else self._pairs.detach()

    def forget_images(self) -> None:
        """G has moved: the same latents now give other images."""
        self._fake = self._pairs = None
        if self._z is not None:
            self._z = self._z.detach()

    def _draw(self, n: int) -> Float[Tensor, "n dim"]:
        return self.state.fabric.to_device(self.state.latent.sample(n, self.state.rng))

    def _generate(self, z: Float[Tensor, "n dim"], moves_g: bool) -> Float[Tensor, "n c h w"]:
        generator = self.state.generator
        if moves_g:
            return generator(z)
        generator.train(self.state.config.schedule.fakes == "training")
        with torch.no_grad():
            images = generator(z)
        generator.train()
        return images
