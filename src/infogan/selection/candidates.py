"""Models to choose among: finished runs, or the checkpoints of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infogan.errors import UserError
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig


@dataclass(frozen=True)
class Candidate:
    """A trained model that may be chosen.

    Attributes:
        name: as the user named it: a run's folder, or a checkpoint.
        folder: that of its run.
        config: what the run was started with.
        model: called what the run's codes and categories are called.
        checkpoint: where it is not the model the run has arrived at.
    """

    name: str
    folder: Path
    config: TrainConfig
    model: Model
    checkpoint: Path | None = None


def open_runs(folders: Sequence[str | Path]) -> list[Candidate]:
    """The models of finished runs; UserError where a folder is none, or is given twice."""
    paths = [Path(folder) for folder in folders]
    for i, path in enumerate(paths):
        if path.resolve() in [other.resolve() for other in paths[:i]]:
            raise UserError(f"{path}: given twice, and would agree with itself; give it once")
    configs = [RunFolder(path).read_config() for path in paths]
    return [
        Candidate(str(path), path, config, load_model(path))
        for path, config in zip(paths, configs, strict=True)
    ]


def open_checkpoints(folder: str | Path) -> list[Candidate]:
    """The averaged models of a run's checkpoints; UserError where there are fewer than two."""
    run = RunFolder(Path(folder))
    config, files = run.read_config(), run.checkpoints()
    if len(files) < 2:
        raise UserError(
            f"{folder}: checkpoints to choose from: {len(files)}, two are needed; "
            "go on training with --resume and a longer --kimg"
        )
    return [
        Candidate(str(file), run.path, config, run.open_checkpoint(file), file) for file in files
    ]


def check_alike(candidates: Sequence[Candidate], data: str = "") -> None:
    """Raise UserError unless there are two or more, alike in codes, shape and data.

    How Q's σ is found may differ, and the data may where `data` is given instead.
    """
    if len(candidates) < 2:
        raise UserError("one run has nothing to agree with: give several, or --checkpoints")
    first = candidates[0]
    for other in candidates[1:]:
        ours, theirs = first.model, other.model
        if _codes(ours) != _codes(theirs):
            raise _unlike(first, f"codes {ours.latent}", other, f"codes {theirs.latent}")
        if ours.config.shape != theirs.config.shape:
            shapes = [f"images of {model.config.shape}" for model in (ours, theirs)]
            raise _unlike(first, shapes[0], other, shapes[1])
        if not data and first.config.data != other.config.data:
            seen = [f"seen {each.config.data}" for each in (first, other)]
            raise _unlike(first, seen[0], other, seen[1], "name the images with --data")


def _codes(model: Model) -> list[tuple[str, dict[str, object]]]:
    """Kind and parameters of every code, less its name, what is learned, and σ, Q's affair."""
    own = ("name", "sigma", "logits")
    return [
        (type(code).__name__, {key: each for key, each in vars(code).items() if key not in own})
        for code in model.latent.codes
    ]


def _unlike(
    first: Candidate, ours: str, other: Candidate, theirs: str, remedy: str = "give runs alike"
) -> UserError:
    return UserError(f"{first.name} has {ours} but {other.name} has {theirs}: {remedy}")
