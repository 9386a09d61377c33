"""A run on disk: its config, a line for every tick, pictures, checkpoints, and the model."""

import dataclasses
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from .config import TrainConfig, from_dict
from .data import open_images
from .data.source import Source
from .infer import Model
from .packaging import load_model, save_model
from .report.figures import draw_codes, draw_overview, draw_traversal, save_picture
from .state import State
from .train import Tick, fit

KEPT_CHECKPOINTS = 2
Board = AbstractContextManager[Any]  # of a TensorBoard writer, or of None


class TrainingStopped(Exception):
    """Training was interrupted; everything is saved, and the message says how to go on."""


def train(
    data: str | Path | None = None,
    out: str | Path = "runs/infogan",
    *,
    config: TrainConfig | None = None,
    resume: bool = False,
    progress: bool = True,
    tensorboard: bool = False,
) -> Model:
    """Train an InfoGAN on images into a run folder, and return the model.

    `data` is whatever `infogan.data.open_images` takes, and goes before `config.data`. With
    `resume` a run that was stopped goes on, to the same weights as if it had not been.
    Raises ValueError for bad data or options and `TrainingStopped` on Ctrl-C, after saving.
    """
    out = Path(out)
    config = config or TrainConfig()
    if data is not None:
        config = dataclasses.replace(config, data=str(data))
    if resume:
        config = _resumed_config(out, config)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out}: exists already; choose another --out, or go on with --resume")
    source = open_images(config.data, split="train", size=config.size, channels=config.channels)
    shaped = dataclasses.replace(config.model, image_shape=source.shape)
    if resume and config.model.image_shape != source.shape:
        raise ValueError(
            f"{config.data}: images are {source.shape}, the run in {out} was of "
            f"{config.model.image_shape}"
        )
    config = dataclasses.replace(config, model=shaped)
    state = State.create(config)
    if resume:
        if not (checkpoint := latest_checkpoint(out)):
            raise ValueError(f"{out}: holds no checkpoint to resume from; start it anew")
        state.load(checkpoint)
    board: Board = _tensorboard(out) if tensorboard else nullcontext()
    out.mkdir(parents=True, exist_ok=True)
    if not resume or config != read_config(out):
        _write_config(out, config)
    _train_into(out, state, source, progress, board)
    return load_model(out)


def _train_into(out: Path, state: State, source: Source, progress: bool, board: Board) -> None:
    """Drive the loop: log every tick, save at intervals, stop at the first signal."""
    config = state.config
    end = round(config.kimg * 1000)
    _forget_after(out / "log.jsonl", state.images_seen)
    with (
        board as writer,
        (out / "log.jsonl").open("a") as log,
        tqdm(
            total=end,
            initial=state.images_seen,
            unit="img",
            unit_scale=True,
            desc=out.name,
            disable=not progress,
            file=sys.stderr,
            dynamic_ncols=True,
        ) as bar,
        _stop_signal() as stopped,
    ):
        next_picture, saved = _after(state.images_seen, config.picture_kimg), -1
        for tick in fit(state, source, should_stop=lambda: bool(stopped)):
            log.write(json.dumps(_flat(tick)) + "\n")
            log.flush()
            if writer is not None:
                for name, value in _flat(tick).items():
                    writer.add_scalar(name, value, state.images_seen)
            bar.update(state.images_seen - bar.n)
            bar.set_postfix_str(summary(tick))
            if state.images_seen >= next_picture:
                next_picture = _after(state.images_seen, config.picture_kimg)
                save(out, state)
                saved = state.images_seen
        # A signal may come before the first tick, or between a tick and the next update.
        if saved != state.images_seen:
            save(out, state)
    if stopped and state.images_seen < end:
        raise TrainingStopped(
            f"stopped at {state.images_seen / 1000:g} of {config.kimg:g} kimg, all saved; "
            f"go on with: infogan train --out {out} --resume"
        )


def save(out: Path, state: State) -> None:
    """Write a checkpoint, the averaged model, and pictures of it."""
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


def summary(tick: Tick) -> str:
    """A tick in a few words, for the progress line: losses, and each code's bound in nats."""
    losses = [f"D {tick.terms['d_loss']:.2f}", f"G {tick.terms['g_loss']:.2f}"]
    codes = [
        f"{name[3:]} {value:.2f}" for name, value in tick.terms.items() if name.startswith("mi/")
    ]
    return " ".join(losses) + " | nats: " + " ".join(codes[:6])


def read_config(out: Path) -> TrainConfig:
    """The config a run was started with; ValueError where there is none."""
    path = out / "config.yaml"
    if not path.is_file():
        raise ValueError(f"{out}: is not a run folder, it holds no config.yaml")
    return from_dict(yaml.safe_load(path.read_text()), str(path))


def read_log(out: Path) -> Iterator[dict[str, float]]:
    """Every tick of a run."""
    path = out / "log.jsonl"
    if path.is_file():
        for line in path.read_text().splitlines():
            yield json.loads(line)


def latest_checkpoint(out: Path) -> Path | None:
    """The newest whole checkpoint of a run."""
    return max((out / "checkpoints").glob("*.safetensors"), default=None)


def _write_config(out: Path, config: TrainConfig) -> None:
    # Through JSON, so that tuples become plain lists.
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    (out / "config.yaml").write_text(yaml.safe_dump(plain, sort_keys=False))


def _resumed_config(out: Path, given: TrainConfig) -> TrainConfig:
    """The run's own config; what the user gives must be nothing, or the same again.

    Only the length may change: a run that was too short can be made longer.
    """
    own = read_config(out)
    longer = dataclasses.replace(own, kimg=given.kimg)
    shaped = dataclasses.replace(given.model, image_shape=own.model.image_shape)
    if dataclasses.replace(given, model=shaped) == longer:
        return longer
    if given in (TrainConfig(), TrainConfig(kimg=given.kimg)):
        return own if given == TrainConfig() else longer
    raise ValueError(
        f"{out}: its config.yaml differs from the options given; "
        "resume with --out and --resume alone"
    )


def _forget_after(log: Path, images_seen: int) -> None:
    """Drop the lines of a log that lie beyond the checkpoint training goes on from."""
    if log.is_file():
        # A last line without an end was cut short by a crash.
        lines = [line for line in log.read_text().splitlines(keepends=True) if line[-1] == "\n"]
        kept = [line for line in lines if round(json.loads(line)["kimg"] * 1000) <= images_seen]
        log.write_text("".join(kept))


def _flat(tick: Tick) -> dict[str, float]:
    return {
        "kimg": tick.kimg,
        "seconds": round(tick.seconds, 3),
        "images_per_second": round(tick.images_per_second, 1),
    } | {name: round(value, 6) for name, value in tick.terms.items()}


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


def _tensorboard(out: Path) -> Board:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError(
            "--tensorboard needs an extra: pip install -c constraints.txt 'infogan[tensorboard]'"
        ) from None
    return SummaryWriter(str(out / "tensorboard"))
