"""What a run's folder tells of the run: read from its files alone, whole or still growing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infogan.codes.latent import Latent
from infogan.codes.names import load_names
from infogan.errors import UserError
from infogan.evaluation.results import read_plain
from infogan.files import read_json
from infogan.storage.log_file import Line
from infogan.storage.run_folder import RunFolder, plain


@dataclass(frozen=True)
class Record:
    """One run, as far as it has come.

    Attributes:
        folder: as the user named it.
        config: what it was started with, as plain data.
        latent: its codes.
        ticks: the lines of its log.
        pictures: PNG files by name (codes, c2, …), the oldest first, each with its kimg.
        evaluation: evaluation.json, or None.
        words: what each code does, by the name the user gave it.
        called: what the user calls the codes that were given a name.
    """

    folder: str
    config: dict[str, Any]
    latent: Latent
    ticks: list[Line]
    pictures: dict[str, list[tuple[int, Path]]]
    evaluation: dict[str, Any] | None
    words: dict[str, str]
    called: dict[str, str]

    @property
    def name(self) -> str:
        return Path(self.folder).resolve().name

    def series(self, term: str) -> tuple[list[float], list[float]]:
        """Thousands of images, and a term's values, where it was logged."""
        known = [tick for tick in self.ticks if isinstance(tick.get(term), int | float)]
        return [tick["kimg"] for tick in known], [float(tick[term]) for tick in known]


def read_record(folder: str | Path) -> Record:
    """Read a run's folder; UserError where it is none, or a file of it is damaged."""
    run = RunFolder(Path(folder))
    config = run.read_config()
    return Record(
        str(folder),
        plain(config),
        config.model.latent,
        run.read_log(),
        run.pictures_by_name(),
        read_plain(run.evaluation_file) if run.evaluation_file.is_file() else None,
        _words(run.words_file),
        dict(load_names(run.path).codes),
    )


def _words(path: Path) -> dict[str, str]:
    """What each code does; UserError where the file holds something else."""
    if not path.is_file():
        return {}
    words = read_json(path, "codes in words", "make it again, or remove it").get("words", {})
    if not isinstance(words, dict) or not all(isinstance(said, str) for said in words.values()):
        raise UserError(f"{path}: words: not a text by code's name; make it again, or remove it")
    return words
