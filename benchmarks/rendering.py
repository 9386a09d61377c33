"""How fast the sources with known factors are drawn, on one thread: images a second of its time.

python benchmarks/rendering.py
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from infogan.data.open import open_images
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
SOURCES = {
    "sprites": (28, 64),
    "scenes": (28, 64),
    "strokes": (28, 64),
    "heads": (32, 64),
    "chairs-drawn": (64,),
    "street-numbers": (32, 64),
}
BATCH = 512


def main() -> None:
    """Time every source at two sizes, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    results = {
        "command": f"python benchmarks/rendering.py --repeats {args.repeats}",
        "machine": machine(),
        "sources": [
            one_source(name, size, args.repeats)
            for name, sizes in SOURCES.items()
            for size in sizes
        ],
    }
    (RESULTS / "rendering.json").write_text(json.dumps(results, indent=1) + "\n")


def one_source(name: str, size: int, repeats: int) -> dict[str, object]:
    """Draw random batches, and take the median."""
    source = open_images(name, size=size)
    rng = np.random.default_rng(0)
    speeds = []
    for _ in range(repeats + 1):
        indices = rng.integers(len(source), size=BATCH)
        started = time.process_time()
        source.batch(indices)
        speeds.append(BATCH / (time.process_time() - started))
    # The first batch warms up.
    return {
        "source": name,
        "size": size,
        "images": len(source),
        "images_per_second": round(statistics.median(speeds[1:])),
    }


if __name__ == "__main__":
    main()
