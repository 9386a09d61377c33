"""What an evaluation gives: measurements that name their protocol, in one report, as JSON."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from infogan.data.source import Source
from infogan.errors import UserError
from infogan.evaluation.effort import EffortName
from infogan.files import write_json
from infogan.metrics.bootstrap import Interval

FORMAT_VERSION = 1
FINGERPRINT_IMAGES = 64


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

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"format_version": FORMAT_VERSION} | asdict(self)


def settings_of(protocol: str) -> str:
    """A metric's protocol without what it found, so that two models measured alike share it."""
    return _FINDINGS.sub("", protocol)


_FINDINGS = re.compile(
    r", \d+ clusters| within \d+ codes|, \d+ of \d+ codes (?:kept|active)| \(more clusters[^)]*\)"
)


def fingerprint(source: Source) -> str:
    """Twelve hex digits of the sha256 of a source's size and of 64 of its images, evenly spaced."""
    spaced = np.linspace(0, len(source) - 1, min(len(source), FINGERPRINT_IMAGES)).astype(np.int64)
    digest = hashlib.sha256(repr((len(source), source.shape)).encode())
    digest.update(np.ascontiguousarray(source.batch(spaced)).tobytes())
    return digest.hexdigest()[:12]


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON, whole or not at all."""
    write_json(path, report.as_dict())


def read_report(path: Path) -> Report:
    """Read what `write_report` wrote; ValueError, with the remedy, for anything else."""
    try:
        content = json.loads(path.read_text())
        if content.pop("format_version") != FORMAT_VERSION:
            raise UserError("another version's")
        measurements = [_measurement(each) for each in content.pop("measurements")]
        return Report(**content, measurements=measurements)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UserError(
            f"{path}: not an evaluation of this version; measure the run again with "
            "infogan evaluate"
        ) from None


def _measurement(content: dict[str, Any]) -> Measurement:
    interval = content.pop("interval")
    return Measurement(**content, interval=None if interval is None else Interval(**interval))
