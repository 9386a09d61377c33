"""The same run with several seeds, one after another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from infogan.data.ingest_report import IngestReport
from infogan.errors import UserError
from infogan.runs.run import OnFailure, TrainingStopped, train
from infogan.runs.run_log import Progress
from infogan.storage.run_folder import RunFolder
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
    on_read: Callable[[IngestReport], None] | None = None,
) -> list[Path]:
    """Train out/seed-S for `seeds` seeds, from the config's own up; returns their folders.

    With `resume` the finished ones are left as they are. Raises UserError where `out` holds
    anything before, `TrainingStopped` on Ctrl-C, after saving, and `TrainingFailed` where one of
    them was given up.
    """
    run = RunFolder(out)
    if resume:
        config = _resumed_config(run, config)
    else:
        run.check_new()
    folders = [run.seed(seed) for seed in range(config.seed, config.seed + seeds)]
    for seed, folder in enumerate(folders, start=config.seed):
        if resume and _finished(folder, config):
            continue
        try:
            train(
                out=folder.path,
                config=replace(config, seed=seed),
                resume=resume and folder.path.exists(),
                progress=progress,
                tensorboard=tensorboard,
                on_failure=on_failure,
                on_read=on_read,
            )
            on_read = None  # the others read the same
        except TrainingStopped as stopped:
            # The message names the folder of one seed, where going on would leave out the others.
            raise TrainingStopped(f"{folder.path.name} {str(stopped).partition(';')[0]}") from None
    return [folder.path for folder in folders]


def _finished(folder: RunFolder, config: TrainConfig) -> bool:
    checkpoint = folder.latest_checkpoint()
    return checkpoint is not None and is_over(checkpoint, config)


def _resumed_config(out: RunFolder, given: TrainConfig) -> TrainConfig:
    """The config of the first seed where the options give none, but perhaps another length."""
    seed, first = next(iter(out.seeds().items()), (0, None))
    if first is None:
        raise UserError(f"{out.path}: holds no seed-0, seed-1, … to go on with; start it anew")
    # A seed that failed and started again has another in its config.
    own = replace(first.read_config(), seed=seed)
    if given == TrainConfig():
        return own
    return replace(own, kimg=given.kimg) if given == TrainConfig(kimg=given.kimg) else given
