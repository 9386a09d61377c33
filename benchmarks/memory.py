"""Peak memory of a training, by the side of its images, the width of its networks, the batch
and how much of it passes them at a time.

    python benchmarks/memory.py --out benchmarks/results/memory.json

Each setting is a process of its own: colour, the default networks and R1, three updates on the
processor. Memory is the process's highest (ru_maxrss) less what it was before there were networks.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

from mnist_seeds import processor

SETTINGS = [
    *((32, 16, 64, 0), (64, 16, 64, 0), (128, 16, 16, 0), (128, 16, 64, 0), (128, 16, 64, 16)),
    *((128, 32, 64, 0), (128, 32, 64, 16)),
]
NAMES = ("side", "width", "batch", "micro_batch")
UPDATES = 3


def peak() -> float:
    """MiB, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(side: int, width: int, batch: int, micro_batch: int) -> float:
    """MiB that a training of this setting takes; in this process."""
    import torch

    from infogan.networks.build import AUTO, ModelConfig
    from infogan.training.config import TrainConfig
    from infogan.training.loop import set_learning_rates
    from infogan.training.state import State
    from infogan.training.step import update

    before = peak()
    model = ModelConfig(family=AUTO, width=width, image_shape=(3, side, side))
    how = {"batch_size": batch, "micro_batch": micro_batch, "device": "cpu", "precision": "fp32"}
    state = State.create(TrainConfig(model=model, **how))
    set_learning_rates(state)
    real = torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for _ in range(UPDATES):
        update(state, real)
        state.average()
    return peak() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", type=int, nargs=4, metavar=tuple(map(str.upper, NAMES)))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/memory.json"))
    args = parser.parse_args()
    if args.one:
        print(measured(*args.one))
        return
    rows = []
    for setting in SETTINGS:
        command = [sys.executable, __file__, "--one", *map(str, setting)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append(dict(zip(NAMES, setting, strict=True)))
        rows[-1]["mib"] = round(float(said))
        told = {"processor": processor(), "updates": UPDATES, "rows": rows}
        args.out.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
