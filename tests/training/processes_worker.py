"""Trains tiny networks in the processes that torchrun started, and in one, and compares them.

python -m torch.distributed.run --nproc-per-node 2 processes_worker.py FOLDER
"""

import json
import math
import os
import signal
import sys
import time
from collections import deque
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from infogan.data.source import ArraySource
from infogan.networks.build import ModelConfig
from infogan.networks.norm import BATCH_NORMS
from infogan.training.config import TrainConfig
from infogan.training.labels import Labelled
from infogan.training.loop import fit
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.processes import ALONE, Processes, join, started_again
from infogan.training.schedule import Schedule
from infogan.training.state import State

UPDATES, BATCH = 50, 8
FOLLOWING = "kind=cat:3,slant=norm:follow=shear,turn=norm:follow=rotation,tilt=uni"
VARIANTS = {
    "hinge, equivariance, R1, labels, micro-batches": {
        "loss": {
            "adversarial": "hinge",
            "equivariance": 1.0,
            "mi_gradient": "generator+q",
            "r1": 1.0,
            "r1_every": 2,
        },
        "labels": "given",
        "micro_batch": 3,
    },
    "least squares, dials that follow, learned prior, rolled back": {
        "model": {"codes": "kind=cat:3:prior=learned,slant=norm:follow=shear,tilt=uni"},
        "loss": {"adversarial": "least-squares"},
        "optim": {"prior_from": 0.0},
        "breaks": True,
    },
    "wasserstein, contrastive, spectral": {
        "model": {"codes": "kind=cat:3,tilt=uni,size=uni", "norm": "spectral-once"},
        "loss": {
            "adversarial": "wasserstein",
            "contrastive": 0.5,
            "contrastive_gap": 0.5,
            "contrastive_gap_until": 1.0,
        },
    },
    "half batches drawn anew, kl": {
        "loss": {"adversarial": "kl"},
        "schedule": Schedule(
            "real > trunk+D, fake > trunk+D, fool+mi > G+Q", True, "anew", "inference"
        ),
    },
    "BatchNorm in D, R1 through it": {"model": {"norm": "batch"}, "loss": {"r1": 0.2}},
    "texture from both sides, a circle, few images": {
        "model": {"codes": "kind=cat:3:ignore=pose+texture,turn=circ:follow=rotation"},
        "loss": {"augment_d": 0.5},
    },
}


def config(options: dict) -> TrainConfig:
    model = {"codes": "kind=cat:3,tilt=uni", "noise": 4, "width": 4, "hidden": 16, "q_hidden": 8}
    model |= {"image_shape": (1, 8, 8), "family": "conv"} | options.get("model", {})
    rest = {k: v for k, v in options.items() if k not in ("model", "loss", "optim", "breaks")}
    run = {"device": "cpu", "precision": "fp32", "batch_size": BATCH, "tick_kimg": 0.08} | rest
    made = TrainConfig(
        model=ModelConfig(**model),
        loss=LossConfig(**options.get("loss", {})),
        optim=OptimConfig(**({"ema_kimg": 0.1} | options.get("optim", {}))),
        **run,
    )
    return replace(made, kimg=UPDATES * made.real_batch / 1000)


def images(channels: int) -> np.ndarray:
    y, x = np.mgrid[:8, :8] - 3.5
    rng = np.random.default_rng(0)
    discs = 200.0 * (np.hypot(x, y) < 1.0 + (np.arange(40) % 3)[:, None, None])
    return (discs[:, None] + rng.integers(0, 50, (40, channels, 8, 8))).astype(np.uint8)


class Counting(ArraySource):
    """Notes which images it was asked for."""

    def __init__(self, pixels: np.ndarray) -> None:
        super().__init__("counting", pixels)
        self.asked: list[int] = []

    def batch(self, indices: np.ndarray) -> np.ndarray:
        self.asked += indices.tolist()
        return super().batch(indices)


def break_once(state: State) -> None:
    """Ruin a weight of the last process in the middle of the run."""
    average, broken = state.average, []

    def averaged() -> None:
        average()
        if state.images_seen == 25 * BATCH and not broken:
            broken.append(True)
            if state.processes.rank == state.processes.count - 1:
                torch.nn.init.constant_(next(state.generator.parameters()), math.nan)

    state.average = averaged


def trained(options: dict, processes: Processes) -> tuple[State, list, list[int]]:
    made = config(options)
    state = State.create(made, processes)
    source = Counting(images(made.model.shape[0]))
    if made.labels:
        pixels = torch.from_numpy(source.images[:6])
        state.labelled = Labelled("kind", pixels, torch.arange(6) % 3, {})
    if options.get("breaks"):
        break_once(state)
    ticks = [(tick.kimg, tick.rollbacks, tick.terms) for tick in fit(state, source)]
    return state, ticks, source.asked[1000:]  # the first are those that are watched


def moot(module: nn.Module) -> set[str]:
    """Biases, and means of them, that batch normalisation takes out again.

    Their gradient is 0 but for rounding errors, of which Adam makes whole steps.
    """
    return {
        name
        for path, layers in module.named_modules()
        if isinstance(layers, nn.Sequential)
        for (key, layer), (after, norm) in pairwise(layers.named_children())
        if isinstance(norm, BATCH_NORMS) and layer.bias is not None
        for name in (f"{path}.{key}.bias", f"{path}.{after}.running_mean")
    }


def difference(a: State, b: State) -> tuple[float, str]:
    """The largest of any weight, average or running statistic, and where it is."""
    found = []
    for name in ("generator", "discriminator", "ema_generator", "ema_discriminator", "pair_judge"):
        if (module := getattr(a, name)) is not None:
            other = getattr(b, name).state_dict()
            without = moot(module)
            found += [
                (float((tensor.double() - other[key].double()).abs().max()), f"{name}.{key}")
                for key, tensor in module.state_dict().items()
                if key not in without
            ]
    return max(found)


def has_seen(state: State, images: int) -> bool:
    return state.images_seen >= images


def handed_over(processes: Processes, path: Path) -> tuple[float, str] | None:
    """Two processes, then one, then two again, each from the other's checkpoint; and one alone."""
    options, state = VARIANTS["half batches drawn anew, kl"], None
    for updates, those in ((10, processes), (25, ALONE), (UPDATES, processes)):
        if those == processes or processes.first:
            state = State.create(config(options), those)
            if updates > 10 and processes.first:
                state.load(path)
            state.share()
            end = updates * state.config.real_batch
            over = partial(has_seen, state, end)
            deque(fit(state, ArraySource("", images(1)), over), maxlen=0)
            if processes.first:
                state.save(path)
    return difference(state, trained(options, ALONE)[0]) if processes.first else None


def lost(processes: Processes) -> tuple[str, float]:
    """What the first process says of the other's end, and after how many seconds."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun's, which might be quicker
    processes.any(False)
    if not processes.first:
        os.kill(os.getpid(), signal.SIGKILL)
    started = time.monotonic()
    try:
        while True:
            processes.any(False)
    except ConnectionError as error:
        return str(error), time.monotonic() - started


def in_float64() -> None:
    """Compute in double precision: every processor rounds float32 in its own way.

    Adam makes whole steps of a gradient that is 0 but for rounding, so that weights would differ.
    """
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double


def main() -> None:
    torch.set_num_threads(1)
    in_float64()
    processes, told, out = join("cpu"), {}, Path(sys.argv[1])
    if started_again():
        (out / f"again-{processes.rank}").write_text(json.dumps(processes.shared("met")))
        return
    for name, options in VARIANTS.items():
        state, ticks, asked = trained(options, processes)
        told[name] = {"ticks": ticks, "asked": asked}
        if processes.first:
            alone, expected, _ = trained(options | {"micro_batch": 0}, ALONE)
            told[name] |= {"difference": difference(state, alone), "expected": expected}
    told["handed over"] = handed_over(processes, out / "checkpoint")
    (out / str(processes.rank)).write_text(json.dumps(told))
    (out / "lost").write_text(json.dumps(lost(processes)))


if __name__ == "__main__":
    main()
