"""A run on disk: every file name in its folder, and how each is written and read.

config.yaml  log.jsonl  codes.json  evaluation.json  report.html  README.md  overview.png
model.json  model.safetensors  names.json       a model folder, see `storage.model_folder`
checkpoints/000064000.safetensors               the last two, by the images seen
pictures/c1-000064.png                          by code, and thousands of images seen
failed-1/                                       a run that was given up, and started again
seed-0/                                         runs of several seeds
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infogan.errors import UserError
from infogan.files import write_text
from infogan.inference.trained_model import Model
from infogan.storage.averaged_model import averaged_model_of
from infogan.storage.model_folder import WEIGHTS, give_names
from infogan.training.config import TrainConfig, from_dict
from infogan.training.state import State

CARD, OVERVIEW = "README.md", "overview.png"
KEPT_CHECKPOINTS = 2
CHECKPOINT = ".safetensors"
FAILED, SEED = "failed-", "seed-"

Line = dict[str, Any]
"""A tick in the log: its terms by name, now and then `diagnostics`, and `health` when poor."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run, which need not exist yet."""

    path: Path

    @property
    def config_file(self) -> Path:
        """What the run was started with."""
        return self.path / "config.yaml"

    @property
    def log_file(self) -> Path:
        """A line of JSON for every tick."""
        return self.path / "log.jsonl"

    @property
    def weights_file(self) -> Path:
        """Of the model that training has arrived at."""
        return self.path / WEIGHTS

    @property
    def card_file(self) -> Path:
        """The model card."""
        return self.path / CARD

    @property
    def overview_file(self) -> Path:
        """A picture of all that the codes do."""
        return self.path / OVERVIEW

    @property
    def report_file(self) -> Path:
        """The page that tells everything about the run."""
        return self.path / "report.html"

    @property
    def evaluation_file(self) -> Path:
        """What was measured of the model."""
        return self.path / "evaluation.json"

    @property
    def words_file(self) -> Path:
        """What each code does, in words, where that has been found out."""
        return self.path / "codes.json"

    @property
    def selection_file(self) -> Path:
        """Of several seeds: which was chosen, and why."""
        return self.path / "selection.json"

    @property
    def networks_file(self) -> Path:
        """A picture of the networks."""
        return self.path / "networks.png"

    @property
    def pictures(self) -> Path:
        """The pictures drawn while it trained."""
        return self.path / "pictures"

    @property
    def board(self) -> Path:
        """What TensorBoard shows."""
        return self.path / "tensorboard"

    @property
    def is_run(self) -> bool:
        """Whether a run was started here."""
        return self.config_file.is_file()

    def check_new(self) -> None:
        """Raise UserError where there is anything already."""
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise UserError(
                f"{self.path}: exists already; choose another --out, or go on with --resume"
            )

    # The config

    def read_config(self) -> TrainConfig:
        """What the run was started with; UserError where there is none, or a damaged one."""
        if not self.is_run:
            name = self.config_file.name
            raise UserError(f"{self.path}: is not a run folder, it holds no {name}")
        try:
            content = yaml.safe_load(self.config_file.read_text())
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserError(f"{self.config_file}: not YAML ({type(error).__name__})") from None
        if not isinstance(content, dict):
            raise UserError(f"{self.config_file}: not a run's config, which is settings by name")
        return from_dict(content, str(self.config_file))

    def write_config(self, config: TrainConfig) -> None:
        """Write the config, whole or not at all."""
        write_text(self.config_file, yaml.safe_dump(plain(config), sort_keys=False))

    # The log

    def read_log(self) -> list[Line]:
        """Every tick so far, the oldest first; UserError names a damaged line.

        Lines of former versions are told as today's: there a run that was resumed counted its
        seconds from 0 again.
        """
        lines = [line for _, line in self._log_lines()]
        for line in lines:
            if "probe" in line:  # as version 0.1 called it
                line["diagnostics"] = line.pop("probe")
        _count_on(lines)
        return lines

    def append_to_log(self, line: Line) -> None:
        """Write a tick down."""
        with self.log_file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def cut_log(self, images_seen: int, source: "RunFolder | None" = None) -> None:
        """Drop the lines that lie beyond so many images; with `source`, take them from its log."""
        lines = (source or self)._log_lines()
        kept = [text for text, line in lines if round(line["kimg"] * 1000) <= images_seen]
        if kept or self.log_file.is_file():
            write_text(self.log_file, "".join(kept))

    def _log_lines(self) -> Iterator[tuple[str, Line]]:
        """Whole lines, as text and as data: one without an end is half written, or cut short."""
        texts = self.log_file.read_text() if self.log_file.is_file() else ""
        for number, text in enumerate(texts.splitlines(keepends=True), start=1):
            if text.endswith("\n"):
                try:
                    line: Line = json.loads(text)
                    assert isinstance(line["kimg"], int | float)
                except (ValueError, TypeError, KeyError, AssertionError):
                    raise UserError(
                        f"{self.log_file}: line {number} is damaged; remove it"
                    ) from None
                yield text, line

    # Checkpoints

    def checkpoints(self) -> list[Path]:
        """Those that are kept, the oldest first."""
        found = (self.path / "checkpoints").glob(f"*{CHECKPOINT}")
        return sorted((path for path in found if path.stem.isdigit()), key=images_at)

    def latest_checkpoint(self) -> Path | None:
        """The newest whole checkpoint."""
        return next(reversed(self.checkpoints()), None)

    def save_checkpoint(self, state: State) -> None:
        """Write a checkpoint, and remove those that are too many."""
        state.save(self.path / "checkpoints" / f"{state.images_seen:09d}{CHECKPOINT}")
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            old.unlink()

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
            if kimg.isdigit():
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
        """Move a run that was given up to a folder of its own."""
        folder = self.path / f"{FAILED}{self.failures() + 1}"
        folder.mkdir()
        for path in list(self.path.iterdir()):
            if not path.name.startswith(FAILED):
                path.rename(folder / path.name)

    def seed(self, seed: int) -> "RunFolder":
        """Where the run of one of several seeds belongs."""
        return RunFolder(self.path / f"{SEED}{seed}")

    def seeds(self) -> dict[int, "RunFolder"]:
        """The runs of several seeds that were started."""
        numbers = (path.name.removeprefix(SEED) for path in self.path.glob(f"{SEED}*"))
        known = {int(number): self.seed(int(number)) for number in numbers if number.isdigit()}
        return {seed: known[seed] for seed in sorted(known) if known[seed].is_run}


def images_at(checkpoint: Path) -> int:
    """The images seen at a checkpoint."""
    return int(checkpoint.stem)


def plain(config: TrainConfig) -> dict[str, Any]:
    """A config as plain data: dicts, lists, numbers and text."""
    content: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return content


def _count_on(lines: list[Line]) -> None:
    """Let the seconds of a resumed run go on from where it was stopped, in place.

    A line that took less time, after the one before, than its own images needed is the first one
    of another process, which began at 0.
    """
    earlier, before, kimg = 0.0, 0.0, 0.0
    for line in lines:
        seconds, images = line.get("seconds"), 1000 * (line["kimg"] - kimg)
        kimg = line["kimg"]
        if seconds is None:
            continue
        # The speed is rounded to 0.1, and the time to 0.001.
        needed = images / (line.get("images_per_second", float("inf")) + 0.05)
        if seconds - before < needed - 0.001:
            earlier += before
        before = seconds
        if earlier:
            line["seconds"] = round(earlier + seconds, 3)
