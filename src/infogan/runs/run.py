"""A run on disk: its config, a line for every tick, pictures, checkpoints, and the model."""

import dataclasses
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Literal

from infogan.codes.names import Names, save_names
from infogan.data.open import open_images
from infogan.data.source import Source
from infogan.errors import UserError, require_extra
from infogan.export.card import write_card
from infogan.inference.trained_model import Model
from infogan.pictures.figures import draw_codes, draw_overview, draw_traversal, save_picture
from infogan.report.page import write_page
from infogan.runs.diagnostics import look_at
from infogan.runs.health import Finding
from infogan.runs.run_log import Board, Progress, open_run_log
from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import latest_checkpoint, read_config, write_config
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.labels import read_labelled
from infogan.training.loop import fit
from infogan.training.state import Diverged, State

KEPT_CHECKPOINTS = 2
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
    resume: bool = False,
    progress: Progress = True,
    tensorboard: bool = False,
    on_failure: OnFailure = "continue",
) -> Model:
    """Train an InfoGAN on images into a run folder, and return the model.

    `data` is whatever `infogan.data.open_images` takes, and goes before `config.data`. With
    `resume` a run that was stopped goes on, to the same weights as if it had not been. Where the
    run fails (see `infogan.runs.health`), `on_failure` goes on all the same, stops, or sets it
    aside in `out`/failed-N and starts again with another seed, twice at most.
    Raises ValueError for bad data or options, `TrainingStopped` on Ctrl-C and `TrainingFailed`
    where it was given up, both after saving.
    """
    out = Path(out)
    config = config or TrainConfig()
    if data is not None:
        config = dataclasses.replace(config, data=str(data))
    if resume:
        config = _resumed_config(out, config)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists already; choose another --out, or go on with --resume")
    source = open_images(config.data, split="train", size=config.size, channels=config.channels)
    if resume and config.model.image_shape != source.shape:
        raise UserError(
            f"{config.data}: images are {source.shape}, the run in {out} was of "
            f"{config.model.image_shape}"
        )
    shaped = dataclasses.replace(config.model, image_shape=source.shape)
    state = _new_state(dataclasses.replace(config, model=shaped))
    if resume:
        if not (checkpoint := latest_checkpoint(out)):
            raise UserError(f"{out}: holds no checkpoint to resume from; start it anew")
        state.load(checkpoint)
    board = _board(out, tensorboard)
    if not resume:
        _begin(out, state)
    elif state.config != read_config(out):
        write_config(out, state.config)
    while True:
        try:
            _train_into(out, state, source, progress, board, on_failure)
            model = load_model(out)
            write_card(out, model, state.config)
            return model
        except TrainingFailed as failed:
            if on_failure != "restart" or _failures(out) >= RESTARTS:
                raise
            seed = (state.config.seed + RESTART_SEEDS) % 2**32
            print(f"infogan: {failed}; starts again with seed {seed}", file=sys.stderr)
            _set_aside(out)
            state = _new_state(dataclasses.replace(state.config, seed=seed))
            board = _board(out, tensorboard)
            _begin(out, state)


def _new_state(config: TrainConfig) -> State:
    """A state at its beginning, with the labelled images if there are any."""
    state = State.create(config)
    if config.labels:
        latent, shape = config.model.latent, config.model.shape
        state.labelled = read_labelled(config.labels, config.data, latent, shape)
    return state


def _begin(out: Path, state: State) -> None:
    """Write what a run has from the start: its config, and the names that its labels give."""
    out.mkdir(parents=True, exist_ok=True)
    write_config(out, state.config)
    if state.labelled and state.labelled.names:
        save_names(out, Names(values={state.labelled.code: state.labelled.names}))


def _train_into(
    out: Path, state: State, source: Source, progress: Progress, board: Board, on_failure: OnFailure
) -> None:
    """Drive the loop: log every tick, save at intervals, stop at the first signal or failure."""
    config, real = state.config, watched_images(source, state.config.seed)
    next_picture, saved = _after(state.images_seen, config.picture_kimg), -1
    failures: list[Finding | Diverged] = []
    with (
        open_run_log(out, config, state.images_seen, state.end, progress, board) as log,
        _stop_signal() as stopped,
    ):
        try:
            for tick in fit(state, source, lambda: bool(stopped or failures)):
                seen = None
                if state.images_seen >= min(next_picture, state.end):
                    next_picture = _after(state.images_seen, config.picture_kimg)
                    seen = look_at(save(out, state), real, config.augmentation)
                    saved = state.images_seen
                findings = log.keep(tick, seen, state.end)
                if seen is not None and state.images_seen < state.end:
                    write_page([out])
                if findings and findings[0].severity == "failure" and on_failure != "continue":
                    failures.append(findings[0])
        except Diverged as diverged:
            failures.append(diverged)
        # A signal may come before the first tick, or between a tick and the next update.
        if saved != state.images_seen:
            save(out, state)
        write_page([out])
    if failures:
        raise TrainingFailed(f"{failures[0]}; given up at {state.images_seen / 1000:g} kimg")
    if stopped and state.images_seen < state.end:
        raise TrainingStopped(
            f"stopped at {state.images_seen / 1000:g} of {config.kimg:g} kimg, all saved; "
            f"go on with: infogan train --out {out} --resume"
        )


def save(out: Path, state: State) -> Model:
    """Write a checkpoint, the averaged model, pictures of it; returns that model."""
    checkpoints = out / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    state.save(checkpoints / f"{state.images_seen:09d}.safetensors")
    for old in sorted(checkpoints.glob("*.safetensors"))[:-KEPT_CHECKPOINTS]:
        old.unlink()
    save_model(out, state.config.model, state.ema_generator, state.ema_discriminator)
    model = load_model(out)
    pictures = out / "pictures"
    stamp = f"{state.images_seen // 1000:06d}"
    command = f"infogan traverse {out}"
    save_picture(draw_codes(model), pictures / f"codes-{stamp}.png", command)
    for code in model.latent.codes:
        if code.continuous:
            picture = draw_traversal(model, code.name)
            save_picture(picture, pictures / f"{code.name}-{stamp}.png", command)
    save_picture(draw_overview(model), out / "overview.png", command)
    return model


def _resumed_config(out: Path, given: TrainConfig) -> TrainConfig:
    """The run's own config; what the user gives must be nothing, or the same again.

    Only the length may change: a run that was too short can be made longer.
    """
    own = read_config(out)
    nothing = TrainConfig()
    if given.seed != own.seed:
        # The options of a run that has started again since have the seed it began with.
        moved = RESTART_SEEDS * _failures(out)
        given = dataclasses.replace(given, seed=(given.seed + moved) % 2**32)
        nothing = dataclasses.replace(nothing, seed=moved)
    longer = dataclasses.replace(own, kimg=given.kimg)
    shaped = dataclasses.replace(given.model, image_shape=own.model.image_shape)
    if dataclasses.replace(given, model=shaped) == longer:
        return longer
    if given in (nothing, dataclasses.replace(nothing, kimg=given.kimg)):
        return own if given == nothing else longer
    raise UserError(
        f"{out}: its config.yaml differs from the options given; "
        "resume with --out and --resume alone"
    )


def _after(images_seen: int, kimg: float) -> int:
    """The next multiple of an interval, in images."""
    interval = max(1, round(kimg * 1000))
    return (images_seen // interval + 1) * interval


@contextmanager
def _stop_signal() -> Iterator[list[int]]:
    """Collect the first Ctrl-C (or SIGTERM) instead of dying of it; a second one is let through."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, signal.default_int_handler)

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: signals are the caller's business
        yield received
        return
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _set_aside(out: Path) -> None:
    """Move a failed run to failed-N in its own folder."""
    folder = out / f"failed-{_failures(out) + 1}"
    folder.mkdir()
    for path in list(out.iterdir()):
        if not path.name.startswith("failed-"):
            path.rename(folder / path.name)


def _failures(out: Path) -> int:
    return len(list(out.glob("failed-*")))


def _board(out: Path, tensorboard: bool) -> Board:
    if not tensorboard:
        return nullcontext()
    require_extra("tensorboard", "--tensorboard", "tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(out / "tensorboard"))
