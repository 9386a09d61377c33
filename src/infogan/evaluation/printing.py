"""A report as text for a screen 100 columns wide: a table for each group of measurements."""

import textwrap

from infogan.evaluation.results import Measurement, Report

WIDTH = 100
LABEL, BESIDE = 40, 20
"""Columns for a measurement's name and code, and for its interval or floor."""


def table(report: Report) -> str:
    """All figures in groups, with the protocols of each group below it."""
    lines = [
        f"{report.model or 'model'} on {report.data}, {report.split} split: {report.images:,} "
        f"images, {report.effort} effort, seed {report.seed}, {report.seconds:.0f} s"
    ]
    groups: dict[str, list[Measurement]] = {}
    for each in report.measurements:
        groups.setdefault(each.group, []).append(each)
    for group, members in groups.items():
        lines += ["", *_group(group, members)]
    if report.notes:
        lines.append("")
    for note in report.notes:
        lines += textwrap.wrap(note, WIDTH, subsequent_indent="  ")
    for code, told in report.words.items():
        for line in told:
            shown = line if line.startswith(code) else f"{code} {line}"
            lines += textwrap.wrap(shown, WIDTH, initial_indent="  ", subsequent_indent="      ")
    return "\n".join(lines)


def number(value: float) -> str:
    """A figure with the digits that mean something: 0.9736, 12.35, 0.00041."""
    if value and abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def protocols(members: list[Measurement]) -> list[str]:
    """Each protocol once, after the names it belongs to; what several share stands last."""
    heads: dict[str, list[str]] = {}
    tails: list[str] = []
    for each in members:
        head, *shared = each.protocol.split("; ")
        names = heads.setdefault(head, [])
        names += [each.name] if each.name not in names else []
        shared += [each.interval.protocol] if each.interval else []
        tails += [tail for tail in shared if tail not in tails]
    return [f"{', '.join(names)}: {head}" for head, names in heads.items()] + tails


def _group(title: str, members: list[Measurement]) -> list[str]:
    beside = [
        *(["95 % interval"] if any(each.interval for each in members) else []),
        *(["floor"] if any(each.floor is not None for each in members) else []),
    ]
    lines = [title, f"{'value':>{LABEL + 9}}  {' or '.join(beside)}".rstrip()]
    lines += [_row(each) for each in members]
    for protocol in protocols(members):
        lines += textwrap.wrap(protocol, WIDTH, initial_indent="  · ", subsequent_indent="    ")
    return lines


def _row(each: Measurement) -> str:
    beside = "" if each.floor is None else number(each.floor)
    if each.interval is not None:
        beside = f"{number(each.interval.low)} to {number(each.interval.high)}"
    label = f"  {each.name} {each.code}"
    row = f"{label:<{LABEL}}{number(each.value):>9}  {beside:<{BESIDE}}"
    separator = ""
    for found in _found(each):
        if len(row) + len(separator) + len(found) <= WIDTH:
            row, separator = row + separator + found, ", "
    return row.rstrip()


def _found(each: Measurement) -> list[str]:
    """What else was found, where it is a number, a word, or a few whole numbers."""
    found = []
    for key, value in each.detail.items():
        if isinstance(value, list) and all(isinstance(item, int) for item in value):
            value = " ".join(map(str, value)) or "none"
        if isinstance(value, float):
            value = number(value)
        if isinstance(value, int | str):
            found.append(f"{key.replace('_', ' ')} {value}")
    return found
