"""`infogan encode` on folders of small files: images a second beside Pillow's own, peak memory.

    python benchmarks/encoding.py [--n 100000]

The files are drawn: 64×64 pixels in colour, as PNG and as JPEG, a thousand a folder. The model is a
tiny one that is trained on some of them first, so that reading is what takes the time. Beside each
line stands a process that does nothing but decode the same files with Pillow, one after another: no
reader that uses Pillow and one processor can be quicker. A tenth of the files shows what memory
depends on their number. Every line is a process of its own; seconds are that process's, starting up
included, and the processor's seconds do not depend on what else the machine is doing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from infogan.networks.build import ModelConfig
from infogan.runs.run import train
from infogan.training.config import TrainConfig
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
SIDE = 64
# A small process in between: the peak of a process counts the memory of the one that began it.
STOPWATCH = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps({
    "seconds": time.perf_counter() - started,
    "processor_seconds": used.ru_utime + used.ru_stime,
    "peak_mb": used.ru_maxrss * unit / 1e6,
}))
"""
CEILING = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
for path in sorted(Path(sys.argv[1]).rglob("*.*")):
    with Image.open(path) as picture:
        np.asarray(picture.convert("RGB"))
"""


def main() -> None:
    """Encode the folders, decode them with Pillow alone, and write what both cost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=100_000, help="how many files of each kind")
    parser.add_argument("--out", default=str(RESULTS / "encoding.json"))
    args = parser.parse_args()
    results = {
        "command": f"python benchmarks/encoding.py --n {args.n}",
        "machine": machine(),
        "images": f"{SIDE}x{SIDE} in colour",
        "encodings": [],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder / "few", args.n // 10, ".png")
        run = folder / "run"
        train_tiny(folder / "few", run)
        for kind, count in ((".png", args.n // 10), (".png", args.n), (".jpg", args.n)):
            images = folder / "few" if count < args.n else folder / kind[1:]
            if not images.exists():
                write_files(images, count, kind)
            command = [sys.executable, "-m", "infogan.cli", "encode", str(run), "--force"]
            out = folder / "codes.csv"
            cost = measure([*command, "--images", str(images), "--out", str(out)])
            ceiling = measure([sys.executable, "-c", CEILING, str(images)])
            results["encodings"].append(
                {"images": count, "kind": kind[1:].upper(), "bytes": out.stat().st_size}
                | {"encode": rates(cost, count), "pillow": rates(ceiling, count)}
            )
            print(results["encodings"][-1], flush=True)
            Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def write_files(folder: Path, count: int, suffix: str) -> None:
    """Smooth blobs of colour with a little noise, as photographs compress."""
    rng = np.random.default_rng(0)
    for i in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
        pixels = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.int16)
        noisy = pixels + rng.integers(-4, 5, pixels.shape, np.int16)
        path = folder / f"{i // 1000:03d}" / f"{i:06d}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path)


def train_tiny(images: Path, out: Path) -> None:
    """A model that encodes quickly; what it has learned does not matter here."""
    model = ModelConfig(family="mlp", width=4, hidden=32, q_hidden=16)
    config = TrainConfig(data=str(images), model=model, kimg=1.0, size=32, device="cpu")
    train(out=out, config=config, progress=False)


def measure(command: list[str], folder: Path | None = None) -> dict[str, float]:
    """Run a command, in a folder or here: seconds, the processor's seconds, the most memory."""
    done = subprocess.run(
        [sys.executable, "-c", STOPWATCH, *command],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": str(machine()["threads"])},
    )
    return json.loads(done.stdout)


def rates(cost: dict[str, float], count: int) -> dict[str, float]:
    """What was measured, and images a second by both clocks."""
    return cost | {
        "images_per_second": count / cost["seconds"],
        "images_per_processor_second": count / cost["processor_seconds"],
    }


if __name__ == "__main__":
    main()
