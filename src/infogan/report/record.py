"""What a run's folder tells of the run: read from its files alone, whole or still growing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infogan.codes.latent import Latent
from infogan.codes.names import load_names
from infogan.errors import UserError

CODES_FILE = "codes.json"
"""What each code does, in words, where that has been found out."""


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
    ticks: list[dict[str, Any]]
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
    """Read a run's folder; ValueError where it is none, or a file of it is damaged."""
    path = Path(folder)
    config_path = path / "config.yaml"
    if not config_path.is_file():
        raise UserError(f"{folder}: is not a run folder, it holds no config.yaml")
    try:
        config = yaml.safe_load(config_path.read_text())
        model = config["model"]
        latent = Latent.parse(model["codes"], model["noise"], model["noise_prior"])
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"{config_path}: not a run's config ({type(error).__name__})") from None
    return Record(
        str(folder),
        config,
        latent,
        list(_read_ticks(path / "log.jsonl")),
        _find_pictures(path / "pictures"),
        _read_json(path / "evaluation.json"),
        (_read_json(path / CODES_FILE) or {}).get("words", {}),
        dict(load_names(path).codes),
    )


def _read_ticks(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        for line in path.read_text().splitlines(keepends=True):
            # The last line of a run that goes on may be half written.
            if line.endswith("\n"):
                yield json.loads(line)


def _find_pictures(folder: Path) -> dict[str, list[tuple[int, Path]]]:
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.glob("*-*.png")):
        name, _, kimg = path.stem.rpartition("-")
        if kimg.isdigit():
            found.setdefault(name, []).append((int(kimg), path))
    return found


def _read_json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise UserError(f"{path}: damaged ({error}); make it again, or remove it") from None
    return content if isinstance(content, dict) else None
