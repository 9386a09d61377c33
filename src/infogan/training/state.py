"""All that a run must remember to go on as if it had never stopped."""

import copy
import dataclasses
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import safetensors
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.files import replacing
from infogan.networks.build import Discriminator, PairJudge, build_generator, live_latent
from infogan.networks.conv import set_order
from infogan.networks.parts import Part, parts
from infogan.training.config import TrainConfig
from infogan.training.convergence import Convergence
from infogan.training.device import choose_device, choose_memory_format, choose_precision
from infogan.training.labels import Labelled

MOST_ROLLBACKS = 3

# Fabric announces its precision, which nobody has asked for.
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


class Diverged(RuntimeError):
    """A loss or a weight became NaN or infinite once too often; the last good state is kept."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state's tensors by name, and its numbers."""

    tensors: dict[str, Tensor]
    images_seen: int
    convergence: dict[str, int]


@dataclass
class State:
    """Networks, their moving averages, optimisers, randomness, and the images seen so far.

    `rollbacks` counts how often a NaN made the run go back; each halves the learning rates.
    """

    config: TrainConfig
    fabric: Fabric
    generator: nn.Module
    discriminator: nn.Module
    ema_generator: nn.Module
    ema_discriminator: nn.Module
    optims: dict[str, torch.optim.Optimizer]
    parts: dict[Part, list[nn.Parameter]]
    rng: torch.Generator
    convergence: Convergence
    pair_judge: nn.Module | None = None
    labelled: Labelled | None = None
    images_seen: int = 0
    rollbacks: int = 0

    @classmethod
    def create(cls, config: TrainConfig) -> "State":
        """Fresh networks and optimisers for a config whose image shape is known."""
        device = choose_device(config.device)
        precision = choose_precision(config.precision, device)
        fabric = Fabric(
            accelerator=device,
            devices=1,
            precision="bf16-mixed" if precision == "bf16" else "32-true",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            generator: nn.Module = build_generator(config.model)
            discriminator = Discriminator(config.model)
            pair_judge = PairJudge(config.model) if config.loss.contrastive else None
        for module in filter(None, (generator, discriminator, pair_judge)):
            set_order(module, choose_memory_format(config.memory_format))
        average_g = fabric.to_device(copy.deepcopy(generator).eval().requires_grad_(False))
        average_d = fabric.to_device(copy.deepcopy(discriminator).eval().requires_grad_(False))
        by_part = parts(generator, discriminator, pair_judge)
        betas = (config.optim.beta1, config.optim.beta2)
        optims = {}
        for name, steps in config.schedule.optimisers.items():
            moved = dict.fromkeys(p for part in steps[0].moves for p in by_part[part])
            if moved:
                rate = config.learning_rate(name)
                optim = torch.optim.Adam(list(moved), rate, betas, fused=True)
                optims[name] = cast(torch.optim.Optimizer, fabric.setup_optimizers(optim))
        rng = torch.Generator().manual_seed(config.seed)
        state = cls(
            config,
            fabric,
            fabric.setup_module(generator),
            fabric.setup_module(discriminator),
            average_g,
            average_d,
            optims,
            by_part,
            rng,
            Convergence.start(config.model.latent),
            None if pair_judge is None else fabric.setup_module(pair_judge),
        )
        state._start_optimisers()
        return state

    @property
    def latent(self) -> Latent:
        """The codes, learned priors being as they now are, with a gradient once they may move."""
        learning = self.images_seen >= 1000 * self.config.optim.prior_from
        return live_latent(self.config.model, self.generator, learning=learning)

    @property
    def end(self) -> int:
        """Images after which the run is over: sooner than planned where it may stop early.

        A run that settled ends as one would that had been planned to decay from there.
        """
        return _end(self.config, self.convergence.converged_at)

    @property
    def progress(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return min(1.0, self.images_seen / self.end)

    @property
    def finite(self) -> bool:
        """Whether every weight is a number."""
        modules = (self.generator, self.discriminator)
        return all(bool(p.isfinite().all()) for module in modules for p in module.parameters())

    def snapshot(self) -> "Snapshot":
        """A copy in memory of all that `roll_back` needs."""
        tensors = {key: tensor.detach().clone() for key, tensor in self._tensors()}
        return Snapshot(tensors, self.images_seen, self.convergence.numbers)

    def roll_back(self, good: "Snapshot") -> None:
        """Go back to a good state, to take smaller steps from there; Diverged at the fourth time.

        The learning rates are halved at each (in `train.set_learning_rates`).
        """
        reached, self.rollbacks = self.images_seen, self.rollbacks + 1
        self._restore(good)
        if self.rollbacks > MOST_ROLLBACKS:
            raise Diverged(
                f"a loss or a weight became NaN or infinite before {reached / 1000:g} kimg, and "
                f"{MOST_ROLLBACKS} times more with smaller steps; lower optim.lr_g and optim.lr_d, "
                "or set precision to fp32"
            )

    def let_learn(self, moves: tuple[Part, ...] | None) -> None:
        """Let only these parts of the judges gather gradient; None lets all.

        G always may: images that must not teach it are detached.
        """
        for part in ("trunk", "D", "Q", "pairs"):
            for parameter in self.parts[part]:
                parameter.requires_grad_(moves is None or part in moves)
        if moves is not None and "norms" in moves:
            for parameter in self.parts["norms"]:
                parameter.requires_grad_(True)

    def average(self) -> None:
        """Move the averaged weights towards the present ones."""
        half_life = self.config.optim.ema_kimg * 1000
        # Early on, a long memory would be of the random start.
        half_life = min(half_life, self.images_seen / 20)
        keep = 0.5 ** (self.config.real_batch / half_life) if half_life > 0 else 0.0
        pairs = [
            (self.ema_generator, self.generator),
            (self.ema_discriminator, self.discriminator),
        ]
        with torch.no_grad():
            for average, current in pairs:
                target = [p.detach() for p in average.parameters()]
                torch._foreach_lerp_(target, [p.detach() for p in current.parameters()], 1 - keep)
                for ours, theirs in zip(average.buffers(), current.buffers(), strict=True):
                    if ours.is_floating_point():
                        ours.lerp_(theirs, 1 - keep)
                    else:
                        ours.copy_(theirs)

    def save(self, path: Path) -> None:
        """Write a checkpoint: tensors and JSON, never pickle; whole or not at all."""
        tensors = dict(self._tensors())
        meta = {
            "images_seen": self.images_seen,
            "rollbacks": self.rollbacks,
            "convergence": self.convergence.numbers,
            "config": dataclasses.asdict(self.config),
        }
        with replacing(path) as partial:
            save_file(
                {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
                partial,
                {"infogan": json.dumps(meta)},
            )

    def load(self, path: Path) -> None:
        """Continue from a checkpoint; ValueError names what is missing, extra or misshapen."""
        meta, saved = _read(path)
        current = dict(self._tensors())
        if odd := sorted(current.keys() ^ saved.keys()):
            raise UserError(f"{path}: {odd[0]} is missing here or there; is it another config's?")
        for key, tensor in current.items():
            if tensor.shape != saved[key].shape:
                raise UserError(
                    f"{path}: {key} has shape {tuple(saved[key].shape)}, "
                    f"expected {tuple(tensor.shape)}"
                )
        self._restore(Snapshot(saved, meta["images_seen"], meta["convergence"]))
        self.rollbacks = meta["rollbacks"]

    def _restore(self, saved: "Snapshot") -> None:
        with torch.no_grad():
            for key, tensor in self._tensors():
                tensor.copy_(saved.tensors[key])
        self.rng.set_state(saved.tensors["rng"])
        self.images_seen = saved.images_seen
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

    def _start_optimisers(self) -> None:
        """Make Adam create its moments now, all 0, so that there is always something to load into.

        It would otherwise wait for a parameter's first gradient, which may come late in a run.
        """
        for optim in self.optims.values():
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


def is_over(checkpoint: Path, config: TrainConfig) -> bool:
    """Whether a run with this config has reached its end in a checkpoint. Raises ValueError."""
    meta, _ = _read(checkpoint)
    return meta["images_seen"] >= _end(config, meta["convergence"]["converged_at"])


def _end(config: TrainConfig, converged_at: int) -> int:
    planned, constant = round(config.kimg * 1000), 1 - config.optim.decay
    if config.early_stop and converged_at and constant:
        return min(planned, round(converged_at / constant))
    return planned


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safetensors.safe_open(path, "pt") as file:
            meta = json.loads(file.metadata()["infogan"])
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
        if "settling" in meta:  # as version 0.1 called it
            told = meta.pop("settling")
            meta["convergence"] = told | {"converged_at": told.pop("settled_at")}
            tensors["convergence.answers"] = tensors.pop("settling.answers")
        return meta, tensors
    except (safetensors.SafetensorError, KeyError, TypeError) as error:
        raise UserError(f"{path}: not a checkpoint, or a truncated one ({error})") from None
