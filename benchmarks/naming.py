"""Accuracy of names given to clusters from a few labelled images, on real MNIST.

    infogan train --data FOLDER --seed 0 --out RUN
    python benchmarks/naming.py --data FOLDER --runs RUN

For each number of labels per class, labelled images are drawn from the training part at random,
again and again; `infogan name`'s assignment names the clusters, and every test image has the name
of its cluster. Beside it: the best one-to-one map there is, found with all test labels.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import infogan
from infogan.codes.label_assignment import assign
from infogan.data.open import open_labels
from infogan.data.stream import ImageStream
from infogan.inference.trained_model import Model, leading_category
from infogan.metrics.clustering import accuracy
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
LABELS_PER_CLASS = (1, 2, 5, 10)


def main() -> None:
    """Name the clusters of every run again and again, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--runs", nargs="+", required=True, help="trained runs")
    parser.add_argument("--draws", type=int, default=200, help="of labelled images")
    parser.add_argument("--out", default=str(RESULTS / "naming.json"))
    args = parser.parse_args()
    results = {
        "command": "python benchmarks/naming.py --data FOLDER --runs RUN",
        "machine": machine(),
        "runs": [one_run(run, args.data, args.draws) for run in args.runs],
    }
    Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def one_run(run: str, data: str, draws: int) -> dict[str, object]:
    """Accuracy of one run's clusters, named from few labels and from all."""
    model = infogan.load(run)
    train_labels, test_labels = open_labels(data, split="train"), open_labels(data, split="test")
    assert train_labels is not None
    assert test_labels is not None
    train, test = (probabilities(model, data, split) for split in ("train", "test"))
    clusters = test.argmax(axis=1)
    best = accuracy(test_labels, clusters)
    found = {
        "run": Path(run).name,
        "best": best.one_to_one,
        "test_images": len(test_labels),
        "draws": draws,
        "labels": [],
    }
    for per_class in LABELS_PER_CLASS:
        rng = np.random.default_rng(per_class)
        drawn = [
            named(train, train_labels, clusters, test_labels, per_class, rng) for _ in range(draws)
        ]
        accuracies, doubtful, wrong_but_sure = zip(*drawn, strict=True)
        found["labels"].append(
            {
                "per_class": per_class,
                "mean": float(np.mean(accuracies)),
                "worst": float(np.min(accuracies)),
                "as_good_as_best": float(np.mean(np.array(accuracies) >= best.one_to_one - 1e-9)),
                "doubtful": float(np.mean(doubtful)),
                "wrong_but_sure": float(np.mean(wrong_but_sure)),
            }
        )
        print(found["run"], found["best"], found["labels"][-1], flush=True)
    return found


def named(
    train: np.ndarray,
    train_labels: np.ndarray,
    clusters: np.ndarray,
    test_labels: np.ndarray,
    per_class: int,
    rng: np.random.Generator,
) -> tuple[float, int, int]:
    """Accuracy after one draw; how many names were called ambiguous; how many wrong were not.

    A name is wrong where another digit is more frequent among its cluster's test images.
    """
    drawn = np.concatenate(
        [
            rng.choice(np.flatnonzero(train_labels == digit), per_class, replace=False)
            for digit in range(10)
        ]
    )
    findings = assign(train[drawn], [str(label) for label in train_labels[drawn]])
    names = np.array([int(finding.name or -1) for finding in findings])
    wrong_but_sure = sum(
        not finding.doubt
        and np.bincount(test_labels[clusters == finding.value], minlength=10).argmax()
        != names[finding.value]
        for finding in findings
    )
    doubtful = sum(bool(finding.doubt) for finding in findings)
    return float((names[clusters] == test_labels).mean()), doubtful, int(wrong_but_sure)


def probabilities(model: Model, data: str, split: str) -> np.ndarray:
    """Q's probabilities of the first categorical code, for all images."""
    code = leading_category(model.latent)
    stream = ImageStream(data, split=split, shape=model.config.shape)
    return np.concatenate([model.encode(part.images)[code]["probs"] for part in stream])


if __name__ == "__main__":
    main()
