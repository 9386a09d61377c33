"""Does a category mean its label, when a few labelled images are given to training?

    python benchmarks/few_labels.py --data FOLDER --kimg 64 --per-class 1 10

Labelled images are drawn from MNIST's training part. Accuracy without any matching: the share of
the 10,000 test images whose category *is* their label; and, beside it, the best one-to-one match.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np

from infogan.data.open import open_images, open_labels
from infogan.evaluation import batches
from infogan.metrics.clustering import accuracy
from infogan.runs.run import train
from infogan.training.presets import preset
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Train once for each number of labels, and write the results after each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--per-class", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--kimg", type=float, default=64.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    counts = " ".join(map(str, args.per_class))
    results = {
        "command": f"python benchmarks/few_labels.py --data FOLDER --kimg {args.kimg:g} "
        f"--per-class {counts} --seed {args.seed}",
        "machine": machine(),
        "runs": [],
    }
    for count in args.per_class:
        results["runs"].append(one_run(args, count))
        (RESULTS / "few-labels.json").write_text(json.dumps(results, indent=1) + "\n")
        print(results["runs"][-1], flush=True)


def one_run(args: argparse.Namespace, count: int) -> dict[str, object]:
    """Draw the labelled images, train, and ask what the categories mean."""
    labels = open_labels(args.data, split="train")
    rng = np.random.default_rng(args.seed)
    chosen = [
        rng.choice(np.flatnonzero(labels == kind), count, replace=False) for kind in range(10)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labels.csv"
        file.write_text("".join(f"{i},{labels[i]}\n" for i in np.concatenate(chosen)))
        config = dataclasses.replace(
            preset("fast"),
            data=args.data,
            labels=str(file),
            seed=args.seed,
            kimg=args.kimg,
            picture_kimg=args.kimg,
        )
        model = train(out=Path(folder) / "run", config=config, progress=False)
    test, truth = open_images(args.data, split="test"), open_labels(args.data, split="test")
    found = model.encode_all(batches(test))[model.latent.names[0]]["value"].astype(int)
    return {
        "per_class": count,
        "seed": args.seed,
        "kimg": args.kimg,
        "means_its_label": round(float((found == truth).mean()), 4),
        "acc": round(accuracy(truth, found).value, 4),
    }


if __name__ == "__main__":
    main()
