"""The defaults on many sets of images: what is found in each, beside what one would try first.

    INFOGAN_DATA=FOLDER python benchmarks/datasets.py            FOLDER holds mnist/, fashion-mnist/
    python benchmarks/datasets.py --sets mnist strokes --seeds 210 211 212

Nothing is tuned to a set: the preset auto, whose codes the images choose (the judges of a set are
asked once, and their answer is kept), or the codes that the table names. Beside each run stand
k-means on 50 principal components, and for factors the best of ten principal and ten independent
components. A run that is in the results is not made again. Labels and factors are read to score,
never to train.
"""

import argparse
import dataclasses
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, FastICA

from infogan.data.open import open_images, open_labels
from infogan.data.source import Source
from infogan.data.variants import Coloured
from infogan.evaluation import batches, evaluate
from infogan.evaluation.attributes import GROUP, Reading, best_code
from infogan.evaluation.effort import EFFORTS
from infogan.evaluation.factor_table import attributes_of
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy, nmi
from infogan.metrics.information import discretise, entropy, mutual_information
from infogan.networks.build import AUTO
from infogan.runs.finding import read_findings
from infogan.runs.run import train
from infogan.selection.proposal import propose_codes
from infogan.storage.run_folder import RunFolder
from infogan.training.presets import preset
from made_sets import MADE, UNBALANCED
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
RUNS = Path(__file__).parents[1] / "runs" / "datasets"
"""Overviews of the runs, to be looked at, and sets that are made; not kept in the tree."""
Scores = dict[str, object]


@dataclass(frozen=True)
class Task:
    """One row of the table: the data, what differs from the defaults, and how it is scored."""

    data: str
    score: Callable[[Model, str], Scores]
    baseline: Callable[[str, int | None], Scores]
    codes: str = AUTO
    size: int | None = None
    test: str = ""
    """Other data to score on."""
    kimg: float = 0.0
    """Length where it is not that of all."""


def main() -> None:
    """Run what is missing, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[210, 211, 212])
    parser.add_argument("--kimg", type=float, default=128.0, help="length of every run")
    parser.add_argument("--out", default=str(RESULTS / "datasets.json"))
    args = parser.parse_args()
    out = Path(args.out)
    results = {"machine": machine(), "baselines": {}, "codes": {}, "runs": []}
    if out.is_file():
        results = json.loads(out.read_text())
    done = {(run["set"], run["seed"]) for run in results["runs"]}
    for seed in args.seeds:
        for name in args.sets:
            if (name, seed) not in done:
                for _ in one_run(name, seed, args.kimg, results):
                    out.parent.mkdir(parents=True, exist_ok=True)
                    out.write_text(json.dumps(results, indent=1) + "\n")


def one_run(name: str, seed: int, kimg: float, results: dict[str, Any]) -> Iterator[None]:
    """Train the defaults on one set from one seed; yields whenever there is more to keep."""
    task, config = TASKS[name], preset("auto")
    made = RUNS / "made" / task.data
    made.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = MADE[task.data](made) if task.data in MADE else task.data
        if name not in results["baselines"]:
            results["baselines"][name] = task.baseline(task.test or data, task.size)
            yield
        if name not in results["codes"]:
            results["codes"][name] = codes_of(task, data)
            yield
        codes = results["codes"][name]["codes"]
        model = dataclasses.replace(config.model, codes=codes)
        config = dataclasses.replace(
            config, data=data, model=model, seed=seed, kimg=task.kimg or kimg, size=task.size
        )
        out, started = Path(folder) / "run", time.perf_counter()
        trained = train(out=out, config=config, progress=False, on_failure="remedy")
        seconds, run = time.perf_counter() - started, RunFolder(out)
        health = [finding.kind for finding in read_findings(run.read_log())]
        words = json.loads(run.words_file.read_text())["words"]
        shutil.copy(run.overview_file, RUNS / f"{name}-{seed}.png")
        restarts = run.failures()
        scores = task.score(trained, task.test or data)
    print(f"{name}, seed {seed}: {seconds:.0f} s, {scores}, health {health or 'good'}", flush=True)
    told = {"set": name, "seed": seed, "kimg": config.kimg, "seconds": round(seconds, 1)}
    results["runs"].append(told | {"health": health, "restarts": restarts, "words": words} | scores)
    yield


def codes_of(task: Task, data: str) -> dict[str, Any]:
    """The codes of a set: the table's, or those that its images choose."""
    if task.codes != AUTO:
        return {"codes": task.codes}
    found = propose_codes(open_images(data, size=task.size), progress=False)
    return {"codes": found.codes}


def by_kmeans(data: str, size: int | None) -> Scores:
    """ACC and NMI of k-means on 50 principal components, of ten beginnings, on test images."""
    train, test = (open_images(data, split=split, size=size) for split in ("train", "test"))
    labels = open_labels(data, split="test")
    rows = np.random.default_rng(0).choice(len(train), min(20_000, len(train)), replace=False)
    known = flat(train, np.sort(rows))
    pca = PCA(min(50, *known.shape), random_state=0).fit(known)
    means = KMeans(len(np.unique(labels)), n_init=10, random_state=0).fit(pca.transform(known))
    found = means.predict(pca.transform(flat(test, np.arange(len(test)))))
    return {
        "acc": round(accuracy(labels, found).value, 4),
        "nmi": round(nmi(labels, found).value, 4),
    }


def by_components(data: str, size: int | None) -> Scores:
    """Of each factor, the largest |ρ| with one of ten principal or ten independent components."""
    source = open_images(data, size=size)
    rows = np.sort(np.random.default_rng(0).choice(len(source), 4000, replace=False))
    pixels, factors = flat(source, rows), source.factors(rows)
    principal = PCA(10, random_state=0).fit_transform(pixels)
    independent = FastICA(10, random_state=0, max_iter=500).fit_transform(principal)
    return {"rho": best_rho(np.hstack([principal, independent]), factors, source.factor_names)}


def best_rho(codes: np.ndarray, factors: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Of each factor, the largest |ρ| with a column."""
    rho = np.abs(spearmanr(codes, factors).statistic[: codes.shape[1], codes.shape[1] :])
    return dict(zip(names, np.nan_to_num(rho).max(axis=0).round(3).tolist(), strict=True))


def flat(source: Source, rows: np.ndarray) -> np.ndarray:
    """Images as rows of numbers."""
    parts = [source.batch(part) for part in np.array_split(rows, max(1, len(rows) // 500))]
    return np.concatenate(parts).reshape(len(rows), -1).astype(np.float32)


def by_labels(model: Model, data: str) -> Scores:
    """ACC and NMI of the first code on all test images; of a learned prior its shares, too.

    These are of unbalanced MNIST: how far that of a category lies at most from its kind's.
    """
    channels, size, _ = model.config.shape
    test = open_images(data, split="test", size=size, channels=channels)
    labels, code = open_labels(data, split="test"), model.latent.codes[0]
    found = model.encode_all(batches(test))[code.name]["value"].astype(int)
    matched = accuracy(labels, found)
    scores: Scores = {
        "acc": round(matched.value, 4),
        "nmi": round(nmi(labels, found).value, 4),
    }
    if code in model.latent.learned:
        drawn = np.zeros(len(UNBALANCED))
        for category, kind in matched.mapping.items():
            drawn[kind] = code.shares[category]
        off = np.abs(drawn - UNBALANCED / UNBALANCED.sum()).max()
        scores["shares_off"] = round(float(off), 4)
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
    """MIG, DCI's disentanglement and FactorVAE under protocol A; the dials' best |ρ|."""
    report = evaluate(model, data, effort="quick", progress=False)
    wanted = ("mig", "dci_disentanglement", "factor_vae")
    scores: Scores = {
        each.name: round(each.value, 4) for each in report.measurements if each.name in wanted
    }
    source = open_images(data, size=model.config.shape[1])
    rows = np.sort(np.random.default_rng(0).choice(len(source), 4000, replace=False))
    encoded = model.encode_all(source.batch(part) for part in np.array_split(rows, 20))
    dials = np.stack([encoded[code.name]["value"] for code in model.latent.continuous], axis=1)
    rho = best_rho(dials, source.factors(rows), source.factor_names)
    return scores | {"rho": rho}


def by_table(model: Model, data: str) -> Scores:
    """Of each factor that a table tells of the images, the code that tells it best, how well."""
    report = evaluate(model, data, factors=table_of(data), effort="quick", progress=False)
    own = [each for each in report.measurements if each.group == GROUP and each.code]
    return {"known": {each.name: [round(each.value, 3), each.code] for each in own}}


def by_table_without(data: str, size: int | None) -> Scores:
    """The same figures of k-means on 50 principal components, and of the ten first of these."""
    source = open_images(data, size=size)
    pixels = flat(source, np.arange(len(source)))
    columns = PCA(50, random_state=0).fit_transform(pixels)
    kinds = KMeans(10, n_init=10, random_state=0).fit_predict(columns)
    readings = [Reading("k-means", None, np.eye(10)[kinds])]
    readings += [Reading(f"component {i}", columns[:, i], None) for i in range(10)]
    attributes, _ = attributes_of(table_of(data), source, "exact", EFFORTS["quick"], 0)
    best = [best_code(each, readings, resamples=0, seed=0) for each in attributes]
    return {"known": {each.name: [round(each.value, 3), each.code] for each in best}}


def by_eye(_: object, __: object) -> Scores:
    """No figure: nothing is known of these images. Their overview is looked at."""
    return {}


def table_of(data: str) -> Path:
    """The table of what is known of these images: beside their folder."""
    return Path(data).parent / "factors.csv"


TASKS = {
    "mnist": Task("mnist", by_labels, by_kmeans),
    "fashion-mnist": Task("fashion-mnist", by_labels, by_kmeans),
    "strokes": Task("strokes", by_factors, by_components, size=28),
    "sprites": Task("sprites", by_factors, by_components, size=32),
    "colour-digits": Task(
        "colour-digits",
        by_hue,
        by_kmeans,
        "digit=cat:10:ignore=pose+colour+light+texture,hue=cat:12:ignore=pose",
        kimg=384,
    ),
    "mnist-rotated": Task("mnist-rotated", by_labels, by_kmeans),
    "mnist-inverted": Task("mnist-inverted", by_labels, by_kmeans),
    "mnist-cropped": Task("mnist-cropped", by_labels, by_kmeans),
    "mnist-unbalanced": Task("mnist-unbalanced", by_labels, by_kmeans, test="mnist"),
    "mnist-unbalanced-learned": Task(
        "mnist-unbalanced",
        by_labels,
        by_kmeans,
        "c1=cat:10:prior=learned,slant=uni:follow=shear,c3=uni,c4=uni",
        test="mnist",
    ),
    "digits": Task("digits", by_labels, by_kmeans),
    "scenes": Task("scenes", by_factors, by_components, size=32),
    "cmu-faces": Task("cmu-faces", by_table, by_table_without, size=32),
    "emoji": Task("emoji", by_table, by_table_without, size=32),
    "omniglot": Task("omniglot", by_table, by_table_without, size=28),
    "sprites64": Task("sprites64", by_eye, by_eye, size=64, kimg=96),
}


if __name__ == "__main__":
    if "INFOGAN_DATA" not in os.environ:
        print("INFOGAN_DATA is not set: MNIST will be fetched into the cache")
    main()
