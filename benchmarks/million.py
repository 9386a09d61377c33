"""Memory and speed of the commands on a million images in shards, beside a tenth of them.

    python benchmarks/million.py --out benchmarks/results/million.json

Draws small grey images (as benchmarks/shards.py), packs them, and runs `infogan train`, `encode`,
`map` and `evaluate` on the shards, and `train` and `encode` on the same images in a `.npy`; each a
process of its own, whose memory (RssAnon) is looked at ten times a second. All files go again in
the end.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from infogan.data.shards import Shards, pack
from mnist_seeds import machine
from shards import drawn

SIDE, KEPT = 16, 12
"""Of the images; looks at the memory that are kept of each command, evenly spaced."""
NETWORKS = "--codes kind=cat:4,x=uni --model.width 4 --model.hidden 16 --device cpu --threads 1"


def run(command: list[str]) -> dict[str, object]:
    """What a command took: seconds, seconds of the processor, and MiB over time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "infogan", *command], stdout=subprocess.DEVNULL)
    looks = list[float]()
    while child.poll() is None:
        looks.append(_resident(child.pid))
        time.sleep(0.1)
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    chosen = np.linspace(len(looks) // 10, len(looks) - 2, KEPT).astype(int)
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
        ),
        "mib": [round(looks[i]) for i in chosen],
        "peak_mib": round(max(looks)),
    }


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)


def measured(images: int, trained: int, folder: Path) -> dict[str, object]:
    """All commands on so many images, `trained` of which are trained on."""
    shards, model, held = folder / "shards", folder / "run", folder / "held.npy"
    shards.mkdir()
    spent = time.process_time()
    pack(drawn(images, SIDE), shards)
    told: dict[str, object] = {
        "images": images,
        "trained": trained,
        "packed_per_second": round(images / (time.process_time() - spent)),
        "shards_mib": round(sum(each.stat().st_size for each in shards.iterdir()) / 2**20),
        "decoded_mib": round(images * SIDE**2 / 2**20),
    }
    source, out = Shards(shards, "shards"), np.empty((images, 1, SIDE, SIDE), np.uint8)
    for start in range(0, images, 1000):
        out[start : start + 1000] = source.batch(np.arange(start, min(start + 1000, images)))
    np.save(held, out)
    del out
    how = [*NETWORKS.split(), "--kimg", str(trained / 1000), "--quiet", "--on-failure", "continue"]
    files = ["--images", str(shards), "--split", "train", "--out"]
    array = ["--images", str(held), "--out"]
    for name, command in {
        "train": ["train", "--data", str(shards), "--out", str(model), *how],
        "train on an array": ["train", "--data", str(held), "--out", str(folder / "held"), *how],
        "encode": ["encode", str(model), *files, str(folder / "codes.csv")],
        "encode an array": ["encode", str(model), *array, str(folder / "array.csv")],
        "map": ["map", str(model), *files, str(folder / "map.png")],
        "evaluate": ["evaluate", str(model), "--data", str(shards), "--quick"],
    }.items():
        told[name] = run(command)
        print(name, told[name], flush=True)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--trained", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/million.json"))
    args = parser.parse_args()
    rows = list[object]()
    for images in (args.images // 10, args.images):
        with tempfile.TemporaryDirectory(dir=args.out.parent) as folder:
            rows.append(measured(images, min(args.trained, images), Path(folder)))
        load = os.getloadavg()[2]
        told = {"machine": machine(), "side": SIDE, "load": round(load, 1), "rows": rows}
        args.out.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
