"""A run on disk: how each of its files is written and read."""

import dataclasses
import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from infogan.errors import UserError
from infogan.files import PARTIAL, append_line, check_folder, read_yaml, write_text
from infogan.inference.trained_model import Model
from infogan.storage import log_file
from infogan.storage.averaged_model import averaged_model_of
from infogan.storage.log_file import Line
from infogan.storage.model_folder import give_names
from infogan.storage.run_files import RunFiles
from infogan.storage.run_lock import LOCK
from infogan.training.checkpoint import DamagedCheckpoint
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.state import State

KEPT_CHECKPOINTS = 2
CHECKPOINT = ".safetensors"
DAMAGED = ".damaged"
"""After the name of a checkpoint that turned out not to be whole."""
FAILED, SEED = "failed-", "seed-"
BEGINNING = re.compile(
    rf"config\.yaml|log\.jsonl|names\.json|{re.escape(LOCK)}|pictures|pictures/.+-\d+\.png"
    rf"|checkpoints|checkpoints/\d+.*{DAMAGED}|tensorboard|tensorboard/events\..+|.+{PARTIAL}"
    r"|profile\.(txt|json)"
)
"""What a run writes before its first checkpoint."""


class RunFolder(RunFiles):
    """The folder of a run, which need not exist yet."""

    @property
    def is_run(self) -> bool:
        """Whether a run was started here."""
        return self.config_file.is_file()

    def check_new(self) -> None:
        """Raise UserError where there is anything but a run that was killed before it saved.

        And where none can be: in a file, or under a name by which weights are not read again.
        """
        check_folder(self.path)
        if self.path.exists() and not (self.path.is_dir() and self.is_blank):
            raise UserError(
                f"{self.path}: exists already; choose another --out, or go on with --resume"
            )

    @property
    def is_blank(self) -> bool:
        """Whether starting over would lose nothing: empty, or a run killed before it saved.

        Such a run has left its lock; of files that others put here none may be lost.
        """
        seeds = list(self.path.glob(f"{SEED}*"))
        if not all(path.is_dir() and RunFolder(path).is_blank for path in seeds):
            return False
        if not (self.path / LOCK).is_file():
            return all(path in seeds for path in self.path.iterdir())
        inside = (path for path in self.path.rglob("*") if not {path, *path.parents} & {*seeds})
        return all(BEGINNING.fullmatch(str(path.relative_to(self.path))) for path in inside)

    def clear(self) -> None:
        """Remove what a run that was killed before it saved has left, but for the lock."""
        for path in list(self.path.iterdir()):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

    def go_back_to(self, images_seen: int) -> None:
        """Remove what was written after a checkpoint, and what was only half written."""
        self.cut_log(images_seen)
        for name, shots in self.pictures_by_name().items():
            for kimg, path in shots:
                if kimg <= images_seen // 1000 and is_whole(path):
                    continue
                path.unlink()
                if kimg < images_seen // 1000:
                    warnings.warn(
                        f"{path}: was not a whole picture, and is gone; `infogan traverse` draws "
                        f"{name} of the model as it now is",
                        stacklevel=2,
                    )
        for folder in (self.path, self.pictures, self.path / "checkpoints"):
            for path in folder.glob(f"*{PARTIAL}"):
                if path.is_file():  # else a folder that another command fills, or will
                    path.unlink()

    # The config

    def read_config(self) -> TrainConfig:
        """What the run was started with; UserError where there is none, or a damaged one."""
        if not self.is_run:
            name = self.config_file.name
            raise UserError(f"{self.path}: is not a run folder, it holds no {name}")
        content = read_yaml(self.config_file, "a run's config")
        return from_dict(content, str(self.config_file))

    def write_config(self, config: TrainConfig) -> None:
        """Write the config, whole or not at all."""
        write_text(self.config_file, yaml.safe_dump(plain(config), sort_keys=False))

    # The log

    def read_log(self) -> list[Line]:
        """Every tick so far, the oldest first; see `log_file.read`."""
        return log_file.read(self.log_file)

    def append_to_log(self, line: Line) -> None:
        """Write a tick down; on return it is on the disk."""
        append_line(self.log_file, json.dumps(line))

    def cut_log(self, images_seen: int, source: "RunFolder | None" = None) -> None:
        """Drop the lines that lie beyond so many images; with `source`, take them from its log."""
        kept = log_file.as_far_as((source or self).log_file, images_seen)
        if kept or self.log_file.is_file():
            write_text(self.log_file, kept)

    # Checkpoints

    def checkpoints(self) -> list[Path]:
        """Those that are kept, the oldest first."""
        found = (self.path / "checkpoints").glob(f"*{CHECKPOINT}")
        return sorted((p for p in found if p.stem.isdecimal() and p.is_file()), key=images_at)

    def latest_checkpoint(self) -> Path | None:
        """The newest checkpoint."""
        return next(reversed(self.checkpoints()), None)

    def load_latest(self, state: State) -> Path | None:
        """Let a state become what the newest whole checkpoint remembers; None without any.

        One that is damaged is set aside with a warning, and the one before it is taken. Raises
        UserError where every one is damaged, and where they are of another config.
        """
        newest_first = self.checkpoints()[::-1]
        for path, *older in (newest_first[i:] for i in range(len(newest_first))):
            try:
                state.load(path)
                return path
            except DamagedCheckpoint as damage:
                if not older:
                    raise UserError(f"{damage}; nor is any before it whole: start anew") from None
                path.rename(path.with_name(path.name + DAMAGED))
                warnings.warn(f"{damage}; goes on from {older[0].name} instead", stacklevel=2)
        if self.weights_file.is_file():
            raise UserError(f"{self.path}: holds no checkpoint to resume from; start it anew")
        return None

    def save_checkpoint(self, state: State, instead_of: Path | None = None) -> Path:
        """Write a checkpoint, remove the one it replaces, and those that are too many."""
        path = self.path / "checkpoints" / f"{state.images_seen:09d}{CHECKPOINT}"
        state.save(path)
        if instead_of and instead_of != path:
            instead_of.unlink(missing_ok=True)
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            old.unlink()
        return path

    def open_checkpoint(self, path: Path) -> Model:
        """The averaged model of a checkpoint, called what the run's codes are called."""
        model = averaged_model_of(path, self.read_config().model)
        give_names(model, self.path)
        return model

    def images_seen(self) -> int | None:
        """What its model has seen so far; None where neither checkpoint nor log tells."""
        if checkpoint := self.latest_checkpoint():
            return images_at(checkpoint)
        lines = self.read_log()
        return round(lines[-1]["kimg"] * 1000) if lines else None

    # Pictures

    def picture_file(self, name: str, images_seen: int) -> Path:
        """Where a picture of a code, drawn after so many images, belongs."""
        return self.pictures / f"{name}-{images_seen // 1000:06d}.png"

    def pictures_by_name(self) -> dict[str, list[tuple[int, Path]]]:
        """The pictures of each name, the oldest first, each with its kimg."""
        found: dict[str, list[tuple[int, Path]]] = {}
        for path in sorted(self.pictures.glob("*-*.png")):
            name, _, kimg = path.stem.rpartition("-")
            if kimg.isdecimal():
                found.setdefault(name, []).append((int(kimg), path))
        return found

    # What was found out of its model

    def is_newer_than_model(self, path: Path) -> bool:
        """Whether a file is there and tells of this model, not of one that was here before."""
        weights = self.weights_file
        return path.is_file() and path.stat().st_mtime >= weights.stat().st_mtime

    # Other runs in it

    def failures(self) -> int:
        """How many runs were given up, and set aside."""
        return len(list(self.path.glob(f"{FAILED}*")))

    def set_aside(self) -> None:
        """Move a run that was given up to a folder of its own; its config goes last."""
        folder = self.failed(self.failures() + 1).path
        folder.mkdir()
        moved = [path for path in self.path.iterdir() if self._is_movable(path)]
        for path in sorted(moved, key=lambda path: path == self.config_file):
            path.rename(folder / path.name)

    def take_back(self) -> None:
        """Undo `set_aside` where it was cut short, which the missing config there tells."""
        if self.is_run and self.failures():
            last = self.failed(self.failures())
            if not last.is_run:
                for path in list(last.path.iterdir()):
                    path.rename(self.path / path.name)
                last.path.rmdir()

    def failed(self, number: int) -> "RunFolder":
        """Where the first, second, … run is that was given up."""
        return RunFolder(self.path / f"{FAILED}{number}")

    def _is_movable(self, path: Path) -> bool:
        return path.name != LOCK and not path.name.startswith(FAILED)

    def seed(self, seed: int) -> "RunFolder":
        """Where the run of one of several seeds belongs."""
        return RunFolder(self.path / f"{SEED}{seed}")

    def seeds(self) -> dict[int, "RunFolder"]:
        """The runs of several seeds that were started."""
        numbers = (path.name.removeprefix(SEED) for path in self.path.glob(f"{SEED}*"))
        known = {int(number): self.seed(int(number)) for number in numbers if number.isdecimal()}
        return {seed: known[seed] for seed in sorted(known) if known[seed].is_run}


def images_at(checkpoint: Path) -> int:
    """The images seen at a checkpoint."""
    return int(checkpoint.stem)


def is_whole(picture: Path) -> bool:
    """Whether a picture can be read to its end."""
    try:
        with Image.open(picture) as opened:
            opened.load()
        return True
    except (OSError, SyntaxError, ValueError):  # Pillow has all of these
        return False


def plain(config: TrainConfig) -> dict[str, Any]:
    """A config as plain data: dicts, lists, numbers and text."""
    content: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return content
