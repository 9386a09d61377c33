"""All that a run must remember to go on as if it had never stopped."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.networks.build import Discriminator, PairJudge, build_generator, live_latent
from infogan.networks.conv import set_order
from infogan.networks.initial import DrawnFrom
from infogan.networks.norm import SpectralOnce, spectral_layers
from infogan.networks.parts import Part, parts
from infogan.training.averaging import MovingAverage, frozen_copy, kept_share
from infogan.training.batch_statistics import share_statistics
from infogan.training.checkpoint import Snapshot, check_state, read_checkpoint, write_checkpoint
from infogan.training.config import TrainConfig
from infogan.training.convergence import Convergence, end_of
from infogan.training.device import Placement, choose_device, choose_memory_format, choose_precision
from infogan.training.freezing import let_learn
from infogan.training.labels import Labelled
from infogan.training.micro_batches import pass_in_parts
from infogan.training.networks import with_networks
from infogan.training.optimisers import make_optimisers
from infogan.training.processes import ALONE, Processes, own_device

MOST_ROLLBACKS = 3


class Diverged(RuntimeError):
    """A loss or a weight became NaN or infinite once too often; the last good state is kept."""


@dataclass
class State:
    """Networks, their moving averages, optimisers, randomness, and the images seen so far.

    `rollbacks` counts how often a NaN made the run go back; each halves the learning rates.
    `seconds` is how long it has been training, over all the times it was resumed.
    """

    config: TrainConfig
    placement: Placement
    generator: nn.Module
    discriminator: Discriminator
    ema_generator: nn.Module
    ema_discriminator: Discriminator
    optims: dict[str, torch.optim.Optimizer]
    parts: dict[Part, list[nn.Parameter]]
    rng: torch.Generator
    convergence: Convergence
    pair_judge: PairJudge | None = None
    labelled: Labelled | None = None
    images_seen: int = 0
    seconds: float = 0.0
    rollbacks: int = 0
    processes: Processes = ALONE

    @classmethod
    def create(cls, config: TrainConfig, processes: Processes = ALONE) -> "State":
        """Fresh networks and optimisers for a config whose image shape is known.

        A family that is left open is chosen by that shape; the state's config has it. Weights
        depend on the config's seed alone, whatever other threads draw meanwhile.
        """
        config, _ = with_networks(config)
        processes.check_batch(config.batch_size, config.real_batch)
        name = choose_device(config.device)
        device = torch.device(own_device(name) if processes.count > 1 else name)
        if device.index is not None:
            torch.cuda.set_device(device)
        placement = Placement(device, choose_precision(config.precision, device.type))
        with DrawnFrom(config.seed):
            generator: nn.Module = build_generator(config.model)
            discriminator = Discriminator(config.model)
            pair_judge = PairJudge(config.model) if config.loss.contrastive else None
        modules = list(filter(None, (generator, discriminator, pair_judge)))
        for module in modules:
            set_order(module, choose_memory_format(config.memory_format))
            module.to(device)
        average_g, average_d = frozen_copy(generator), frozen_copy(discriminator)
        for module in modules:
            share_statistics(module, processes)
        pass_in_parts(generator, modules[1:], config.micro_batch)
        by_part = parts(generator, discriminator, pair_judge)
        return cls(
            config,
            placement,
            generator,
            discriminator,
            average_g,
            average_d,
            make_optimisers(config, by_part),
            by_part,
            torch.Generator().manual_seed(config.seed),
            Convergence.start(config.model.latent),
            pair_judge,
            processes=processes,
        )

    @property
    def latent(self) -> Latent:
        """The codes, learned priors being as they now are."""
        return live_latent(self.config.model, self.generator)

    @property
    def end(self) -> int:
        """Images after which the run is over: sooner than planned where it may stop early."""
        return end_of(self.config, self.convergence.converged_at)

    @property
    def progress(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return min(1.0, self.images_seen / self.end)

    @property
    def finite(self) -> bool:
        """Whether every weight is a number."""
        modules = (self.generator, self.discriminator)
        return all(bool(p.isfinite().all()) for module in modules for p in module.parameters())

    def to_model(self, images: np.ndarray) -> Float[Tensor, "n c h w"]:
        """uint8 images to floats in [−1, 1], where and as the networks want them."""
        return self.to_device(torch.from_numpy(images)).float().div_(127.5).sub_(1)

    def to_device(self, x: Tensor) -> Tensor:
        """A tensor where the networks are."""
        device = self.placement.device
        return x.to(device, non_blocking=device.type == "cuda")

    def generate(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, "n c h w"]:
        """G's images of latents, computed in the run's precision."""
        with self.placement.autocast():
            images: Tensor = self.generator(z)
        return images.float()

    def let_learn(self, moves: tuple[Part, ...] | None) -> None:
        """Let only these parts of the judges gather gradient; None lets all."""
        let_learn(self.parts, moves)

    def average(self) -> None:
        """Move the averaged weights towards the present ones."""
        half_life = self.config.optim.ema_kimg * 1000
        keep = kept_share(self.images_seen, self.config.real_batch, half_life)
        self._moving_average.move(keep)

    @cached_property
    def _moving_average(self) -> MovingAverage:
        pairs = [(self.ema_generator, self.generator)]
        return MovingAverage([*pairs, (self.ema_discriminator, self.discriminator)])

    def snapshot(self) -> Snapshot:
        """A copy in memory of all that `roll_back` needs."""
        return self._snapshot({key: tensor.detach().clone() for key, tensor in self._tensors()})

    def roll_back(self, good: Snapshot) -> None:
        """Go back to a good state, to take smaller steps from there; Diverged at the fourth time.

        The learning rates are halved at each (in `loop.set_learning_rates`). The time it took
        counts all the same.
        """
        reached, seconds, rollbacks = self.images_seen, self.seconds, self.rollbacks + 1
        self.restore(good)
        self.seconds, self.rollbacks = seconds, rollbacks
        if self.rollbacks > MOST_ROLLBACKS:
            raise Diverged(
                f"a loss or a weight became NaN or infinite before {reached / 1000:g} kimg, and "
                f"{MOST_ROLLBACKS} times more with smaller steps; lower optim.lr_g and optim.lr_d, "
                "or set precision to fp32"
            )

    @cached_property
    def spectral(self) -> list[tuple[SpectralOnce, Tensor]]:
        """The normalisations that move on once an update, found once."""
        return spectral_layers(self.discriminator, self.pair_judge)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        write_checkpoint(path, self._snapshot(dict(self._tensors())), self.config)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint; UserError names what is missing, extra or misshapen."""
        saved = read_checkpoint(path)
        check_state(saved, dict(self._tensors()), path)
        self.restore(saved)

    def share(self) -> None:
        """Let every process have what the first has."""
        if self.processes.count > 1:
            self.restore(self.processes.shared(self._snapshot(dict(self._tensors()))))

    def _snapshot(self, tensors: dict[str, Tensor]) -> Snapshot:
        numbers = self.images_seen, self.seconds, self.rollbacks, self.convergence.numbers
        return Snapshot(tensors, *numbers)

    def restore(self, saved: Snapshot) -> None:
        """Become what a snapshot of a state with the same config remembers."""
        with torch.no_grad():
            for key, tensor in self._tensors():
                tensor.copy_(saved.tensors[key])
        self.rng.set_state(saved.tensors["rng"])
        self.images_seen, self.seconds = saved.images_seen, saved.seconds
        self.rollbacks = saved.rollbacks
        for name, number in saved.convergence.items():
            setattr(self.convergence, name, number)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor of the state, named; those of modules and optimisers are the live ones."""
        modules = ["generator", "discriminator", "ema_generator", "ema_discriminator"]
        if self.pair_judge is not None:
            modules.append("pair_judge")
        for name in modules:
            for key, tensor in getattr(self, name).state_dict().items():
                yield f"{name}.{key}", tensor
        for name, optim in self.optims.items():
            for index, entry in optim.state_dict()["state"].items():
                for key, tensor in entry.items():
                    yield f"optim_{name}.{index}.{key}", tensor
        yield "convergence.answers", self.convergence.answers
        yield "rng", self.rng.get_state()
