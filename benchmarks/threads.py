"""Threads that wait: training speed alone and beside busy processes, setting by setting.

    python benchmarks/threads.py [--rounds 5] [--seconds 4]

A busy process does nothing, all the time. Every setting trains the default recipe on noise as large
as MNIST's images, in a process of its own, since OpenMP reads its environment once only; settings
take turns, round by round, so that what else the machine does falls on all alike. Spins are those
of GNU's OpenMP, which PyTorch has on Linux: without any setting it spins 300,000 times (the first
is therefore that, spelled out, for the package would set what is not set). Writes
benchmarks/results/threads.json after every round.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from infogan.data.source import ArraySource
from infogan.training.loop import fit
from infogan.training.presets import preset
from infogan.training.state import State
from mnist_seeds import RESULTS, machine

OUT = RESULTS / "threads.json"
WARM = 20
"""Updates before the clock starts."""
BUSY = "while True: pass"
SETTINGS: dict[str, dict[str, str]] = {
    "1 thread": {"OMP_NUM_THREADS": "1"},
    "PyTorch's own": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "300000"},
    "asleep at once": {"OMP_WAIT_POLICY": "passive"},
    "asleep after 2,000 spins": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "2000"},
    "asleep after 20,000 spins": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "20000"},
}
OURS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS")


def main() -> None:
    """Rounds over companies and settings; medians and their spread."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of training, each time")
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2], help="busy processes")
    parser.add_argument("--trained", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.trained:
        return print(json.dumps(images_per_second(float(args.trained))))
    results = {
        "command": f"python benchmarks/threads.py --rounds {args.rounds}",
        "machine": machine(),
        "load_before": os.getloadavg()[0],
        "images_per_second": {
            str(busy): {name: list[float]() for name in SETTINGS} for busy in args.busy
        },
    }
    for _ in range(args.rounds):
        for busy in args.busy:
            for name, setting in SETTINGS.items():
                with beside(busy):
                    found = measured(setting, args.seconds)
                results["images_per_second"][str(busy)][name].append(found)
                print(f"beside {busy} busy: {name:34} {found:8.0f} images/s", flush=True)
        results["medians"] = {
            busy: {name: statistics.median(each) for name, each in rows.items()}
            for busy, rows in results["images_per_second"].items()
        }
        OUT.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["medians"], indent=1))


@contextlib.contextmanager
def beside(count: int) -> Iterator[None]:
    """So many processes that are always busy."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def measured(setting: dict[str, str], seconds: float) -> float:
    """Images a second in a fresh process with this environment and no other setting of threads."""
    clean = {k: v for k, v in os.environ.items() if k not in OURS}
    child = subprocess.run(
        [sys.executable, __file__, "--trained", str(seconds)],
        env=clean | setting,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(json.loads(child.stdout.splitlines()[-1]))


def images_per_second(seconds: float) -> float:
    """Train the default recipe on noise for a while."""
    images = np.random.default_rng(0).integers(0, 256, (4096, 1, 28, 28), np.uint8)
    config = preset("fast")
    model = dataclasses.replace(config.model, image_shape=images.shape[1:])
    config = dataclasses.replace(config, model=model, device="cpu")
    state, began = State.create(config), [0.0, 0.0]

    def over() -> bool:
        if state.images_seen == WARM * config.real_batch:
            began[:] = time.perf_counter(), state.images_seen
        return bool(began[0]) and time.perf_counter() - began[0] > seconds

    for _ in fit(state, ArraySource("noise", images), over):
        pass
    return (state.images_seen - began[1]) / (time.perf_counter() - began[0])


if __name__ == "__main__":
    main()
