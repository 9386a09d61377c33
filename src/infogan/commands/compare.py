"""infogan compare: several runs side by side."""

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.evaluate import evaluate_run, report_path
from infogan.commands.writing import add_force_argument, check_new, may_write, print_written
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.evaluation.effort import EffortName
    from infogan.evaluation.results import Report

HELP = "put the evaluations of several runs side by side"


def add_arguments(parser: ArgumentParser) -> None:
    """Which runs, and where to."""
    parser.add_argument(
        "runs", nargs="+", help="run folders, two or more; one not evaluated yet is evaluated first"
    )
    parser.add_argument("--data", default="", help="images for those; each run's own by default")
    parser.add_argument("--out", default="", help="also write the table: .md or .csv")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Read, or make, each run's evaluation.json; print the table, and write it."""
    from infogan.evaluation.comparison import compare
    from infogan.files import write_text

    out = Path(args.out) if args.out else None
    if out and out.suffix not in (".md", ".csv"):
        raise UserError(f"--out {out}: a table is written as .md or .csv")
    if len(args.runs) < 2:
        raise UserError(f"{args.runs[0]} is a single run: give two or more to compare")
    if out:
        check_new(out, force=args.force)
    comparison = compare(read_reports(args.runs, args.data))
    print(comparison.as_markdown())
    if out:
        text = comparison.as_csv() if out.suffix == ".csv" else comparison.as_markdown()
        write_text(out, text + "\n")
        print_written(out)


def read_reports(runs: list[str], data: str = "") -> "list[Report]":
    """The evaluations of runs; those that have none are measured as the first one was, or quickly.

    Raises UserError where a folder is no run.
    """
    from infogan.evaluation.results import read_report

    known = {run: read_report(path) for run in runs if (path := report_path(run)).is_file()}
    first = next(iter(known.values()), None)
    effort: EffortName = first.effort if first else "quick"
    split = first.split if first else "test"
    for run in runs:
        if run not in known:
            print(
                f"infogan: {run}: no evaluation yet, measuring it too ({effort})", file=sys.stderr
            )
            path = report_path(run)
            kept = path if may_write(path) else None
            if kept is None:
                warnings.warn(f"{run}: may not be written to, so it is not kept", stacklevel=2)
            known[run] = evaluate_run(run, kept, data=data, split=split, effort=effort)
    return [known[run] for run in runs]
