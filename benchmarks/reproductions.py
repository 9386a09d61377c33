"""Every published recipe that fits MNIST, run for a fixed time, beside what its source claims.

    python benchmarks/reproductions.py --data FOLDER

Each preset is trained on the real MNIST for five minutes of one core (processor time, scoring
excluded) over the seeds; nothing but the length is changed. Labels of the test images are read
here, to score. The results file is written after each run, and what it holds is not run again: stop
it whenever you like. Pictures of the first seed go to docs/pictures.
"""

import argparse
import dataclasses
import json
import math
import statistics
import time
from pathlib import Path

import numpy as np

from curves import draw_curves
from infogan.data.open import open_images, open_labels
from infogan.data.source import Source
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy
from infogan.pictures.figures import beside, draw_codes, save_picture
from infogan.training.config import TrainConfig
from infogan.training.loop import Tick, fit
from infogan.training.presets import preset
from infogan.training.state import State
from mnist_seeds import machine

ROOT = Path(__file__).parent.parent
PRESETS = ("tutorial", "noise100", "mlp", "dcgan32", "paper-mnist")
UPDATES_A_TICK = {"mlp": 400}
SCORE_SECONDS = 30.0
CURVE_IMAGES = 2000


def main() -> None:
    """Run what is missing from the results file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--seconds", type=float, default=300.0, help="processor time a run")
    parser.add_argument("--out", default=str(ROOT / "benchmarks/results/reproductions.json"))
    parser.add_argument("--pictures", default=str(ROOT / "docs/pictures"))
    args = parser.parse_args()
    out = Path(args.out)
    results = json.loads(out.read_text()) if out.is_file() else {"runs": []}
    results |= {
        "command": f"python benchmarks/reproductions.py --data FOLDER --seconds {args.seconds:g}",
        "protocol": "seconds of processor time, one thread; ACC: best one-to-one map from "
        f"argmax Q(c|x) to the labels, 10,000 test images at the end, {CURVE_IMAGES} in the curve",
        "machine": machine(),
    }
    for seed in args.seeds:
        for name in args.presets:
            if not any(is_run(run, name, seed, args.seconds) for run in results["runs"]):
                run = one_run(name, seed, args)
                results["runs"].append(run)
                results["summary"] = summarise(results["runs"])
                out.parent.mkdir(parents=True, exist_ok=True)
                partial = out.with_suffix(".partial")
                partial.write_text(json.dumps(results, indent=1) + "\n")
                partial.replace(out)


def is_run(run: dict, name: str, seed: int, seconds: float) -> bool:
    """Whether a run in the results is this one."""
    return (run["preset"], run["seed"], run["budget"]) == (name, seed, seconds)


def one_run(name: str, seed: int, args: argparse.Namespace) -> dict[str, object]:
    """Train one seed of a preset until its time is up, scoring off the clock."""
    config = prepared(name, seed, args.data)
    train = open_images(args.data, split="train", size=config.size)
    test = open_images(args.data, split="test", size=config.size)
    labels = open_labels(args.data, split="test")
    state = State.create(config)
    model = Model(config.model, state.ema_generator, state.ema_discriminator)
    assert labels is not None, "MNIST has labels"
    curve, clock = list[dict[str, float]](), Clock()
    score_due = SCORE_SECONDS
    for tick in fit(state, train, should_stop=lambda: clock.seconds >= args.seconds):
        point = {"updates": round(tick.kimg * 1000 / config.real_batch)} | losses(tick)
        point["seconds"] = round(clock.seconds, 1)
        if clock.seconds >= score_due or clock.seconds >= args.seconds:
            score_due += SCORE_SECONDS
            with clock.stopped():
                point["acc"] = score(model, test, labels, CURVE_IMAGES)
            print(f"{name}, seed {seed}: {point}", flush=True)
        curve.append(point)
    run = {
        "preset": name,
        "seed": seed,
        "budget": args.seconds,
        "updates": curve[-1]["updates"],
        "nominal_updates": config.updates,
        "acc": score(model, test, labels, len(test)),
        "curve": curve,
    }
    if seed == 0:
        picture = beside([draw_codes(model), draw_curves(curve)])
        save_picture(picture, Path(args.pictures) / f"reproduction-{name}.png")
    return run


def prepared(name: str, seed: int, data: str) -> TrainConfig:
    """The preset as it is, but for the seed and how often a tick is yielded."""
    config = preset(name)
    shape = open_images(data, split="test", size=config.size).shape
    model = dataclasses.replace(config.model, image_shape=shape)
    tick_kimg = UPDATES_A_TICK.get(name, 20) * config.real_batch / 1000
    return dataclasses.replace(config, model=model, seed=seed, tick_kimg=tick_kimg, device="cpu")


class Clock:
    """Processor time of this process, with the time of scoring taken out."""

    def __init__(self) -> None:
        self._started, self._excluded = time.process_time(), 0.0

    @property
    def seconds(self) -> float:
        return time.process_time() - self._started - self._excluded

    def stopped(self) -> "Clock":
        """For a `with` block that does not count."""
        return self

    def __enter__(self) -> None:
        self._from = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._excluded += time.process_time() - self._from


def losses(tick: Tick) -> dict[str, float]:
    """The tutorial's four losses: D on real and on generated images, G, and Q's cross-entropy."""
    terms = tick.terms
    return {
        "d_real": round(terms["real_loss"], 4),
        "d_fake": round(terms["fake_loss"], 4),
        "g": round(terms["g_loss"], 4),
        "q": round(math.log(10) - terms["mi/c1"], 4),
    }


def score(model: Model, test: Source, labels: np.ndarray, n: int) -> float:
    """ACC of the category on the first n test images."""
    parts = np.array_split(np.arange(n), max(1, n // 250))
    clusters = model.encode_all(test.batch(part) for part in parts)["c1"]["value"]
    return round(accuracy(labels[:n], clusters.astype(int)).value, 4)


def summarise(runs: list[dict]) -> dict[str, dict[str, object]]:
    """By preset: the updates made, and ACC at the end over the seeds."""
    summary = {}
    for name in dict.fromkeys(run["preset"] for run in runs):
        of = [run for run in runs if run["preset"] == name]
        last = [run["curve"][-1] for run in of]
        summary[name] = {
            "seeds": [run["seed"] for run in of],
            "updates": [run["updates"] for run in of],
            "nominal_updates": of[0]["nominal_updates"],
            "acc": [run["acc"] for run in of],
            "losses": {
                key: round(statistics.mean(point[key] for point in last), 3)
                for key in ("d_real", "d_fake", "g", "q")
            },
        }
    return summary


if __name__ == "__main__":
    main()
