"""The same defaults on many sets of images: what is found in each, and what health said.

    INFOGAN_DATA=FOLDER python benchmarks/datasets.py            FOLDER holds mnist/
    python benchmarks/datasets.py --sets digits --seeds 0 1 2 3 4

Nothing is tuned to a set: the preset's defaults, but for the codes where a set has no ten kinds,
the size to which images are brought, and one run more where health found the default's at fault and
named a remedy. Results are written after each run, and a run that is
there already is not made again. Labels and factors are read to score, never to train.
"""

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infogan.data.open import open_images, open_labels
from infogan.data.variants import Coloured
from infogan.evaluation import batches, evaluate
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy, nmi
from infogan.metrics.information import discretise, entropy, mutual_information
from infogan.runs.health import read_findings
from infogan.runs.run import train
from infogan.storage.run_folder import RunFolder
from infogan.training.presets import preset
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
Scores = dict[str, object]


@dataclass(frozen=True)
class Task:
    """One row of the table: the data, what differs from the defaults, and how it is scored."""

    data: str
    score: Callable[[Model, str], Scores]
    codes: str = ""
    size: int | None = None
    test: str = ""
    """Other data to score on."""
    lr_d: float | None = None
    """Another rate of D than the default's, where health advised it."""


def main() -> None:
    """Run what is missing, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--kimg", type=float, help="another length than the default's")
    parser.add_argument("--out", default=str(RESULTS / "datasets.json"))
    args = parser.parse_args()
    out = Path(args.out)
    results = {"machine": machine(), "runs": []}
    if out.is_file():
        results = json.loads(out.read_text())
    done = {(run["set"], run["seed"], run["planned_kimg"]) for run in results["runs"]}
    for name in args.sets:
        for seed in args.seeds:
            kimg = args.kimg or preset("fast").kimg
            if (name, seed, kimg) not in done:
                results["runs"].append(one_run(name, seed, kimg))
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_text(json.dumps(results, indent=1) + "\n")


def one_run(name: str, seed: int, kimg: float) -> Scores:
    """Train the defaults on one set from one seed, and score the model."""
    task, config = TASKS[name], preset("fast")
    codes = task.codes or config.model.codes
    with tempfile.TemporaryDirectory() as folder:
        data = unbalanced(Path(folder)) if task.data == "mnist-unbalanced" else task.data
        config = dataclasses.replace(
            config,
            data=data,
            model=dataclasses.replace(config.model, codes=codes),
            seed=seed,
            kimg=kimg,
            size=task.size,
            optim=dataclasses.replace(config.optim, lr_d=task.lr_d or config.optim.lr_d),
        )
        out, started = Path(folder) / "run", time.perf_counter()
        model = train(out=out, config=config, progress=False)
        seconds, last = time.perf_counter() - started, RunFolder(out).read_log()[-1]
        health = [finding.kind for finding in read_findings(RunFolder(out).read_log())]
    scores = task.score(model, task.test or data)
    print(f"{name}, seed {seed}: {seconds:.0f} s, {scores}, health {health or 'good'}", flush=True)
    return {
        "set": name,
        "seed": seed,
        "codes": codes,
        "planned_kimg": kimg,
        "kimg": last["kimg"],
        "seconds": round(seconds, 1),
        "health": health,
        **scores,
    }


def by_labels(model: Model, data: str) -> Scores:
    """ACC and NMI of the first code on all test images."""
    channels, size, _ = model.config.shape
    test = open_images(data, split="test", size=size, channels=channels)
    labels, name = open_labels(data, split="test"), model.latent.names[0]
    found = model.encode_all(batches(test))[name]["value"].astype(int)
    scores: Scores = {
        "acc": round(accuracy(labels, found).value, 4),
        "nmi": round(nmi(labels, found).value, 4),
    }
    if model.latent.learned:
        scores["prior"] = [round(share, 4) for share in model.latent[name].shares]
    return scores


def by_hue(model: Model, data: str) -> Scores:
    """The same, and how much of hue and texture each code tells: I(code; factor) / H(factor)."""
    test = open_images(data, split="test")
    assert isinstance(test, Coloured)
    indices = np.arange(5000)
    factors = test.factors(indices)
    encoded = model.encode_all(test.batch(part) for part in np.array_split(indices, 20))
    codes = np.stack([encoded[name]["value"] for name in model.latent.names], axis=1)
    told = mutual_information(discretise(codes, 20), factors) / entropy(factors)
    names = zip(model.latent.names, told.round(3).tolist(), strict=True)
    table = {name: dict(zip(test.factor_names, row, strict=True)) for name, row in names}
    return by_labels(model, data) | {"told": table}


def by_factors(model: Model, data: str) -> Scores:
    """MIG, DCI's disentanglement and FactorVAE under protocol A, from small samples."""
    report = evaluate(model, data, effort="quick", progress=False)
    wanted = ("mig", "dci_disentanglement", "factor_vae")
    return {each.name: round(each.value, 4) for each in report.measurements if each.name in wanted}


def unbalanced(folder: Path) -> str:
    """MNIST's training images, 10 % of the zeros to 100 % of the nines.

    Labels are read to make this set, as its makers would have; training is given no labels.
    """
    source, labels = open_images("mnist"), open_labels("mnist", split="train")
    rng = np.random.default_rng(0)
    kept = np.flatnonzero(rng.random(len(labels)) < (1 + labels) / 10)
    np.save(folder / "unbalanced.npy", source.batch(kept)[:, 0])
    return str(folder / "unbalanced.npy")


LEARNED = "c1=cat:10:prior=learned,c2=uni,c3=uni"
TASKS = {
    "mnist": Task("mnist", by_labels),
    "digits": Task("digits", by_labels),
    "mnist-rotated": Task("mnist-rotated", by_labels),
    "mnist-inverted": Task("mnist-inverted", by_labels),
    "mnist-cropped": Task("mnist-cropped", by_labels),
    "unbalanced, uniform prior": Task("mnist-unbalanced", by_labels, test="mnist"),
    "unbalanced, learned prior": Task("mnist-unbalanced", by_labels, LEARNED, test="mnist"),
    "colour-digits": Task("colour-digits", by_hue),
    "colour-digits, lr_d 2e-4 as health advised": Task("colour-digits", by_hue, lr_d=2e-4),
    "sprites": Task("sprites", by_factors, "c1=cat:3,c2=uni,c3=uni,c4=uni,c5=uni", size=32),
    "strokes": Task("strokes", by_factors, size=28),
}


if __name__ == "__main__":
    if "INFOGAN_DATA" not in os.environ:
        print("INFOGAN_DATA is not set: MNIST will be fetched into the cache")
    main()
