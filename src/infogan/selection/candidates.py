"""Models to choose among: finished runs, or the checkpoints of one."""

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infogan.errors import UserError
from infogan.inference.trained_model import Model
from infogan.pictures.figures import draw_overview, save_picture
from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import read_config
from infogan.training.config import TrainConfig
from infogan.training.state import State


@dataclass(frozen=True)
class Candidate:
    """A trained model that may be chosen; `folder` is that of its run."""

    name: str
    folder: Path
    config: TrainConfig
    model: Model


def open_runs(folders: Sequence[str | Path]) -> list[Candidate]:
    """The models of finished runs; ValueError where a folder is none, or is given twice."""
    paths = [Path(folder) for folder in folders]
    for i, path in enumerate(paths):
        if path.resolve() in [other.resolve() for other in paths[:i]]:
            raise UserError(f"{path}: given twice, and would agree with itself; give it once")
    return [Candidate(str(path), path, read_config(path), load_model(path)) for path in paths]


def open_checkpoints(folder: str | Path) -> list[Candidate]:
    """The averaged models of a run's checkpoints; ValueError where there are fewer than two."""
    folder = Path(folder)
    config = read_config(folder)
    files = sorted((folder / "checkpoints").glob("*.safetensors"))
    if len(files) < 2:
        raise UserError(
            f"{folder}: checkpoints to choose from: {len(files)}, two are needed; "
            "go on training with --resume and a longer --kimg"
        )
    candidates = []
    for file in files:
        state = State.create(dataclasses.replace(config, device="cpu", precision="fp32"))
        state.load(file)
        model = Model(config.model, state.ema_generator, state.ema_discriminator)
        candidates.append(Candidate(str(file), folder, config, model))
    return candidates


def check_alike(candidates: Sequence[Candidate], data: str = "") -> None:
    """Raise ValueError unless there are two or more, alike in codes, shape and data.

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


def install(candidate: Candidate, folder: Path) -> None:
    """Make `folder` hold the candidate as if it had been trained there: model, config, overview."""
    model = candidate.model
    save_model(folder, model.config, model.generator, model.discriminator)
    shutil.copyfile(candidate.folder / "config.yaml", folder / "config.yaml")
    save_picture(draw_overview(model), folder / "overview.png", f"infogan traverse {folder}")


def _codes(model: Model) -> list[tuple[str, dict[str, object]]]:
    """Kind and parameters of every code, less what is learned, and σ, which is Q's affair."""
    own = ("sigma", "logits")
    return [
        (type(code).__name__, {key: each for key, each in vars(code).items() if key not in own})
        for code in model.latent.codes
    ]


def _unlike(
    first: Candidate, ours: str, other: Candidate, theirs: str, remedy: str = "give runs alike"
) -> UserError:
    return UserError(f"{first.name} has {ours} but {other.name} has {theirs}: {remedy}")
