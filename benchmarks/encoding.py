"""`infogan encode` on real MNIST: images a second and peak memory, by what is read and written.

    infogan train --data FOLDER --seed 0 --out RUN
    python benchmarks/encoding.py --data FOLDER --run RUN

Every line is the command itself in a process of its own. Seconds are the command's, starting up
included; the processor's seconds do not depend on what else the machine is doing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from infogan.data.stream import ImageStream
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
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


def main() -> None:
    """Encode MNIST in several ways, and write what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--run", required=True, help="a trained run")
    parser.add_argument("--out", default=str(RESULTS / "encoding.json"))
    args = parser.parse_args()
    results = {
        "command": "python benchmarks/encoding.py --data FOLDER --run RUN",
        "machine": machine(),
        "encodings": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        few = Path(folder) / "few"
        write_files(args.data, photos, 60_000)
        write_files(args.data, few, 6_000)
        for images, count, suffix in (
            (args.data, 60_000, ".csv"),
            (args.data, 60_000, ".npz"),
            (args.data, 60_000, ".parquet"),
            (str(few), 6_000, ".csv"),
            (str(photos), 60_000, ".csv"),
        ):
            kind = "IDX files" if images == args.data else "PNG files"
            out = Path(folder) / f"codes{suffix}"
            cost = encode(args.run, images, out)
            results["encodings"].append(
                {"images": count, "read": kind, "written": suffix, "bytes": out.stat().st_size}
                | cost
                | {"images_per_second": count / cost["seconds"]}
                | {"images_per_processor_second": count / cost["processor_seconds"]}
            )
            print(results["encodings"][-1], flush=True)
            Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def write_files(data: str, folder: Path, count: int) -> None:
    """The first images as PNG files, a thousand a folder."""
    for part in ImageStream(data, split="train", shape=(1, 28, 28)):
        for name, image in zip(part.names, part.images, strict=True):
            if int(name) >= count:
                return
            path = folder / f"{int(name) // 1000:02d}" / f"{int(name):05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[0]).save(path)


def encode(run: str, images: str, out: Path) -> dict[str, float]:
    """Run the command; seconds, the processor's seconds, and the most memory it held."""
    command = [sys.executable, "-m", "infogan.cli", "encode", run, "--images", images]
    done = subprocess.run(
        [sys.executable, "-c", STOPWATCH, *command, "--out", str(out)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": str(machine()["threads"])},
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
