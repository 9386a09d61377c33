"""Memory and speed of images read from shards, beside the same images held in memory.

    python benchmarks/shards.py --images 1000000 --out benchmarks/results/shards.json

Draws small grey images, packs them, and reads a whole epoch of them, shuffled, in batches of 64; in
between it looks at the memory of the process. The shards go again in the end.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from infogan.data.shards import Shards, pack
from infogan.data.source import ArraySource, Source
from infogan.training.loop import real_batches
from mnist_seeds import processor

BATCH, DISTINCT = 64, 10_000


def drawn(n: int, side: int) -> Iterator[np.ndarray]:
    """Squares of any size and grey at any place, a little noisy; after 10,000 the same again."""
    rng, images = np.random.default_rng(0), []
    for index in range(n):
        if index < DISTINCT:
            image = rng.integers(0, 30, (1, side, side), np.uint8)
            (y, x), edge = rng.integers(0, side // 2, 2), rng.integers(3, side // 2)
            image[:, y : y + edge, x : x + edge] += rng.integers(60, 220, dtype=np.uint8)
            images.append(image)
        yield images[index % DISTINCT]


def resident() -> float:
    """MiB of this process that are in memory and its own."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) / 1024


def epoch(source: Source, images: int, looks: int = 10) -> tuple[float, list[float]]:
    """Images a second, of processor time, over so many images; and MiB along the way."""
    batches, memory = real_batches(source, BATCH, seed=0, start=0), []
    part = images // BATCH // looks
    spent = time.process_time()
    for _ in range(looks):
        for _batch in islice(batches, part):
            pass
        memory.append(round(resident(), 1))
    return looks * part * BATCH / (time.process_time() - spent), memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--side", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/shards.json"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.out.parent) as folder:
        spent = time.process_time()
        pack(drawn(args.images, args.side), Path(folder))
        packing = args.images / (time.process_time() - spent)
        before = resident()
        shards = Shards(Path(folder), "shards")
        speed, memory = epoch(shards, args.images)
        held = ArraySource("held", shards.batch(np.arange(min(DISTINCT, args.images))))
        in_memory, _ = epoch(held, args.images // 10)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    told = {
        "processor": processor(),
        "images": args.images,
        "side": args.side,
        "packed_per_second": round(packing),
        "shards_mib": round(size),
        "decoded_mib": round(args.images * args.side**2 / 2**20),
        "images_per_second": {"shards": round(speed), "memory": round(in_memory)},
        "memory_mib": {"before": round(before, 1), "epoch": memory},
    }
    args.out.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
