"""The first losses of every preset and of a resumed run: what a change of form must leave equal.

    python benchmarks/trace.py > before.txt; …; python benchmarks/trace.py | diff before.txt -

Small batches of noise, one thread, single precision; numbers in full. Compare only what one machine
printed: processors round differently.
"""

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from infogan.data.source import ArraySource
from infogan.training.config import TrainConfig
from infogan.training.loop import fit
from infogan.training.presets import PRESETS
from infogan.training.state import State

BATCH = 4


def short(config: TrainConfig, shape: tuple[int, int, int], updates: int) -> TrainConfig:
    """The config for so many updates, on images of this shape, a line for each of them."""
    model = dataclasses.replace(config.model, image_shape=shape)
    small = dataclasses.replace(config, model=model, batch_size=BATCH, device="cpu")
    kimg = small.real_batch / 1000
    return dataclasses.replace(
        small, kimg=updates * kimg, tick_kimg=kimg, precision="fp32", memory_format="channels_last"
    )


def noise(shape: tuple[int, int, int]) -> ArraySource:
    """Sixty-four images of noise."""
    images = np.random.default_rng(0).integers(0, 256, (64, *shape), dtype=np.uint8)
    return ArraySource("noise", images)


def trace(state: State, source: ArraySource, stop_after: int | None = None) -> None:
    """Train, and print every update's terms in full."""

    def enough() -> bool:
        return stop_after is not None and state.images_seen >= stop_after * state.config.real_batch

    for tick in fit(state, source, enough):
        terms = " ".join(f"{name}={value.hex()}" for name, value in tick.terms.items())
        print(f"{round(tick.kimg * 1000 / state.config.real_batch):3d} {terms}")


def resumed(config: TrainConfig, source: ArraySource, at: int) -> None:
    """Stop after some updates, and go on from the checkpoint."""
    state = State.create(config)
    trace(state, source, stop_after=at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.safetensors"
        state.save(path)
        again = State.create(config)
        again.load(path)
    print("resumed")
    trace(again, source)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--presets", nargs="*", default=list(PRESETS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.presets:
        preset = PRESETS[name]
        config = short(preset.config, preset.shape, options.updates)
        print(f"# {name}", flush=True)
        trace(State.create(config), noise(preset.shape))
    if "fast" in options.presets:
        print("# fast, resumed", flush=True)
        preset = PRESETS["fast"]
        config = short(preset.config, preset.shape, options.updates)
        resumed(config, noise(preset.shape), options.updates // 2)


if __name__ == "__main__":
    sys.exit(main())
