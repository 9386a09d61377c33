"""A run from start to end: what is trained is kept in its folder, and can go on from there."""

import dataclasses
import shlex
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, Literal

from infogan.data.ingest_report import IngestReport
from infogan.data.source import Source
from infogan.errors import UserError, require_extra
from infogan.inference.trained_model import Model
from infogan.report.page import write_page
from infogan.runs.beginning import (
    Told,
    begin,
    begun,
    folder_for,
    named,
    resumed,
    resumed_config,
    starting_point,
)
from infogan.runs.checkpointing import Checkpointing
from infogan.runs.conclusion import conclude
from infogan.runs.diagnostics import look_at
from infogan.runs.finding import Finding
from infogan.runs.following import dismiss, dismissing, follow, lead
from infogan.runs.keeping import model_of, save
from infogan.runs.opening_rules import opening_findings, warned_of
from infogan.runs.planning import Plan, remedied
from infogan.runs.profile import write_profile
from infogan.runs.run_log import Board, Progress, open_run_log
from infogan.runs.starting_point import StartingPoint
from infogan.runs.stop_signal import stop_signal
from infogan.storage.run_folder import RunFolder
from infogan.storage.run_lock import locked
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.device import choose_device
from infogan.training.loop import Tick, fit
from infogan.training.presets import preset as preset_config
from infogan.training.processes import join, started_again
from infogan.training.state import Diverged, State

OnFailure = Literal["continue", "stop", "restart", "remedy"]
RESTARTS = 2
EARLY = 0.5
"""Part of a run after which it is no longer started again unasked."""


class TrainingStopped(Exception):
    """Training was interrupted; everything is saved, and the message says how to go on."""


class TrainingFailed(Exception):
    """The run was given up; what it last was is saved, and the message says why and what to try."""


def train(
    data: str | Path | None = None,
    out: str | Path | None = None,
    *,
    codes: str | None = None,
    preset: str | None = None,
    seed: int | None = None,
    config: TrainConfig | None = None,
    init_from: str | Path | None = None,
    kimg: float | None = None,
    minutes: float | None = None,
    resume: bool = False,
    progress: Progress = True,
    tensorboard: bool = False,
    on_failure: OnFailure = "continue",
    profile: bool = False,
    force: bool = False,
    on_read: Callable[[IngestReport], None] | None = None,
    on_plan: Callable[[Plan], None] | None = None,
    on_tick: Callable[[Tick], None] | None = None,
) -> Model:
    """Train an InfoGAN on images into a run folder, and return the model.

    `data` is whatever `infogan.data.open_images` takes; `out` is runs/NAME of the data when not
    given, or runs/NAME-2 where that is taken. `codes` are written as in "kind=cat:8,tilt=uni",
    `kimg` is the length in thousands of images, `minutes` sets it by timing a few updates.
    `preset` names the config for all else, `config` is a whole one. Codes and networks left to the
    images (the preset auto, the default) are chosen from them, which takes a minute or more.
    `init_from` is the folder of a finished run or a model, whose networks, codes and weights a new
    run on other data takes over; without `config` it has that run's. With `resume` a stopped run
    goes on, to the same weights as if it had not been. Where it fails (see `infogan.runs.health`),
    `on_failure` goes on all the same, stops, or sets it aside in `out`/failed-N and starts again
    with another seed, twice at most; `remedy` does so in the first half of a run, with D held back
    by R1 as well, and then goes on all the same. `profile` first writes where an update's time is.
    What does not fit into memory begins with `force` alone. `on_read` is told what was read,
    `on_plan` what was chosen, and `on_tick` what has happened since the last tick: whatever it
    raises ends the run, saved, and comes out here. Of several processes (torchrun) the first alone
    reads and writes `out`, and each returns the model. Raises UserError for bad data or options,
    `TrainingStopped` on Ctrl-C and `TrainingFailed` where it was given up, both after saving.
    """
    resume = resume or (out is not None and started_again() and Path(out).is_dir())
    given = {"data": named(data), "kimg": kimg, "seed": seed, "codes": codes}
    config = _asked_for(config, preset, init_from, resume, given)
    folder, processes = _folder(out, config, resume), join(choose_device(config.device))
    if not processes.first:
        return follow(processes)
    told = Told(*(kimg, minutes, bool(progress), on_read, on_plan, processes, profile), force=force)
    with ExitStack() as held:
        with dismissing(processes):
            _check(folder, config, told, resume, tensorboard)
            held.enter_context(locked(folder.path))
            state, source = _begun(folder, config, told, resume)
        while True:
            lead(state)
            try:
                board = _board(folder) if tensorboard else nullcontext()
                return _train_into(folder, state, source, progress, board, on_failure, on_tick)
            except TrainingFailed as failed:
                if on_failure == "stop" or folder.failures() >= RESTARTS:
                    dismiss(processes)
                    raise
                again = remedied(state.config)
                warnings.warn(f"{failed}; {_again(again, state.config)}", stacklevel=2)
                folder.set_aside()
                state = begin(folder, again, starting_point(again), processes)


def _asked_for(
    config: TrainConfig | None,
    preset: str | None,
    init_from: str | Path | None,
    resume: bool,
    given: dict[str, Any],
) -> TrainConfig:
    """The config that the arguments of `train` are together. Raises UserError."""
    if preset is not None and config is not None:
        raise UserError("preset and config: give one of them")
    config = preset_config(preset) if preset is not None else config
    if not resume and (first := init_from or (config.init_from if config else "")):
        start = StartingPoint.open(first)
        config = start.take_over(config or start.config)
    config = config or preset_config("auto")
    given = {name: value for name, value in given.items() if value is not None}
    if "data" in given:
        given["data"] = str(given["data"])
    if "codes" in given:
        given["model"] = dataclasses.replace(config.model, codes=given.pop("codes"))
    return dataclasses.replace(config, **given)


def _folder(out: str | Path | None, config: TrainConfig, resume: bool) -> RunFolder:
    """The run's own folder: the one that is given, or a new one named after the data."""
    if out is None and resume:
        raise UserError("resume: goes on with the run in `out`; give its folder")
    return RunFolder(folder_for(config.data) if out is None else Path(out))


def _check(
    folder: RunFolder, config: TrainConfig, told: Told, resume: bool, tensorboard: bool
) -> None:
    """Refuse what cannot be trained or resumed there, before as much as a lock is written."""
    if tensorboard:
        require_extra("tensorboard", "--tensorboard", "tensorboard")
    if not resume:
        folder.check_new()
    elif not folder.path.is_dir() or (
        not folder.failures()
        and (folder.is_run or config in (TrainConfig(), preset_config("auto")))
    ):
        resumed_config(folder, config, told)


def _begun(
    folder: RunFolder, config: TrainConfig, told: Told, resume: bool
) -> tuple[State, Source]:
    """The state a run begins with; what is interrupted before that leaves nothing behind."""
    try:
        state, source = (resumed if resume else begun)(folder, config, told)
        if told.profile:
            write_profile(folder, state.config, source)
        return state, source
    except KeyboardInterrupt:
        raise TrainingStopped("stopped before the first update: nothing to save") from None


def _again(config: TrainConfig, before: TrainConfig) -> str:
    """What a run that failed does next."""
    held = f" and R1 {config.loss.r1:g}" if config.loss != before.loss else ""
    return f"starts again with seed {config.seed}{held}"


def _train_into(
    folder: RunFolder,
    state: State,
    source: Source,
    progress: Progress,
    board: Board,
    on_failure: OnFailure,
    on_tick: Callable[[Tick], None] | None,
) -> Model:
    """Drive the loop: log every tick, save at intervals, stop at the first signal or failure."""
    config, real = state.config, watched_images(source, state.config.seed)
    next_picture = _after(state.images_seen, config.picture_kimg)
    saved: Model | None = None
    failures: list[Finding | Diverged] = []
    theirs: BaseException | None = None
    gives_up = _gives_up(on_failure, folder)
    checkpoints = Checkpointing(folder, state, config.save_minutes)
    known = warned_of(opening_findings(source, config.batch_size))

    def should_stop() -> bool:
        checkpoints.after_update()
        return bool(stopped or failures) or theirs is not None

    with (
        open_run_log(folder, config, state.images_seen, state.end, progress, board, known) as log,
        stop_signal() as stopped,
    ):
        try:
            for tick in fit(state, source, should_stop):
                due = state.images_seen >= min(next_picture, state.end)
                model = model_of(folder, state) if due else None
                seen = None if model is None else look_at(model, real, config.augmentation)
                # What a checkpoint goes on from is on the disk before it: its own line as well.
                findings = log.keep(tick, seen, state.end)
                saved = model
                if model is not None:
                    next_picture = _after(state.images_seen, config.picture_kimg)
                    save(folder, state, model, checkpoints.extra)
                    checkpoints.replaced()
                    if state.images_seen < state.end:
                        write_page([folder.path])
                if findings and findings[0].severity == "failure" and gives_up(state):
                    failures.append(findings[0])
                if on_tick is not None:
                    try:
                        on_tick(tick)
                    except BaseException as error:
                        theirs = error
        except Diverged as diverged:
            failures.append(diverged)
        if not failures:
            dismiss(state.processes)
        # A signal may come before the first tick, or between a tick and the next update.
        if saved is None:
            saved = model_of(folder, state)
            save(folder, state, saved, checkpoints.extra)
        if state.images_seen >= state.end and not failures:
            log.say("a last look: what each code does, and what came of it")
            conclude(folder, config, saved, real, log.lines)
        write_page([folder.path])
    if theirs is not None:
        raise theirs
    _raise_end(folder, state, failures, bool(stopped))
    return saved


def _raise_end(
    folder: RunFolder, state: State, failures: Sequence[Finding | Diverged], stopped: bool
) -> None:
    """Raise where a run ended before its end."""
    reached = state.images_seen / 1000
    if failures:
        raise TrainingFailed(f"{failures[0]}; given up at {reached:g} kimg")
    if stopped and state.images_seen < state.end:
        raise TrainingStopped(
            f"stopped at {reached:g} of {state.config.kimg:g} kimg, all saved; "
            f"go on with: infogan train --out {shlex.quote(str(folder.path))} --resume"
        )


def _gives_up(on_failure: OnFailure, folder: RunFolder) -> Callable[[State], bool]:
    """Whether a run that fails at this point is given up."""
    if on_failure == "remedy":
        left = folder.failures() < RESTARTS
        return lambda state: left and state.progress <= EARLY
    return lambda _: on_failure != "continue"


def _after(images_seen: int, kimg: float) -> int:
    """The next multiple of an interval, in images."""
    interval = max(1, round(kimg * 1000))
    return (images_seen // interval + 1) * interval


def _board(folder: RunFolder) -> Board:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder.board))
