"""All that a run must remember to go on as if it had never stopped."""

import copy
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import safetensors
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from torch import Tensor, nn

from .config import TrainConfig
from .hardware import choose_device, choose_memory_format, choose_precision
from .model import Discriminator, PairJudge, build_generator
from .networks.conv import set_order


@dataclass
class State:
    """Networks, their moving averages, optimisers, randomness, and the images seen so far."""

    config: TrainConfig
    fabric: Fabric
    generator: nn.Module
    discriminator: nn.Module
    ema_generator: nn.Module
    ema_discriminator: nn.Module
    optim_g: torch.optim.Optimizer
    optim_d: torch.optim.Optimizer
    rng: torch.Generator
    pair_judge: nn.Module | None = None
    images_seen: int = 0

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
            discriminator: nn.Module = Discriminator(config.model)
            pair_judge: nn.Module | None = None
            if config.loss.contrastive:
                pair_judge = PairJudge(config.model)
        judges = [discriminator] if pair_judge is None else [discriminator, pair_judge]
        for module in (generator, *judges):
            set_order(module, choose_memory_format(config.memory_format))
        average_g = fabric.to_device(copy.deepcopy(generator).eval().requires_grad_(False))
        average_d = fabric.to_device(copy.deepcopy(discriminator).eval().requires_grad_(False))
        betas = (config.optim.beta1, config.optim.beta2)
        optim_g = torch.optim.Adam(generator.parameters(), config.optim.lr_g, betas, fused=True)
        judging = [parameter for judge in judges for parameter in judge.parameters()]
        optim_d = torch.optim.Adam(judging, config.optim.lr_d, betas, fused=True)
        generator, optim_g = fabric.setup(generator, optim_g)
        discriminator, optim_d = fabric.setup(discriminator, optim_d)
        if pair_judge is not None:
            pair_judge = fabric.setup_module(pair_judge)
        rng = torch.Generator().manual_seed(config.seed)
        state = cls(
            config,
            fabric,
            generator,
            discriminator,
            average_g,
            average_d,
            optim_g,
            optim_d,
            rng,
            pair_judge,
        )
        state._start_optimisers()
        return state

    @property
    def progress(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return min(1.0, self.images_seen / (self.config.kimg * 1000))

    def freeze_judges(self, frozen: bool) -> None:
        """Keep the trunk, D, Q and the judge of pairs from gathering gradient, or let them."""
        self.discriminator.requires_grad_(not frozen)
        if self.pair_judge is not None:
            self.pair_judge.requires_grad_(not frozen)

    def average(self) -> None:
        """Move the averaged weights towards the present ones."""
        half_life = self.config.optim.ema_kimg * 1000
        # Early on, a long memory would be of the random start.
        half_life = min(half_life, self.images_seen / 20)
        keep = 0.5 ** (self.config.batch_size / half_life) if half_life > 0 else 0.0
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
            "config": dataclasses.asdict(self.config),
        }
        partial = path.with_suffix(".partial")
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
            partial,
            {"infogan": json.dumps(meta)},
        )
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint; ValueError names what is missing, extra or misshapen."""
        try:
            with safetensors.safe_open(path, "pt") as file:
                meta = json.loads(file.metadata()["infogan"])
                saved = {key: file.get_tensor(key) for key in list(file.keys())}
        except (safetensors.SafetensorError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: not a checkpoint, or a truncated one ({error})") from None
        current = dict(self._tensors())
        if odd := sorted(current.keys() ^ saved.keys()):
            raise ValueError(f"{path}: {odd[0]} is missing here or there; is it another config's?")
        with torch.no_grad():
            for key, tensor in current.items():
                if tensor.shape != saved[key].shape:
                    raise ValueError(
                        f"{path}: {key} has shape {tuple(saved[key].shape)}, "
                        f"expected {tuple(tensor.shape)}"
                    )
                tensor.copy_(saved[key])
        self.rng.set_state(saved["rng"])
        self.images_seen = meta["images_seen"]

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor of the state, named; those of modules and optimisers are the live ones."""
        modules = ["generator", "discriminator", "ema_generator", "ema_discriminator"]
        if self.pair_judge is not None:
            modules.append("pair_judge")
        for name in modules:
            for key, tensor in getattr(self, name).state_dict().items():
                yield f"{name}.{key}", tensor
        for name in ("optim_g", "optim_d"):
            for index, entry in getattr(self, name).state_dict()["state"].items():
                for key, tensor in entry.items():
                    yield f"{name}.{index}.{key}", tensor
        yield "rng", self.rng.get_state()

    def _start_optimisers(self) -> None:
        """Make Adam create its moments now, all 0, so that there is always something to load into.

        It would otherwise wait for a parameter's first gradient, which may come late in a run.
        """
        for optim in (self.optim_g, self.optim_d):
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
