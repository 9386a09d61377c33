"""Disentanglement on sprites, where the truth is known: two recipes, every metric, one table.

    python benchmarks/quality.py --kimg 100 --seeds 0

Each recipe is trained for the same number of images (the originals' runs are far longer: the JSON
says which part of it that is), then measured by `infogan evaluate`.
"""

import argparse
import dataclasses
import json
import shutil
import tempfile
import time
from pathlib import Path

from infogan.evaluation import evaluate
from infogan.runs.run import train
from infogan.training.config import TrainConfig
from infogan.training.presets import preset
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"


def recipes() -> dict[str, TrainConfig]:
    """What is compared, at full length."""
    fast = preset("fast")
    codes = dataclasses.replace(fast.model, codes="c1=cat:3,c2=uni,c3=uni,c4=uni,c5=uni")
    return {
        "fast, cat:3 and 4 uni": dataclasses.replace(fast, data="sprites", model=codes),
        "infogan-cr": preset("infogan-cr"),
    }


def main() -> None:
    """Train and measure every recipe and seed, writing the results after each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kimg", type=float, default=100.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", default=str(RESULTS / "sprites.json"))
    args = parser.parse_args()
    results = {
        "command": f"python benchmarks/quality.py --kimg {args.kimg:g} "
        f"--seeds {' '.join(map(str, args.seeds))}",
        "machine": machine(),
        "runs": [],
    }
    for name, full in recipes().items():
        for seed in args.seeds:
            results["runs"].append(one_run(name, full, args.kimg, seed))
            Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def one_run(name: str, full: TrainConfig, kimg: float, seed: int) -> dict[str, object]:
    """Train one recipe from one seed, and measure it."""
    config = dataclasses.replace(full, kimg=kimg, picture_kimg=kimg, seed=seed)
    folder = Path(tempfile.mkdtemp()) / "run"
    started = time.perf_counter()
    model = train(out=folder, config=config)
    seconds = time.perf_counter() - started
    report = evaluate(model, "sprites", name=name, seed=seed)
    shutil.rmtree(folder.parent)
    return {
        "recipe": name,
        "seed": seed,
        "kimg": kimg,
        "part_of_nominal": round(kimg / full.kimg, 4),
        "seconds": round(seconds, 1),
        "measurements": report.as_dict()["measurements"],
    }


if __name__ == "__main__":
    main()
