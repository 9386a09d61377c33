"""The log of a run on disk: a line of JSON for every tick."""

import json
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from infogan.errors import UserError
from infogan.files import bounded

MOST_BYTES = 256 * 2**20
"""Of a log: some hundred thousand ticks."""
MOST_KIMG = 1e10
"""Ten times what a config takes."""
Line = dict[str, Any]
"""A tick in the log: its terms by name, now and then `diagnostics`, and `health` when poor."""


def read(path: Path) -> list[Line]:
    """Every tick so far, the oldest first; UserError names a damaged line.

    Lines of former versions are told as today's: there a run that was resumed counted its
    seconds from 0 again.
    """
    lines = [line for _, line in _lines(path)]
    for line in lines:
        if "probe" in line:  # as version 0.1 called it
            line["diagnostics"] = line.pop("probe")
    _count_on(lines)
    return lines


def as_far_as(path: Path, images_seen: int) -> str:
    """The text of the lines up to so many images; what comes after may be damaged as it likes."""
    before = takewhile(lambda each: round(each[1]["kimg"] * 1000) <= images_seen, _lines(path))
    return "".join(text for text, _ in before)


def _lines(path: Path) -> Iterator[tuple[str, Line]]:
    """Whole lines, as text and as data: one without an end is half written, or cut short."""
    content = bounded(path, "a log", MOST_BYTES, "keep its last lines") if path.is_file() else b""
    texts = content.decode(errors="replace")
    for number, text in enumerate(texts.splitlines(keepends=True), start=1):
        if text.endswith("\n"):
            try:
                line: Line = json.loads(text)
                _check_line(line)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                raise UserError(f"{path}: line {number} is damaged; remove it") from None
            yield text, line


def _check_line(line: Line) -> None:
    """Raise ValueError, TypeError or KeyError unless a line of the log is one that we write."""
    if not 0 <= line["kimg"] <= MOST_KIMG:
        raise ValueError("kimg")
    for key, value in line.items():
        if key in ("diagnostics", "probe"):
            known = dict(value)
            ok = {"usage", "prior", "overlap", "spread", "noise"} <= known.keys()
            ok = ok and all(type(known[each]) is dict for each in ("usage", "prior", "overlap"))
        elif key == "health":
            kinds = {"kind", "severity", "brief", "message", "remedy"}
            ok = all(each.keys() == kinds for each in value)
            ok = ok and all(type(said) is str for each in value for said in each.values())
        elif key in ("regrouped", "mixed"):
            ok = type(value) is list and all(type(each) is str for each in value)
        else:
            ok = type(value) in (int, float)
        if not ok:
            raise ValueError(key)


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
