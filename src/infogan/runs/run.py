"""A run from start to end: what is trained is kept in its folder, and can go on from there."""

import dataclasses
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infogan.codes.names import Names, save_names
from infogan.data.ingest_report import IngestReport
from infogan.data.open import open_images
from infogan.data.preprocessing import Preprocessing, report_of, sample
from infogan.data.rules import ImageRules
from infogan.data.source import Source
from infogan.errors import UserError, require_extra
from infogan.export.card import write_card
from infogan.inference.trained_model import Model
from infogan.networks.build import AUTO
from infogan.pictures.figures import draw_codes, draw_overview, draw_traversal, save_picture
from infogan.report.page import write_page
from infogan.runs.conclusion import conclude
from infogan.runs.diagnostics import look_at
from infogan.runs.health import Finding, nothing_to_learn
from infogan.runs.planning import Plan, plan, remedied
from infogan.runs.run_log import Board, Progress, open_run_log
from infogan.signals import stop_signals
from infogan.storage.averaged_model import averaged_model
from infogan.storage.model_folder import give_names, save_model
from infogan.storage.run_folder import RunFolder
from infogan.storage.run_lock import locked
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.device import choose_device
from infogan.training.labels import read_labelled
from infogan.training.loop import fit
from infogan.training.networks import with_networks
from infogan.training.presets import preset
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
    out: str | Path = "runs/infogan",
    *,
    config: TrainConfig | None = None,
    resume: bool = False,
    progress: Progress = True,
    tensorboard: bool = False,
    on_failure: OnFailure = "continue",
    on_read: Callable[[IngestReport], None] | None = None,
    minutes: float | None = None,
    on_plan: Callable[[Plan], None] | None = None,
) -> Model:
    """Train an InfoGAN on images into a run folder, and return the model.

    `data` is whatever `infogan.data.open_images` takes, and goes before `config.data`. With
    `resume` a run that was stopped goes on, to the same weights as if it had not been. Where the
    run fails (see `infogan.runs.health`), `on_failure` goes on all the same, stops, or sets it
    aside in `out`/failed-N and starts again with another seed, twice at most; `remedy` does
    the same in the first half of a run, with D held back by R1 as well, and then goes on all the
    same.
    `on_read` is told what was read before training starts. `minutes` sets the length by what a few
    updates take. Codes and networks that the config leaves to the images (the preset auto) are
    chosen from them; `on_plan` is told what was chosen. Raises UserError for bad data or
    options, `TrainingStopped` on Ctrl-C and `TrainingFailed` where it was given up, both after
    saving.
    """
    folder, config = RunFolder(Path(out)), config or preset("auto")
    if data is not None:
        config = dataclasses.replace(config, data=str(data))
    choose_device(config.device)
    if tensorboard:
        require_extra("tensorboard", "--tensorboard", "tensorboard")
    # What is refused leaves not even a lock behind.
    if not resume:
        folder.check_new()
    elif not folder.path.is_dir() or (
        not folder.failures() and (folder.is_run or config in (TrainConfig(), preset("auto")))
    ):
        _resumed_config(folder, config)
    with locked(folder.path):
        start = Start(minutes, bool(progress), on_read, on_plan)
        begin = _resumed if resume else _begun
        state, source = begin(folder, config, start)
        while True:
            try:
                board = _board(folder) if tensorboard else nullcontext()
                return _train_into(folder, state, source, progress, board, on_failure)
            except TrainingFailed as failed:
                if on_failure == "stop" or folder.failures() >= RESTARTS:
                    raise
                restarted = remedied(state.config)
                warnings.warn(f"{failed}; {_again(restarted, state.config)}", stacklevel=2)
                folder.set_aside()
                state = _new_state(restarted)
                _begin(folder, state)


@dataclass(frozen=True)
class Start:
    """What happens before the first update: who is told what, and how long the run may be."""

    minutes: float | None
    progress: bool
    on_read: Callable[[IngestReport], None] | None
    on_plan: Callable[[Plan], None] | None

    def read(self, source: Source) -> None:
        """Tell what was read."""
        if self.on_read is not None:
            self.on_read(report_of(source))

    def planned(self, config: TrainConfig, source: Source) -> TrainConfig:
        """Choose what the config leaves to its images, and tell."""
        measure = self.on_plan is not None
        made = plan(config, source, minutes=self.minutes, measure=measure, progress=self.progress)
        if self.on_plan is not None:
            self.on_plan(made)
        return made.config


def _begun(folder: RunFolder, config: TrainConfig, start: Start) -> tuple[State, Source]:
    """A new run in its folder, and its images."""
    folder.check_new()
    source = _open(config, config.rules)
    start.read(source)
    images = Preprocessing.of(source).as_dict()
    shaped = dataclasses.replace(config.model, image_shape=source.shape, images=images)
    state = _new_state(start.planned(dataclasses.replace(config, model=shaped), source))
    folder.clear()
    _begin(folder, state)
    return state, source


def _resumed(folder: RunFolder, config: TrainConfig, start: Start) -> tuple[State, Source]:
    """A run that goes on from its newest whole checkpoint, or over again if it has none yet."""
    folder.take_back()
    if not folder.is_run and folder.failures():  # killed between setting aside and starting again
        last = folder.failed(folder.failures())
        folder.write_config(remedied(last.read_config()))
    if not folder.is_run and folder.is_blank:
        return _begun(folder, config, start)
    config = _resumed_config(folder, config)
    source = _open(config, config.rules.over(config.model.preprocessing.rules))
    start.read(source)
    if config.model.image_shape != source.shape:
        raise UserError(
            f"{config.data}: images are {source.shape}, the run in {folder.path} was of "
            f"{config.model.image_shape}"
        )
    if changed := config.model.preprocessing.changed(source):
        warnings.warn(f"{config.data}: {changed} since the run began", stacklevel=3)
    state = _new_state(config)
    checkpoint = folder.load_latest(state)
    if checkpoint is None:
        _begin(folder, state)
    elif config != folder.read_config():
        folder.write_config(config)
    folder.go_back_to(state.images_seen)
    if checkpoint is not None:
        # Of a later moment, perhaps, that is to come again.
        _draw(folder, _model_of(folder, state), state.images_seen)
    return state, source


def _open(config: TrainConfig, rules: ImageRules) -> Source:
    return open_images(
        config.data, split="train", size=config.size, channels=config.channels, rules=rules
    )


def _again(config: TrainConfig, before: TrainConfig) -> str:
    """What a run that failed does next."""
    held = f" and R1 {config.loss.r1:g}" if config.loss != before.loss else ""
    return f"starts again with seed {config.seed}{held}"


def _new_state(config: TrainConfig) -> State:
    """A state at its beginning, with the labelled images if there are any."""
    state = State.create(config)
    if config.labels:
        latent, shape = config.model.latent, config.model.shape
        state.labelled = read_labelled(
            config.labels, config.data, latent, shape, config.model.preprocessing.rules
        )
    return state


def _begin(folder: RunFolder, state: State) -> None:
    """Write what a run has from the start: its config, and the names that its labels give."""
    folder.write_config(state.config)
    if state.labelled and state.labelled.names:
        save_names(folder.path, Names(values={state.labelled.code: state.labelled.names}))


def _train_into(
    folder: RunFolder,
    state: State,
    source: Source,
    progress: Progress,
    board: Board,
    on_failure: OnFailure,
) -> Model:
    """Drive the loop: log every tick, save at intervals, stop at the first signal or failure."""
    config, real = state.config, watched_images(source, state.config.seed)
    next_picture = _after(state.images_seen, config.picture_kimg)
    saved: Model | None = None
    failures: list[Finding | Diverged] = []
    gives_up = on_failure != "continue" and not (
        on_failure == "remedy" and folder.failures() >= RESTARTS
    )
    known = nothing_to_learn(sample(source))
    for each in known:
        warnings.warn(str(each), stacklevel=3)
    with (
        open_run_log(folder, config, state.images_seen, state.end, progress, board, known) as log,
        _stop_signal() as stopped,
    ):
        try:
            for tick in fit(state, source, lambda: bool(stopped or failures)):
                due = state.images_seen >= min(next_picture, state.end)
                model = _model_of(folder, state) if due else None
                seen = None if model is None else look_at(model, real, config.augmentation)
                # What a checkpoint goes on from is on the disk before it: its own line as well.
                findings = log.keep(tick, seen, state.end)
                saved = model
                if model is not None:
                    next_picture = _after(state.images_seen, config.picture_kimg)
                    _save(folder, state, model)
                    if state.images_seen < state.end:
                        write_page([folder.path])
                early = on_failure != "remedy" or state.progress <= EARLY
                if gives_up and early and findings and findings[0].severity == "failure":
                    failures.append(findings[0])
        except Diverged as diverged:
            failures.append(diverged)
        # A signal may come before the first tick, or between a tick and the next update.
        if saved is None:
            saved = _model_of(folder, state)
            _save(folder, state, saved)
        if state.images_seen >= state.end and not failures:
            conclude(folder, config, saved, real, log.lines)
        write_page([folder.path])
    if failures:
        raise TrainingFailed(f"{failures[0]}; given up at {state.images_seen / 1000:g} kimg")
    if stopped and state.images_seen < state.end:
        raise TrainingStopped(
            f"stopped at {state.images_seen / 1000:g} of {config.kimg:g} kimg, all saved; "
            f"go on with: infogan train --out {folder.path} --resume"
        )
    return saved


def _model_of(folder: RunFolder, state: State) -> Model:
    """The averaged model as it now is, called what the run's codes are called."""
    model = averaged_model(state)
    give_names(model, folder.path)
    return model


def _save(folder: RunFolder, state: State, model: Model) -> None:
    """Write pictures, a checkpoint, and the state's averaged model with its card.

    The checkpoint is what a run goes on from: what belongs to its past is written before it, and
    what is made anew at each save, after it.
    """
    _draw(folder, model, state.images_seen)
    folder.save_checkpoint(state)
    # As the state has it: the names that the user gave since are in names.json alone.
    save_model(folder.path, state.config.model, model.generator, model.discriminator)
    save_picture(draw_overview(model), folder.overview_file, _drawn_by(folder))
    write_card(folder.path, model, state.config, state.images_seen)


def _draw(folder: RunFolder, model: Model, images_seen: int) -> None:
    """Draw what each code does after so many images."""
    pictures = {"codes": draw_codes(model)} | {
        code.name: draw_traversal(model, code.name)
        for code in model.latent.codes
        if code.continuous
    }
    for name, picture in pictures.items():
        save_picture(picture, folder.picture_file(name, images_seen), _drawn_by(folder))


def _drawn_by(folder: RunFolder) -> str:
    return f"infogan traverse {folder.path}"


def _resumed_config(folder: RunFolder, given: TrainConfig) -> TrainConfig:
    """The run's own config; what the user gives must be nothing, or the same again.

    Only the length may change: a run that was too short can be made longer.
    """
    own = folder.read_config()
    longer = dataclasses.replace(own, kimg=given.kimg)
    for nothing in (TrainConfig(), preset("auto")):
        if given in (nothing, dataclasses.replace(nothing, kimg=given.kimg)):
            return own if given == nothing else longer
    again = _as_begun(given, own)
    for _ in range(folder.failures()):
        if again == longer:
            break
        # The options of a run that has started again since are those it began with.
        again = remedied(again)
    if again == longer:
        return longer
    raise UserError(
        f"{folder.path}: its {folder.config_file.name} differs from the options given; "
        "resume with --out and --resume alone"
    )


def _as_begun(given: TrainConfig, own: TrainConfig) -> TrainConfig:
    """Options with what the run itself took from its images."""
    shaped = dataclasses.replace(
        given.model, image_shape=own.model.image_shape, images=own.model.images
    )
    if given.model.codes == AUTO:
        shaped = dataclasses.replace(shaped, codes=own.model.codes)
    return with_networks(dataclasses.replace(given, model=shaped))[0]


def _after(images_seen: int, kimg: float) -> int:
    """The next multiple of an interval, in images."""
    interval = max(1, round(kimg * 1000))
    return (images_seen // interval + 1) * interval


@contextmanager
def _stop_signal() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, SIGTERM or SIGHUP instead of dying of it; a second gets through.

    A hang-up that is ignored, as with nohup, stays ignored.
    """
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, signal.default_int_handler)

    try:
        before = {number: signal.signal(number, note) for number in stop_signals()}
    except ValueError:  # not in the main thread: signals are the caller's business
        yield received
        return
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _board(folder: RunFolder) -> Board:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder.board))
