"""Does the label-free choice find the good runs? Ranked against the truth it never saw.

    python benchmarks/selection.py --mnist FOLDER

Ten short MNIST runs of varied quality, half of them the paper's recipe (on the default's small
networks, so that the recipes alone differ): label-free scores against the accuracy on the test
images. Six short runs on sprites: label-free scores against MIG. Spearman's rank correlation.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from infogan.data.open import open_images, open_labels
from infogan.data.source import FactorSource
from infogan.inference.trained_model import Model
from infogan.metrics.mig import mig
from infogan.runs.run import train
from infogan.selection.candidates import open_runs
from infogan.selection.ranking import Selection, select
from infogan.training.config import TrainConfig
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.presets import preset
from mnist_seeds import machine, score

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Train, select, compare with the truth, and write both tables' data."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mnist", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--kimg", type=float, default=48.0, help="length of each MNIST run")
    parser.add_argument("--sprites-kimg", type=float, default=128.0, help="of each sprites run")
    parser.add_argument("--out", default=str(RESULTS / "selection.json"))
    args = parser.parse_args()
    command = f"python benchmarks/selection.py --mnist FOLDER --kimg {args.kimg:g} "
    command += f"--sprites-kimg {args.sprites_kimg:g}"
    results: dict[str, object] = {"command": command, "machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        for name, study in (("mnist", mnist_study), ("sprites", sprites_study)):
            results[name] = study(Path(folder) / name, args)
            Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def mnist_study(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    """Five seeds of the default recipe and five of the paper's."""
    recipes = {"fast": preset("fast"), "paper's recipe": papers_recipe()}
    runs = [(name, config, seed) for name, config in recipes.items() for seed in range(5)]
    folders = train_all(folder, runs, args.mnist, args.kimg)
    candidates = open_runs(folders)
    test, labels = open_images(args.mnist, split="test"), open_labels(args.mnist, split="test")
    truth = {each.folder.name: score(each.model, test, labels)["acc"] for each in candidates}
    selections = {by: select(candidates, args.mnist, by=by) for by in ("consensus", "consistency")}
    return study("ACC, 10,000 test images", args.mnist, truth, selections)


def sprites_study(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    """Six runs with five dials each, three with the contrastive regulariser."""
    cr = preset("infogan-cr")
    model = dataclasses.replace(cr.model, width=16, hidden=128)
    plain = dataclasses.replace(cr, model=model, loss=dataclasses.replace(cr.loss, contrastive=0.0))
    loss = dataclasses.replace(cr.loss, contrastive_from=0.5)
    regularised = dataclasses.replace(cr, model=model, loss=loss)
    recipes = {"plain": plain, "contrastive": regularised}
    runs = [(name, config, seed) for name, config in recipes.items() for seed in range(3)]
    folders = train_all(folder, runs, "sprites", args.sprites_kimg, size=28)
    candidates = open_runs(folders)
    source = open_images("sprites", size=28)
    assert isinstance(source, FactorSource)
    truth = {each.folder.name: mig_of(each.model, source) for each in candidates}
    selections = {by: select(candidates, "sprites", by=by) for by in ("centrality", "udr")}
    return study("MIG, protocol A, 10,000 images", "sprites", truth, selections)


def papers_recipe() -> TrainConfig:
    """The paper's losses and normalisation, on the default's networks and batch."""
    fast, paper = preset("fast"), preset("paper-mnist")
    return dataclasses.replace(
        fast,
        model=dataclasses.replace(fast.model, codes=paper.model.codes, norm=paper.model.norm),
        loss=LossConfig(**dataclasses.asdict(paper.loss)),
        optim=OptimConfig(**dataclasses.asdict(paper.optim)),
    )


def train_all(
    folder: Path,
    runs: list[tuple[str, TrainConfig, int]],
    data: str,
    kimg: float,
    size: int | None = None,
) -> list[Path]:
    """Train every run into its own folder."""
    folders = []
    for name, config, seed in runs:
        out = folder / f"{name} {seed}"
        config = dataclasses.replace(
            config, data=data, kimg=kimg, picture_kimg=kimg, seed=seed, size=size
        )
        train(out=out, config=config, progress=False)
        print(f"trained {out.name}", flush=True)
        folders.append(out)
    return folders


def mig_of(model: Model, source: FactorSource) -> float:
    """MIG of the dials' means on sprites."""
    rng = np.random.default_rng(0)
    factors = source.sample_factors(10_000, rng)
    parts = [model.encode(source.render(part)) for part in np.array_split(factors, 40)]
    names = model.latent.names
    codes = [np.concatenate([part[name]["mean"] for part in parts]) for name in names]
    return round(mig(np.stack(codes, axis=1), factors, rng=rng).value, 4)


def study(
    measure: str, data: str, truth: dict[str, float], selections: dict[str, Selection]
) -> dict[str, object]:
    """Every run's truth and scores, and how the ranks agree."""
    criteria, shown = {}, "FOLDER" if Path(data).is_dir() else data
    for by, selection in selections.items():
        scores = {Path(each.name).name: each.score for each in selection.standings}
        chosen = Path(selection.chosen).name
        names = list(scores)
        correlation = spearmanr([scores[n] for n in names], [truth[n] for n in names])
        criteria[by] = {
            "spearman": round(float(correlation.statistic), 3),
            "p": float(f"{correlation.pvalue:.2g}"),
            "chosen": chosen,
            "truth_of_chosen": truth[chosen],
            "sure": selection.confidence.word,
            "scores": {name: round(value, 4) for name, value in scores.items()},
            "protocol": {
                name: text.replace(data, shown) for name, text in selection.protocol.items()
            },
        }
    return {
        "measure": measure,
        "truth": truth,
        "mean": round(float(np.mean(list(truth.values()))), 4),
        "best": max(truth.values()),
        "criteria": criteria,
    }


if __name__ == "__main__":
    main()
