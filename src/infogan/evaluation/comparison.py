"""Several evaluations side by side: a column a run, a row a measurement, as Markdown or CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infogan.evaluation.printing import number
from infogan.evaluation.results import Measurement, Report
from infogan.files import no_formula


@dataclass(frozen=True)
class Row:
    """One measurement of all runs that took it in the same way on the same data."""

    name: str
    code: str
    group: str
    protocol: str
    data: str
    """As it was opened, with the split."""
    found: dict[int, Measurement]
    """By the run's place in the comparison."""

    @property
    def floor(self) -> float | None:
        """What real images score, where it does not depend on the run."""
        floors = {each.floor for each in self.found.values()}
        return floors.pop() if len(floors) == 1 else None


@dataclass(frozen=True)
class Comparison:
    """Rows of measurements, columns of runs."""

    runs: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def titles(self) -> list[str]:
        """The runs' folders without those above them, where that tells them apart."""
        names = [Path(run).name for run in self.runs]
        return names if len(set(names)) == len(names) else list(self.runs)

    def as_markdown(self) -> str:
        """A table, aligned, with half the 95 % interval; below it the protocols by number."""
        notes: dict[str, int] = {}
        table = [["measurement", *self.titles, "floor", "how"]]
        for row in self.rows:
            note = notes.setdefault(f"{row.protocol}; on {row.data}", len(notes) + 1)
            cells = [_cell(row.found.get(column)) for column in range(len(self.runs))]
            floor = "" if row.floor is None else number(row.floor)
            table.append([f"{row.name} {row.code}".strip(), *cells, floor, str(note)])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        table.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
        lines = [
            f"| {' | '.join(f'{c:<{w}}' for c, w in zip(cells, widths, strict=True))} |"
            for cells in table
        ]
        return "\n".join([*lines, "", *(f"{n}. {note}" for note, n in notes.items())])

    def as_csv(self) -> str:
        """The same with every digit, and the protocol in full in every row."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        titles = map(no_formula, self.titles)
        writer.writerow(["measurement", "code", *titles, "floor", "protocol", "data"])
        for row in self.rows:
            values = [
                row.found[column].value if column in row.found else ""
                for column in range(len(self.runs))
            ]
            floor = "" if row.floor is None else row.floor
            cells = [row.name, row.code, *values, floor, row.protocol, row.data]
            writer.writerow(map(no_formula, cells))
        return text.getvalue().rstrip("\n")


def compare(reports: Sequence[Report]) -> Comparison:
    """Put what was measured alike into one row, and everything else into rows of its own.

    Alike is the same measurement of a code of the same name, under the same protocol, on the same
    number of images of the same data (by its fingerprint, whatever it was called).
    """
    rows: dict[tuple[object, ...], Row] = {}
    for column, report in enumerate(reports):
        for each in report.measurements:
            key = (
                each.group, each.name, each.code, each.protocol, each.n,
                report.fingerprint, report.split,
            )  # fmt: skip
            data = f"{report.data}, {report.split} split"
            row = Row(each.name, each.code, each.group, each.protocol, data, {})
            rows.setdefault(key, row).found[column] = each
    # A measurement's rows stand together, in the order of the first report that has it.
    names = [(row.group, row.name, row.code) for row in rows.values()]
    ordered = sorted(rows.values(), key=lambda row: names.index((row.group, row.name, row.code)))
    return Comparison(tuple(report.model for report in reports), tuple(ordered))


def _cell(each: Measurement | None) -> str:
    if each is None:
        return "–"
    if each.interval is None:
        return number(each.value)
    return f"{number(each.value)} ± {number((each.interval.high - each.interval.low) / 2)}"
