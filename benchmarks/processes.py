"""Speed of one training in one and in two processes of one thread each, and what more would give.

    python benchmarks/processes.py --out benchmarks/results/processes.json

Rounds take turns: one process with the whole batch, one with half of it, two that share it. Time is
taken on the clock, and on the processor, where waiting for other work and for messages is left out.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

SETTINGS = {"28×28, grey": (1, 28, 128), "64×64": (3, 64, 64)}
"""Channels, side and batch."""
WARM, TIMED = 2, 6


def work(channels: int, side: int, batch: int) -> None:
    """Train a little in these processes; the first prints seconds an update, and bytes it sends."""
    import torch

    from infogan.data.source import ArraySource
    from infogan.networks.build import AUTO, ModelConfig
    from infogan.training.config import TrainConfig
    from infogan.training.cost import turns
    from infogan.training.processes import ALONE, Processes, join
    from infogan.training.state import State

    torch.set_num_threads(1)
    sent = [0]
    average = Processes.average

    def counted(self: Processes, tensors: object) -> None:
        tensors = list(tensors)  # type: ignore[call-overload]
        sent[0] += sum(each.nbytes for each in tensors)
        average(self, tensors)

    Processes.average = counted  # type: ignore[method-assign]
    images = np.random.default_rng(0).integers(0, 256, (256, channels, side, side), np.uint8)
    config = TrainConfig(model=ModelConfig(family=AUTO, image_shape=images.shape[1:]), device="cpu")
    processes = join("cpu") if "RANK" in os.environ else ALONE
    state = State.create(replace(config, batch_size=batch, precision="fp32"), processes)
    turn = turns(state, ArraySource("noise", images))
    for _ in range(WARM):
        turn()
    sent[0], clock, spent = 0, time.perf_counter(), time.process_time()
    for _ in range(TIMED):
        turn()
    clock, spent = time.perf_counter() - clock, time.process_time() - spent
    if processes.first:
        print(json.dumps([clock / TIMED, spent / TIMED, sent[0] / TIMED]), flush=True)


def ran(processes: int, setting: tuple[int, ...]) -> list[float]:
    """Seconds an update on the clock and on the processor, and bytes, of so many processes."""
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [sys.executable, *(start if processes == 2 else []), __file__, "--one"]
    settings = os.environ | {"OMP_NUM_THREADS": "1"}
    said = subprocess.run(
        [*command, *map(str, setting)], env=settings, check=True, capture_output=True, text=True
    )
    told: list[float] = json.loads(said.stdout.splitlines()[-1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", type=int, nargs=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/processes.json"))
    args = parser.parse_args()
    if args.one:
        return work(*args.one)
    from mnist_seeds import machine

    kinds = {"one": (1, 1), "half": (1, 2), "two": (2, 1)}
    rounds: dict[str, dict[str, list[list[float]]]] = {
        name: {kind: [] for kind in kinds} for name in SETTINGS
    }
    for _ in range(args.rounds):
        for name, (channels, side, batch) in SETTINGS.items():
            for kind, (processes, share) in kinds.items():
                rounds[name][kind].append(ran(processes, (channels, side, batch // share)))
    rows = [
        {"images": name, "batch": SETTINGS[name][2]}
        | {
            kind: dict(
                zip(
                    ("clock", "processor", "bytes"),
                    map(statistics.median, zip(*times, strict=True)),
                    strict=True,
                )
            )
            for kind, times in kinds_.items()
        }
        for name, kinds_ in rounds.items()
    ]
    told = {"machine": machine(), "load": round(os.getloadavg()[1], 1), "rows": rows}
    args.out.write_text(json.dumps(told | {"rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
