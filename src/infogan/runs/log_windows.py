"""The part of a run's log that rules of health look at: the last ticks, the last looks."""

from collections.abc import Mapping, Sequence
from typing import Any

from infogan.training.config import TrainConfig

Line = Mapping[str, Any]
"""One line of log.jsonl: the terms of a tick by name, and at picture intervals `diagnostics`."""

LONG = 0.05
"""Part of the planned length that counts as long, for what is told tick by tick."""
TICKS = 3
"""It is at least so many ticks."""
LOOKS = 2
"""Looks in succession that must agree."""
YOUNG, GROWN = 0.2, 0.4
"""Parts of the planned length before which looks, and what comes late, prove nothing."""


def is_grown(line: Line, config: TrainConfig) -> bool:
    """Whether so much of the run is done that what comes late should be there."""
    return bool(line["kimg"] >= GROWN * config.kimg)


def recent_terms(lines: Sequence[Line], config: TrainConfig, term: str) -> list[float]:
    """A term at the ticks of the last LONG part of the run; empty where there are too few."""
    since = lines[-1]["kimg"] - LONG * config.kimg
    start = max(0, len(lines) - TICKS)
    while start > 0 and lines[start - 1]["kimg"] >= since:
        start -= 1
    found = [line[term] for line in lines[start:] if term in line]
    return found if len(found) >= TICKS else []


def last_looks(lines: Sequence[Line], config: TrainConfig) -> list[dict[str, Any]]:
    """The last looks, the young run's left out; empty where they are too few to agree."""
    late = [line for line in lines if line["kimg"] >= YOUNG * config.kimg]
    found = [line["diagnostics"] for line in late if "diagnostics" in line]
    return found[-LOOKS:] if len(found) >= LOOKS else []
