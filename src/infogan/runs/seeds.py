"""The same run with several seeds, side by side or one after another."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infogan.data.ingest_report import IngestReport
from infogan.errors import UserError
from infogan.networks.build import AUTO
from infogan.runs.beginning import Told, prepared
from infogan.runs.planning import Plan, check_length
from infogan.runs.run import OnFailure, TrainingFailed, TrainingStopped, train
from infogan.runs.run_log import Progress
from infogan.runs.side_by_side import Ended, cores, places, train_side_by_side
from infogan.storage.run_folder import RunFolder
from infogan.training.checkpoint import is_over
from infogan.training.config import TrainConfig
from infogan.training.presets import preset


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
    kimg: float | None = None,
    minutes: float | None = None,
    on_plan: Callable[[Plan], None] | None = None,
    at_once: int = 1,
    force: bool = False,
) -> list[Path]:
    """Train out/seed-S for `seeds` seeds, from the config's own up; returns their folders.

    `at_once` of them are trained side by side; 0 is one for each device or core. With `resume` the
    finished ones are left as they are. Raises UserError where `out` holds anything before,
    `TrainingStopped` on Ctrl-C, after saving, and `TrainingFailed` where one of them was given up.
    `minutes` is for all of them together, and so is the memory, unless with `force`.
    """
    check_length(kimg, minutes)
    run = RunFolder(out)
    if resume:
        config = _resumed_config(run, config, kimg)
    else:
        run.check_new()
    first = next(iter(run.seeds().values()), None)
    if first is not None:
        config = as_chosen(config, first, with_length=minutes is not None)
        minutes = None
    where = places(config.device, seeds, at_once)
    if minutes is not None:
        minutes /= math.ceil(seeds / len(where))
    if first is None:
        if len(where) > 1 and not config.threads:
            config = replace(config, threads=max(1, cores() // len(where)))
        told = Told(
            *(kimg, minutes, bool(progress), on_read, on_plan), at_once=len(where), force=force
        )
        config = prepared(config, told)[0]
    folders = [run.seed(seed) for seed in range(config.seed, config.seed + seeds)]
    left = {
        folder: replace(config, seed=seed)
        for seed, folder in enumerate(folders, start=config.seed)
        if not (resume and _finished(folder, config))
    }
    if len(where) > 1 and len(left) > 1:
        options = ["--on-failure", on_failure, *(["--tensorboard"] if tensorboard else [])]
        options += ["--force"] if force else []
        _raise_end(*train_side_by_side(left, where, options, progress is True), seeds)
        return [folder.path for folder in folders]
    how = {"progress": progress, "tensorboard": tensorboard, "on_failure": on_failure}
    _train_in_turn(left, resume, **how, kimg=kimg, force=force)
    return [folder.path for folder in folders]


def _train_in_turn(left: Mapping[RunFolder, TrainConfig], resume: bool, **how: Any) -> None:
    """Train each in this process."""
    for folder, own in left.items():
        try:
            again = resume and folder.path.exists()
            train(out=folder.path, config=own, resume=again, **how)
        except TrainingStopped as stopped:
            # The message names the folder of one seed, where going on would leave out the others.
            raise TrainingStopped(f"{folder.path.name} {str(stopped).partition(';')[0]}") from None


def as_chosen(config: TrainConfig, seed: RunFolder, *, with_length: bool = False) -> TrainConfig:
    """The config with the codes and threads, and perhaps the length, that a first seed chose."""
    own = seed.read_config()
    config = replace(config, threads=config.threads or own.threads)
    if config.model.codes == AUTO:
        config = replace(config, model=replace(config.model, codes=own.model.codes))
    if with_length:
        config = replace(config, kimg=own.kimg, picture_kimg=own.picture_kimg)
    return config


def _finished(folder: RunFolder, config: TrainConfig) -> bool:
    checkpoint = folder.latest_checkpoint()
    return checkpoint is not None and is_over(checkpoint, config)


def _resumed_config(out: RunFolder, given: TrainConfig, kimg: float | None) -> TrainConfig:
    """The config of the first seed where the options give none, but perhaps another length."""
    seed, first = next(iter(out.seeds().items()), (0, None))
    if first is None:
        raise UserError(f"{out.path}: holds no seed-0, seed-1, … to go on with; start it anew")
    # A seed that failed and started again has another in its config.
    own = replace(first.read_config(), seed=seed)
    for nothing in (TrainConfig(), preset("auto")):
        if given == replace(nothing, kimg=given.kimg):
            return replace(own, kimg=given.kimg) if kimg or given != nothing else own
    return given


def _raise_end(ended: Mapping[RunFolder, Ended], stopped: bool, seeds: int) -> None:
    """Raise where some of the seeds did not come to their end."""
    names = ", ".join(folder.path.name for folder in ended)
    if stopped:
        raise TrainingStopped(f"{names} stopped, all saved" if ended else "stopped")
    if ended:
        told = "; ".join(f"{folder.path.name} {why}" for folder, why in ended.items())
        raise TrainingFailed(
            f"{told}; {seeds - len(ended)} of {seeds} seeds are finished: go on with the same "
            "command and --resume"
        )
