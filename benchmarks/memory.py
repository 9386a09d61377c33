"""Peak memory of whole trainings beside what was told before them, by their setting.

    python benchmarks/memory.py --out benchmarks/results/memory.json

Each setting is a process of its own, on the processor: four updates of the default networks on
images of noise, all that comes before and after them included. Memory is the process's highest
(VmHWM) less what it was when the images had been read.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from mnist_seeds import machine

NAMES = ("channels", "side", "width", "batch", "micro_batch", "precision")
SETTINGS = [
    *((1, 28, 16, 64, 0, "fp32"), (1, 28, 64, 256, 0, "fp32")),
    *((3, 32, 16, 64, 0, "fp32"), (3, 64, 16, 64, 0, "fp32"), (3, 64, 32, 128, 0, "fp32")),
    *((3, 64, 32, 128, 32, "fp32"), (3, 128, 16, 16, 0, "fp32"), (1, 128, 16, 64, 0, "fp32")),
    *((3, 128, 16, 64, 0, "fp32"), (3, 128, 16, 64, 16, "fp32")),
    *((3, 128, 32, 64, 0, "fp32"), (3, 128, 32, 64, 16, "fp32")),
]
SETTINGS += [(*setting[:-1], "bf16") for setting in SETTINGS if setting[:2] in ((3, 64), (3, 128))]
UPDATES, IMAGES = 4, 1200


def of_process(field: str) -> float:
    """MiB of this process: VmRSS, which are in memory now, or VmHWM, at the highest."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields[field].split()[0]) / 1024


def measured(folder: Path, setting: tuple[str, ...]) -> dict[str, float]:
    """MiB that a training of this setting takes, and that it was told to take; in this process."""
    from infogan.networks.build import AUTO, ModelConfig
    from infogan.runs.fitting import likely
    from infogan.runs.run import train
    from infogan.training.config import TrainConfig
    from infogan.training.memory import needed

    channels, side, width, batch, micro_batch = map(int, setting[:-1])
    rng = np.random.default_rng(0)
    np.save(folder / "noise.npy", rng.integers(0, 256, (IMAGES, channels, side, side), np.uint8))
    model = ModelConfig(family=AUTO, width=width)
    how = {"batch_size": batch, "micro_batch": micro_batch, "device": "cpu"}
    config = TrainConfig(model=model, **how, precision=setting[-1])
    before = list[float]()

    def begins(_: object) -> None:
        before.append(of_process("VmRSS"))
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM is what it is now

    kimg = UPDATES * batch / 1000
    data, out = folder / "noise.npy", folder / "run"
    train(data, out, config=config, kimg=kimg, on_read=begins, progress=False)
    peak = of_process("VmHWM") - before[0]
    counted = needed(replace(config, model=replace(model, image_shape=(channels, side, side))))
    return {"counted": counted / 2**20, "told": likely(counted) / 2**20, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=6, metavar=tuple(map(str.upper, NAMES)))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/memory.json"))
    args = parser.parse_args()
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measured(Path(folder), tuple(args.one))))
        return
    rows = []
    for setting in SETTINGS:
        command = [sys.executable, __file__, "--one", *map(str, setting)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        mib = {name: round(value) for name, value in json.loads(said.splitlines()[-1]).items()}
        rows.append(dict(zip(NAMES, setting, strict=True)) | mib)
        print(rows[-1], flush=True)
        told = {"machine": machine(), "updates": UPDATES, "rows": rows}
        args.out.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
