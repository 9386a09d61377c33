"""The published systems at work: each trained for a stated part of its length, and scored.

    python benchmarks/reproductions.py --data FOLDER --work runs/reproductions
    python benchmarks/reproductions.py --data FOLDER --work runs/reproductions --only mlp dcgan32-1
    python benchmarks/reproductions.py --data FOLDER --work runs/reproductions --beside

FOLDER holds MNIST's files, and beside it lie `cmu-faces` and `sprites64.zip`. A run is stopped and
goes on wherever you like: its checkpoint and its curve lie in `--work`. One that has reached its
length is scored and goes into the results; with --so-far those that have not are scored as far as
they have come, and can go on. Nothing of a preset is changed but its data, its seed and its length.
With --beside the default recipe is trained on the same data for as many minutes as each run took.
Labels and factors are read here, to score, never in training.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from curves import draw_curves
from factor_tables import attribute_scores, factor_scores
from infogan.data.open import SPLITS, open_images, open_labels
from infogan.data.source import FactorSource, Source
from infogan.data.variants import VARIANTS
from infogan.evaluation import evaluate
from infogan.figures import beside, draw_overview, save_picture
from infogan.files import write_json
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy
from infogan.runs.run import train as fit_run
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.loop import Tick, fit
from infogan.training.presets import preset
from infogan.training.state import State
from mnist_seeds import machine
from reproduction_tables import UNSHOWN

ROOT = Path(__file__).parent.parent
SAVE_SECONDS = 60.0
SCORED_IMAGES = 2000
TICKS, SCORES = 250, 25
"""Points of a curve, and how many of them have an accuracy."""


@dataclass(frozen=True)
class Run:
    """One run of the table: which system, on what, for how many updates.

    Attributes:
        name: of the run, unique.
        preset: of the package.
        updates: how many are made here.
        seed: of everything.
        codes: other codes than the preset's, where its source suggests them.
        data: other data than MNIST: a name, or what lies beside MNIST's folder.
    """

    name: str
    preset: str
    updates: int
    seed: int = 0
    codes: str = ""
    data: str = ""


RUNS = (
    Run("noise100", "noise100", 2500),
    Run("mlp", "mlp", 300_000),
    Run("mlp-pytorch", "mlp-pytorch", 100_000),
    Run("mlp-gaussian", "mlp", 100_000, codes="c1=norm"),
    Run("dcgan32", "dcgan32", 3000),
    Run("tutorial", "tutorial", 9370),
    Run("paper-mnist", "paper-mnist", 5000),
    Run("paper-mnist-1", "paper-mnist", 5000, seed=1),
    Run("tutorial-1", "tutorial", 4000, seed=1),
    Run("dcgan32-1", "dcgan32", 3000, seed=1),
    Run("tutorial-uniform", "tutorial-uniform", 2500),
    Run("tutorial-gaussian", "tutorial-gaussian", 2500),
    Run("tutorial-5", "tutorial", 2500, codes="c1=cat:5"),
    Run("tutorial-15", "tutorial", 2500, codes="c1=cat:15"),
    Run("paper-faces", "paper-faces", 2000, data="heads"),
    Run("paper-faces-cmu", "paper-faces", 2000, data="cmu-faces/images"),
    Run("paper-svhn", "paper-svhn", 2000, data="street-numbers"),
    Run("paper-celeba", "paper-celeba", 2000, data="sprites64.zip"),
    Run("paper-celeba-cmu", "paper-celeba", 2000, data="cmu-faces/images"),
    Run("paper-chairs", "paper-chairs", 500, data="chairs-drawn"),
    Run("infogan-cr", "infogan-cr", 8000, data="sprites"),
    Run("infogan-cr-1", "infogan-cr", 8000, seed=1, data="sprites"),
)


def main() -> None:
    """Make the runs that the results file does not hold yet, in the table's order."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--work", required=True, help="where checkpoints and curves are kept")
    parser.add_argument("--only", nargs="*", help="names of runs; all by default")
    parser.add_argument("--out", default=str(ROOT / "benchmarks/results/reproductions"))
    parser.add_argument("--pictures", default=str(ROOT / "docs/pictures"))
    parser.add_argument("--so-far", action="store_true", help="score what is there; train nothing")
    parser.add_argument("--beside", action="store_true", help="the default recipe beside each run")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for run in RUNS:
        if args.only and run.name not in args.only:
            continue
        result = Path(args.out) / f"{run.name}.json"
        reached = json.loads(result.read_text())["run"]["updates"] if result.is_file() else 0
        if args.beside and reached and "default" not in json.loads(result.read_text()):
            default_beside(run, args, result)
        elif not args.beside and reached < run.updates:
            one_run(run, args)


def one_run(run: Run, args: argparse.Namespace) -> None:
    """Train a run to its length, from where it was left; then score it and keep what it gave."""
    data = data_of(run, args)
    config = prepared(run, data)
    train, test = (opened(config, data, split) for split in SPLITS)
    counts = not run.data and config.model.latent.discrete
    labels = open_labels(data, split="test") if counts else None
    state, work = State.create(config), Path(args.work)
    curve, seconds = resume(state, work / run.name)
    model = Model(config.model, state.ema_generator, state.ema_discriminator)
    saved = started = time.perf_counter()
    for tick in () if args.so_far else fit(state, train):
        point = {"updates": round(tick.kimg * 1000 / config.real_batch)} | losses(tick, config)
        if labels is not None and len(curve) % (TICKS // SCORES) == 0:
            point |= {"acc": score(model, test, labels, SCORED_IMAGES)}
        curve.append(point)
        if time.perf_counter() - saved > SAVE_SECONDS or state.images_seen >= state.end:
            saved = time.perf_counter()
            spent = seconds + saved - started
            state.save(work / f"{run.name}.safetensors")
            write_json(work / f"{run.name}.json", {"curve": curve, "seconds": spent})
            print(f"{run.name}: {spent / 60:.0f} min, {point}", flush=True)
    found = {
        "run": dataclasses.asdict(run) | {"data": run.data or "mnist", "updates": made(state)},
        "command": f"python benchmarks/reproductions.py --data FOLDER --work W --only {run.name}",
        "machine": machine(),
        "precision": config.precision,
        "minutes": round((seconds + time.perf_counter() - started) / 60, 1),
        "nominal_updates": preset(run.preset).updates,
        "acc": None if labels is None else score(model, test, labels, len(test)),
        "known": known(model, run, data),
        "curve": curve,
    }
    write_json(Path(args.out) / f"{run.name}.json", found)
    shown = Path(args.work if run.data.startswith(UNSHOWN) else args.pictures)
    picture = beside([draw_overview(model), draw_curves(curve)])
    save_picture(picture, shown / f"reproduction-{run.name}.png", found["command"])


def default_beside(run: Run, args: argparse.Namespace, result: Path) -> None:
    """The default recipe on a run's data, for the minutes that run took; scored as it was."""
    found, data = json.loads(result.read_text()), data_of(run, args)
    size = prepared(run, data).model.image_shape[1]
    config = dataclasses.replace(preset("auto"), size=size, seed=run.seed, threads=1, device="cpu")
    out = Path(args.work) / f"{run.name}-default"
    model = fit_run(data, out, config=config, minutes=found["minutes"], progress=False, force=True)
    told = {"kimg": RunFolder(out).read_config().kimg, "codes": model.config.codes, "acc": None}
    if not run.data:
        test = open_images(data, split="test", size=size)
        told["acc"] = score(model, test, open_labels(data, split="test"), len(test))
    write_json(result, found | {"default": told | {"known": known(model, run, data)}})
    shown = Path(args.work if run.data.startswith(UNSHOWN) else args.pictures)
    name = f"reproduction-{run.name}-default.png"
    save_picture(draw_overview(model), shown / name, f"{found['command']} --beside")


def data_of(run: Run, args: argparse.Namespace) -> str:
    """MNIST's folder, what lies beside it, or a name."""
    beside_mnist = Path(args.data).parent / run.data
    return args.data if not run.data else str(beside_mnist) if beside_mnist.exists() else run.data


def known(model: Model, run: Run, data: str) -> dict[str, Any]:
    """Every code with every factor that is known of the run's images; metrics for infogan-cr."""
    if run.data.startswith("cmu-faces"):
        return {"attributes": attribute_scores(model, Path(data).parent)}
    channels, size, _ = model.config.image_shape
    source = open_images(data, size=size, channels=channels)
    if not isinstance(source, FactorSource):
        return {}
    told: dict[str, Any] = {"factors": factor_scores(model, source, SCORED_IMAGES, 0)}
    if run.preset == "infogan-cr":
        report = evaluate(model, data, effort="quick", progress=False)
        wanted = ("mig", "dci_disentanglement", "factor_vae")
        told |= {m.name: round(m.value, 4) for m in report.measurements if m.name in wanted}
    return told


def made(state: State) -> int:
    """How many updates a state has seen."""
    return state.images_seen // state.config.real_batch


def opened(config: TrainConfig, data: str, split: str) -> Source:
    """The data as the preset has it: padded where it says so, else at its size."""
    source = open_images(data, split=split, size=config.size, channels=config.channels)
    return VARIANTS[config.data](config.data, source) if config.data in VARIANTS else source


def prepared(run: Run, data: str) -> TrainConfig:
    """The preset as it is, but for the run's seed, codes and length, and how often it tells."""
    config = preset(run.preset)
    shape = opened(config, data, "test").shape
    model = dataclasses.replace(config.model, image_shape=shape)
    if run.codes:
        model = dataclasses.replace(model, codes=run.codes)
    kimg = run.updates * config.real_batch / 1000
    return dataclasses.replace(
        config, model=model, seed=run.seed, kimg=kimg, tick_kimg=kimg / TICKS, device="cpu"
    )


def resume(state: State, at: Path) -> tuple[list[dict[str, float]], float]:
    """Bring a state to where its run was left; its curve so far, and the seconds it took."""
    checkpoint = at.with_name(f"{at.name}.safetensors")
    if not checkpoint.is_file():
        return [], 0.0
    state.load(checkpoint)
    told = json.loads(at.with_name(f"{at.name}.json").read_text())
    return told["curve"], told["seconds"]


def losses(tick: Tick, config: TrainConfig) -> dict[str, float]:
    """The tutorial's four losses: D on real and on generated images, G, and Q's cross-entropy."""
    terms, codes = tick.terms, config.model.latent.codes
    told = {"d_real": terms["real_loss"], "d_fake": terms["fake_loss"], "g": terms["g_loss"]}
    if not codes[0].continuous:
        told["q"] = codes[0].entropy - terms[f"mi/{codes[0].name}"]
    told |= {f"mi_{code.name}": terms[f"mi/{code.name}"] for code in codes if code.continuous}
    return {name: round(value, 4) for name, value in told.items()}


def score(model: Model, test: Source, labels: np.ndarray, n: int) -> float:
    """ACC of the first category on the first n test images."""
    leading = model.latent.leading
    assert leading is not None, "a run without categories has no labels"
    codes = model.encode_all(batches(test, n))[leading.name]["value"]
    return round(accuracy(labels[:n], codes.astype(int)).value, 4)


def batches(test: Source, n: int) -> Iterator[np.ndarray]:
    """The first n images, in parts."""
    for part in np.array_split(np.arange(n), max(1, n // 250)):
        yield test.batch(part)


if __name__ == "__main__":
    main()
