"""What an evaluation gives: measurements that name their protocol, in one report, as JSON."""

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infogan.errors import UserError
from infogan.evaluation.effort import EffortName
from infogan.files import read_json, write_json
from infogan.metrics.bootstrap import Interval

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Measurement:
    """One figure, with what it was measured on and how."""

    name: str
    value: float
    protocol: str
    """How it was measured; two figures compare only where this is the same to the letter."""
    n: int
    """Images it was measured on."""
    code: str = ""
    """The code it is about; empty where it is about them all."""
    group: str = ""
    """The table it belongs in."""
    interval: Interval | None = None
    floor: float | None = None
    """What real training images score in the generator's place."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What else was found: numbers, or lists and dicts of them."""
    seed: int = 0


@dataclass(frozen=True)
class Report:
    """Everything measured of one model on one data set."""

    model: str
    data: str
    fingerprint: str
    """Of the images: the same for the same data, by whatever name it was opened."""
    split: str
    images: int
    effort: EffortName
    seed: int
    command: str
    """What to type to measure this again."""
    seconds: float
    versions: dict[str, str]
    measurements: list[Measurement]
    words: dict[str, list[str]] = field(default_factory=dict)
    """By code, what it says of factors known for some images."""
    notes: list[str] = field(default_factory=list)
    """What was found of these factors, and what was left out."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"format_version": FORMAT_VERSION} | asdict(self)


def settings_of(protocol: str) -> str:
    """A metric's protocol without what it found, so that two models measured alike share it."""
    return _FINDINGS.sub("", protocol)


_FINDINGS = re.compile(
    r", \d+ clusters| within \d+ codes|, \d+ of \d+ codes (?:kept|active)| \(more clusters[^)]*\)"
)


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON, whole or not at all."""
    write_json(path, report.as_dict())


def read_report(path: Path) -> Report:
    """Read what `write_report` wrote; ValueError, with the remedy, for anything else."""
    try:
        content = read_plain(path)
        if content.pop("format_version") != FORMAT_VERSION:
            raise UserError("another version's")
        measurements = [_measurement(each) for each in content.pop("measurements")]
        return Report(**content, measurements=measurements)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            f"{path}: not an evaluation of this version; measure the run again with "
            "infogan evaluate"
        ) from None


def read_plain(path: Path) -> dict[str, Any]:
    """An evaluation as plain data, of any version; UserError where something has a wrong type."""
    content = read_json(path, "an evaluation", "measure the run again, or remove it")
    try:
        _check(type(content.get("images", 0)) is int, "images")
        for each in content.get("measurements", []):
            for name in ("name", "code", "protocol", "group"):
                _check(isinstance(each.get(name), str | None), name)
            for name in ("value", "floor"):
                _check(_is_number_or_none(each.get(name)), name)
            interval = each.get("interval")
            _check(
                interval is None
                or all(_is_number_or_none(interval[end]) for end in ("low", "high")),
                "interval",
            )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path}: not an evaluation ({error}); measure the run again, or remove it"
        ) from None
    return content


def _check(holds: bool, name: str) -> None:
    if not holds:
        raise ValueError(f"its {name} is of a wrong type")


def _is_number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _measurement(content: dict[str, Any]) -> Measurement:
    interval = content.pop("interval")
    return Measurement(**content, interval=None if interval is None else Interval(**interval))
