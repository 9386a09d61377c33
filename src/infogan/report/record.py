"""What a run's folder tells of the run: read from its files alone, whole or still growing."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infogan.codes.latent import Latent
from infogan.codes.names import load_names
from infogan.errors import UserError
from infogan.evaluation.results import read_plain
from infogan.files import read_json
from infogan.storage.log_file import Line
from infogan.storage.run_folder import RunFolder, plain

REMEDY = "make it again, or remove it"
"""Of a file that is damaged."""


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
        apart: by code as the model has it now, what sets each of its categories apart.
        shown: by code, a small picture (PNG, in base64) of each of its categories.
        verdict: what came of it, and what is wrong; None while it is not over.
    """

    folder: str
    config: dict[str, Any]
    latent: Latent
    ticks: list[Line]
    pictures: dict[str, list[tuple[int, Path]]]
    evaluation: dict[str, Any] | None
    words: dict[str, str]
    called: dict[str, str]
    apart: dict[str, list[str]]
    shown: dict[str, list[str]]
    verdict: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The run's name: that of its folder."""
        return Path(self.folder).resolve().name

    def series(self, term: str) -> tuple[list[float], list[float]]:
        """Thousands of images, and a term's values, where it was logged."""
        known = [tick for tick in self.ticks if isinstance(tick.get(term), int | float)]
        return [tick["kimg"] for tick in known], [float(tick[term]) for tick in known]


def read_record(folder: str | Path, *, paths: bool = False) -> Record:
    """Read a run's folder; UserError where it is none, or a file of it is damaged.

    Data go by their name; with `paths` also by where they lie, which a page need not tell.
    """
    run = RunFolder(Path(folder))
    config, words = run.read_config(), _words(run.words_file)
    over = run.is_newer_than_model(run.verdict_file)
    evaluation = read_plain(run.evaluation_file) if run.evaluation_file.is_file() else None
    if not paths:
        named = replace(config, data=_name(config.data), labels=_name(config.labels))
        command = str((evaluation or {}).get("command", "")).replace(config.data, named.data)
        if evaluation is not None:
            data = _name(str(evaluation.get("data")))
            evaluation |= {"data": data, "command": command}
        config = named
    return Record(
        str(folder),
        plain(config),
        config.model.latent,
        run.read_log(),
        run.pictures_by_name(),
        evaluation,
        words.get("words", {}),
        dict(load_names(run.path).codes),
        words.get("categories", {}),
        words.get("pictures", {}),
        read_json(run.verdict_file, "a verdict", REMEDY) if over else None,
    )


def _name(data: str) -> str:
    """The last part of a path; of what is fetched or drawn the name it has anyway."""
    return Path(data).name if data else ""


def _words(path: Path) -> dict[str, Any]:
    """What codes do, in words and pictures; UserError where the file holds something else."""
    if not path.is_file():
        return {}
    content: dict[str, Any] = read_json(path, "codes in words", REMEDY)
    words = content.get("words", {})
    if not isinstance(words, dict) or not all(isinstance(said, str) for said in words.values()):
        raise UserError(f"{path}: words: not a text by code's name; {REMEDY}")
    return content
