"""A run from start to end: what is trained is kept in its folder, and can go on from there."""

import dataclasses
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from infogan.codes.names import Names, save_names
from infogan.data.ingest_report import IngestReport
from infogan.data.open import open_images
from infogan.data.preprocessing import Preprocessing, report_of
from infogan.data.source import Source
from infogan.errors import UserError, require_extra
from infogan.export.card import write_card
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.pictures.figures import draw_codes, draw_overview, draw_traversal, save_picture
from infogan.report.page import write_page
from infogan.runs.checkpointing import Checkpointing
from infogan.runs.diagnostics import look_at
from infogan.runs.health import Finding
from infogan.runs.run_log import Board, Progress, open_run_log
from infogan.runs.starting_point import StartingPoint
from infogan.runs.stop_signal import stop_signal
from infogan.storage.averaged_model import averaged_model, start_from
from infogan.storage.model_folder import give_names, save_model
from infogan.storage.run_folder import RunFolder
from infogan.storage.run_lock import locked
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.labels import read_labelled
from infogan.training.loop import Tick, fit
from infogan.training.state import Diverged, State

OnFailure = Literal["continue", "stop", "restart"]
RESTARTS = 2
RESTART_SEEDS = 1000
"""Added to the seed at each restart: far from the neighbours that `--seeds` takes."""


class TrainingStopped(Exception):
    """Training was interrupted; everything is saved, and the message says how to go on."""


class TrainingFailed(Exception):
    """The run was given up; what it last was is saved, and the message says why and what to try."""


def train(
    data: str | Path | None = None,
    out: str | Path = "runs/infogan",
    *,
    config: TrainConfig | None = None,
    init_from: str | Path | None = None,
    resume: bool = False,
    progress: Progress = True,
    tensorboard: bool = False,
    on_failure: OnFailure = "continue",
    on_read: Callable[[IngestReport], None] | None = None,
    on_tick: Callable[[Tick], None] | None = None,
) -> Model:
    """Train an InfoGAN on images into a run folder, and return the model.

    `data` is whatever `infogan.data.open_images` takes, and goes before `config.data`. With
    `resume` a run that was stopped goes on, to the same weights as if it had not been. Where the
    run fails (see `infogan.runs.health`), `on_failure` goes on all the same, stops, or sets it
    aside in `out`/failed-N and starts again with another seed, twice at most.
    `init_from` is the folder of a finished run or a model, whose networks, codes and weights a new
    run on other data takes over; without `config` it has that run's. `on_read` is told what was
    read before training starts, and `on_tick` what has happened since the last tick: whatever it
    raises ends the run, saved and ready to be resumed, and comes out here. Raises UserError for bad
    data or options, `TrainingStopped` on Ctrl-C and `TrainingFailed` where it was given up, both
    after saving.
    """
    folder, start = RunFolder(Path(out)), None
    if not resume and (begin := init_from or (config.init_from if config else "")):
        start = StartingPoint.open(begin)
        config = start.take_over(config or start.config)
    config = config or TrainConfig()
    if data is not None:
        config = dataclasses.replace(config, data=str(data))
    if tensorboard:
        require_extra("tensorboard", "--tensorboard", "tensorboard")
    # What is refused leaves not even a lock behind.
    if not resume:
        folder.check_new()
    elif not folder.path.is_dir() or (
        not folder.failures() and (folder.is_run or config == TrainConfig())
    ):
        _resumed_config(folder, config)
    with locked(folder.path):
        state, source = _resumed(folder, config) if resume else _begun(folder, config, start)
        if on_read is not None:
            on_read(report_of(source))
        while True:
            try:
                board = _board(folder) if tensorboard else nullcontext()
                return _train_into(folder, state, source, progress, board, on_failure, on_tick)
            except TrainingFailed as failed:
                if on_failure != "restart" or folder.failures() >= RESTARTS:
                    raise
                restarted = _with_next_seed(state.config)
                warnings.warn(f"{failed}; starts again with seed {restarted.seed}", stacklevel=2)
                folder.set_aside()
                state = _new_state(restarted, start)
                _begin(folder, state, start)


def _begun(
    folder: RunFolder, config: TrainConfig, start: StartingPoint | None
) -> tuple[State, Source]:
    """A new run in its folder, and its images."""
    folder.check_new()
    if start:
        config = start.take_over(config)
    source = _open(config, start.model.config if start else None)
    if start:
        start.check_fits(source)
    images = Preprocessing.of(source).as_dict()
    shaped = dataclasses.replace(config.model, image_shape=source.shape, images=images)
    state = _new_state(dataclasses.replace(config, model=shaped), start)
    folder.clear()
    _begin(folder, state, start)
    return state, source


def _resumed(folder: RunFolder, config: TrainConfig) -> tuple[State, Source]:
    """A run that goes on from its newest whole checkpoint, or over again if it has none yet."""
    folder.take_back()
    if not folder.is_run and folder.failures():  # killed between setting aside and starting again
        last = folder.failed(folder.failures())
        folder.write_config(_with_next_seed(last.read_config()))
    if not folder.is_run and folder.is_blank:
        return _begun(folder, config, _starting_point(config))
    config = _resumed_config(folder, config)
    source = _open(config, config.model)
    if config.model.image_shape != source.shape:
        raise UserError(
            f"{config.data}: images are {source.shape}, the run in {folder.path} was of "
            f"{config.model.image_shape}"
        )
    if changed := config.model.preprocessing.changed(source):
        warnings.warn(f"{config.data}: {changed} since the run began", stacklevel=3)
    start = None if folder.checkpoints() else _starting_point(config)
    state = _new_state(config, start)
    checkpoint = folder.load_latest(state)
    if checkpoint is None:
        _begin(folder, state, start)
    elif config != folder.read_config():
        folder.write_config(config)
    folder.go_back_to(state.images_seen)
    if checkpoint and folder.picture_file("codes", state.images_seen).is_file():
        # Of a later moment, perhaps, that is to come again.
        _draw(folder, _model_of(folder, state), state.images_seen)
    return state, source


def _starting_point(config: TrainConfig) -> StartingPoint | None:
    return StartingPoint.open(config.init_from) if config.init_from else None


def _with_next_seed(config: TrainConfig) -> TrainConfig:
    return dataclasses.replace(config, seed=(config.seed + RESTART_SEEDS) % 2**32)


def _open(config: TrainConfig, known: ModelConfig | None) -> Source:
    """The images, read as those of a model that is known already, where one is gone on with."""
    size: int | None = config.size
    channels: int | None = config.channels
    rules = config.rules
    if known:
        rules = rules.over(known.preprocessing.rules)
    if known and config.init_from:
        channels, size, _ = known.shape
    return open_images(config.data, split="train", size=size, channels=channels, rules=rules)


def _new_state(config: TrainConfig, start: StartingPoint | None = None) -> State:
    """A state at its beginning, with the labelled images if there are any."""
    state = State.create(config)
    if start:
        start_from(state, start.model)
    if config.labels:
        latent, shape = config.model.latent, config.model.shape
        state.labelled = read_labelled(
            config.labels, config.data, latent, shape, config.model.preprocessing.rules
        )
    return state


def _begin(folder: RunFolder, state: State, start: StartingPoint | None) -> None:
    """Write what a run has from the start: its config, and names taken over or given by labels."""
    folder.write_config(state.config)
    if start and start.names != Names():
        save_names(folder.path, start.names)
    if state.labelled and state.labelled.names:
        save_names(folder.path, Names(values={state.labelled.code: state.labelled.names}))


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
    checkpoints = Checkpointing(folder, state, config.save_minutes)

    def should_stop() -> bool:
        checkpoints.after_update()
        return bool(stopped or failures)

    with (
        open_run_log(folder, config, state.images_seen, state.end, progress, board) as log,
        stop_signal() as stopped,
    ):
        try:
            for tick in fit(state, source, should_stop):
                due = state.images_seen >= min(next_picture, state.end)
                model = _model_of(folder, state) if due else None
                seen = None if model is None else look_at(model, real, config.augmentation)
                # What a checkpoint goes on from is on the disk before it: its own line as well.
                findings = log.keep(tick, seen, state.end)
                saved = model
                if model is not None:
                    next_picture = _after(state.images_seen, config.picture_kimg)
                    _save(folder, state, model, checkpoints.extra)
                    checkpoints.replaced()
                    if state.images_seen < state.end:
                        write_page([folder.path])
                if findings and findings[0].severity == "failure" and on_failure != "continue":
                    failures.append(findings[0])
                if on_tick is not None:
                    try:
                        on_tick(tick)
                    except BaseException as error:
                        theirs = error
                        break
        except Diverged as diverged:
            failures.append(diverged)
        # A signal may come before the first tick, or between a tick and the next update.
        if saved is None:
            saved = _model_of(folder, state)
            _save(folder, state, saved, checkpoints.extra)
        write_page([folder.path])
    if theirs is not None:
        raise theirs
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


def _save(folder: RunFolder, state: State, model: Model, instead_of: Path | None = None) -> None:
    """Write pictures, a checkpoint, and the state's averaged model with its card.

    The checkpoint is what a run goes on from: what belongs to its past is written before it, and
    what is made anew at each save, after it.
    """
    _draw(folder, model, state.images_seen)
    folder.save_checkpoint(state, instead_of)
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
    nothing = TrainConfig()
    if given.seed != own.seed:
        # The options of a run that has started again since have the seed it began with.
        moved = RESTART_SEEDS * folder.failures()
        given = dataclasses.replace(given, seed=(given.seed + moved) % 2**32)
        nothing = dataclasses.replace(nothing, seed=moved)
    longer = dataclasses.replace(own, kimg=given.kimg)
    shaped = dataclasses.replace(
        given.model, image_shape=own.model.image_shape, images=own.model.images
    )
    if dataclasses.replace(given, model=shaped) == longer:
        return longer
    if given in (nothing, dataclasses.replace(nothing, kimg=given.kimg)):
        return own if given == nothing else longer
    raise UserError(
        f"{folder.path}: its {folder.config_file.name} differs from the options given; "
        "resume with --out and --resume alone"
    )


def _after(images_seen: int, kimg: float) -> int:
    """The next multiple of an interval, in images."""
    interval = max(1, round(kimg * 1000))
    return (images_seen // interval + 1) * interval


def _board(folder: RunFolder) -> Board:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder.board))
