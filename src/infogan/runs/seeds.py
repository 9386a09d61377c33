"""The same run with several seeds, one after another."""

from dataclasses import replace
from pathlib import Path

from infogan.errors import UserError
from infogan.runs.run import OnFailure, TrainingStopped, train
from infogan.runs.run_log import Progress
from infogan.storage.run_folder import latest_checkpoint, read_config
from infogan.training.checkpoint import is_over
from infogan.training.config import TrainConfig


def train_seeds(
    out: Path,
    seeds: int,
    *,
    config: TrainConfig,
    resume: bool = False,
    progress: Progress = True,
    tensorboard: bool = False,
    on_failure: OnFailure = "continue",
) -> list[Path]:
    """Train out/seed-S for `seeds` seeds, from the config's own up; returns their folders.

    With `resume` the finished ones are left as they are. Raises ValueError where `out` holds
    anything before, `TrainingStopped` on Ctrl-C, after saving, and `TrainingFailed` where one of
    them was given up.
    """
    if resume:
        config = _resumed_config(out, config)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists already; choose another --out, or go on with --resume")
    folders = []
    for seed in range(config.seed, config.seed + seeds):
        folder = out / f"seed-{seed}"
        folders.append(folder)
        if resume and _finished(folder, config):
            continue
        try:
            train(
                out=folder,
                config=replace(config, seed=seed),
                resume=resume and folder.exists(),
                progress=progress,
                tensorboard=tensorboard,
                on_failure=on_failure,
            )
        except TrainingStopped as stopped:
            # The message names the folder of one seed, where going on would leave out the others.
            raise TrainingStopped(f"{folder.name} {str(stopped).partition(';')[0]}") from None
    return folders


def _finished(folder: Path, config: TrainConfig) -> bool:
    checkpoint = latest_checkpoint(folder)
    return checkpoint is not None and is_over(checkpoint, config)


def _resumed_config(out: Path, given: TrainConfig) -> TrainConfig:
    """The config of the first seed where the options give none, but perhaps another length."""
    first = min(out.glob("seed-*/config.yaml"), key=lambda path: _seed(path.parent), default=None)
    if first is None:
        raise UserError(f"{out}: holds no seed-0, seed-1, … to go on with; start it anew")
    # A seed that failed and started again has another in its config.
    own = replace(read_config(first.parent), seed=_seed(first.parent))
    if given == TrainConfig():
        return own
    return replace(own, kimg=given.kimg) if given == TrainConfig(kimg=given.kimg) else given


def _seed(folder: Path) -> int:
    number = folder.name.removeprefix("seed-")
    return int(number) if number.isdigit() else 2**32
