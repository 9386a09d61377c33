"""Accuracy over seeds on real MNIST: one preset, no seed chosen, no label used in training.

    python benchmarks/mnist_seeds.py --data FOLDER --preset auto --seeds 200 201 202

Labels of the test images are read here, to score; the training loop never sees them. The time
given is the training loop's own, scoring excluded; with auto the images are asked for their codes
once, as every seed would ask them, and what that took stands apart. One JSON a preset in
benchmarks/results; with --resume the seeds that are in it already are kept.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np
import torch

import infogan
from infogan.data.open import open_images, open_labels
from infogan.data.source import Source
from infogan.evaluation import batches
from infogan.evaluation.descriptions import describe_codes
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy, ari, nmi
from infogan.runs.diagnostics import look_at
from infogan.runs.health import diagnose
from infogan.runs.planning import plan
from infogan.runs.run_log import flat
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.loop import fit
from infogan.training.presets import preset
from infogan.training.state import State

RESULTS = Path(__file__).parent / "results"
DENSE_KIMG, SPARSE_KIMG = 64.0, 32.0
REACHED = 0.95


def main() -> None:
    """Train every seed, score it now and then, and write the results after each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--preset", default="auto")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--kimg", type=float, help="another length than the preset's")
    parser.add_argument("--early-stop", action="store_true", help="end when nothing changes")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    parser.add_argument("--out", help="default: benchmarks/results/mnist-PRESET.json")
    args = parser.parse_args()
    out = Path(args.out) if args.out else RESULTS / f"mnist-{args.preset}.json"
    results = {
        "command": f"python benchmarks/mnist_seeds.py --data FOLDER --preset {args.preset} "
        f"--seeds {' '.join(map(str, args.seeds))}"
        + (f" --kimg {args.kimg:g}" if args.kimg else "")
        + (" --early-stop" if args.early_stop else ""),
        "protocol": "ACC: best one-to-one map from argmax Q(c|x) to the labels, 10,000 test images",
        "machine": machine(),
        "runs": [],
    }
    if args.resume and out.is_file():
        results["runs"] = json.loads(out.read_text())["runs"]
    config, asked = planned(args)
    results |= {"codes": config.model.codes, "asked_seconds": asked}
    done = {run["seed"] for run in results["runs"]}
    for seed in [seed for seed in args.seeds if seed not in done]:
        results["runs"].append(one_run(args, dataclasses.replace(config, seed=seed)))
        results["summary"] = summarise(results["runs"])
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["summary"]))


def planned(args: argparse.Namespace) -> tuple[TrainConfig, float]:
    """The preset on these images, with the codes they choose, and the seconds that took."""
    train = open_images(args.data, split="train")
    config = dataclasses.replace(preset(args.preset), data="mnist", early_stop=args.early_stop)
    model = dataclasses.replace(config.model, image_shape=train.shape)
    config = dataclasses.replace(config, model=model, kimg=args.kimg or config.kimg)
    started = time.perf_counter()
    return plan(config, train).config, round(time.perf_counter() - started, 1)


def one_run(args: argparse.Namespace, config: TrainConfig) -> dict[str, object]:
    """Train one seed; score the averaged model, and ask after its health, off the clock."""
    seed = config.seed
    train = open_images(args.data, split="train")
    test, labels = open_images(args.data, split="test"), open_labels(args.data, split="test")
    state = State.create(config)
    model = Model(config.model, state.ema_generator, state.ema_discriminator)
    watched, lines, findings, look = watched_images(train, seed), [], {}, config.picture_kimg
    curve, scoring, started, due = [], 0.0, time.perf_counter(), 0.0
    for tick in fit(state, train):
        seconds = time.perf_counter() - started - scoring
        lines.append(flat(tick))
        if tick.kimg >= look:
            look += config.picture_kimg
            lines[-1]["diagnostics"] = look_at(model, watched, config.augmentation).as_dict()
        for finding in diagnose(lines, config):
            findings.setdefault(str(finding), tick.kimg)
        done = state.images_seen >= state.end
        if tick.kimg < due and not done:
            scoring = time.perf_counter() - started - seconds
            continue
        scores = score(model, test, labels)
        # Every tick where accuracy climbs, more rarely later.
        climbing = tick.kimg < DENSE_KIMG or scores["acc"] < REACHED
        due = tick.kimg + (0 if climbing else SPARSE_KIMG)
        curve.append({"kimg": tick.kimg, "seconds": round(seconds, 1), "acc": scores["acc"]})
        scoring = time.perf_counter() - started - seconds
        print(
            f"seed {seed}: {tick.kimg:g} kimg, {seconds:.0f} s, ACC {scores['acc']:.4f}", flush=True
        )
    to_95 = next((point["seconds"] for point in curve if point["acc"] >= REACHED), None)
    return {
        "seed": seed,
        **scores,
        "kimg": curve[-1]["kimg"],
        "seconds": curve[-1]["seconds"],
        "to_95": to_95,
        "settled_kimg": state.convergence.converged_at / 1000 or None,
        "health": findings,
        "words": {name: said.text for name, said in describe_codes(model).items()},
        "curve": curve,
    }


def score(model: Model, test: Source, labels: np.ndarray) -> dict[str, float]:
    """ACC, NMI and ARI of the first code on the test images."""
    name = model.latent.names[0]
    clusters = model.encode_all(batches(test))[name]["value"].astype(int)
    metrics = {"acc": accuracy, "nmi": nmi, "ari": ari}
    return {key: round(metric(labels, clusters).value, 4) for key, metric in metrics.items()}


def summarise(runs: list[dict[str, object]]) -> dict[str, object]:
    """Median and worst over the seeds."""
    accs = [run["acc"] for run in runs]
    reached = [run["to_95"] for run in runs if run["to_95"] is not None]
    return {
        "seeds": len(runs),
        "acc_median": statistics.median(accs),
        "acc_worst": min(accs),
        "seconds_median": statistics.median(run["seconds"] for run in runs),
        "seconds_worst": max(run["seconds"] for run in runs),
        "to_95_median": statistics.median(reached) if len(reached) == len(runs) else None,
        "to_95_worst": max(reached) if len(reached) == len(runs) else None,
        "to_95_reached": len(reached),
        "healthy": sum(not run["health"] for run in runs),
    }


def processor() -> str:
    """The processor's name as Linux tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def machine() -> dict[str, object]:
    """What the times were measured on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "bf16": bool(torch.cpu.get_capabilities().get("avx512_bf16")),
        "infogan": infogan.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
