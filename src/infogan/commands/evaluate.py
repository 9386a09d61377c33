"""infogan evaluate: measure a trained model."""

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import add_reading_arguments, rules_of
from infogan.commands.writing import add_force_argument, check_new, check_writable, print_written
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.data.factors_csv import Match
    from infogan.data.rules import ImageRules
    from infogan.evaluation.effort import EffortName
    from infogan.evaluation.results import Report

HELP = "measure a trained model: its codes, its images, and what is known of the data"


def add_arguments(parser: ArgumentParser) -> None:
    """What to measure, on what."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--data", default="", help="images to measure on; the run's own by default")
    add_reading_arguments(parser)
    parser.add_argument("--split", default="test", choices=["test", "train"], help="which part")
    parser.add_argument("--quick", action="store_true", help="a first look, from smaller samples")
    parser.add_argument("--full", action="store_true", help="samples as large as the protocols'")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    parser.add_argument(
        "--factors",
        default="",
        help="a table of what is known of some images: a column `file`, then any others",
    )
    parser.add_argument(
        "--match",
        default="exact",
        choices=["exact", "loose"],
        help="how the table's names fit those of the images; loose: whatever case and suffix",
    )
    parser.add_argument("--out", default="", help="a JSON file; RUN/evaluation.json by default")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Measure, write the JSON, print the tables."""
    from infogan.evaluation import table

    if args.quick and args.full:
        raise UserError("--quick and --full: give one of them, or neither")
    effort: EffortName = "quick" if args.quick else "full" if args.full else "standard"
    out = Path(args.out) if args.out else report_path(args.run)
    if out != report_path(args.run):  # the run's own is as new as the model
        check_new(out, force=args.force)
    check_writable(out)
    report = evaluate_run(
        args.run,
        out,
        data=args.data,
        split=args.split,
        effort=effort,
        seed=args.seed,
        rules=rules_of(args),
        factors=args.factors,
        match=args.match,
    )
    print(table(report))
    print_written(out)


def evaluate_run(
    run: str,
    out: Path | None,
    *,
    data: str = "",
    split: str = "test",
    effort: "EffortName" = "standard",
    seed: int = 0,
    rules: "ImageRules | None" = None,
    factors: str = "",
    match: "Match" = "exact",
) -> "Report":
    """Measure the model of a run, on its own data where none are named; write the JSON, if any.

    The run's own evaluation goes into its model card, too.
    """
    from infogan.evaluation import evaluate, write_report
    from infogan.export.card import write_card
    from infogan.storage.model_folder import load_model
    from infogan.storage.run_folder import RunFolder

    model, folder = load_model(run), RunFolder(Path(run))
    trained = folder.read_config() if folder.is_run or not data else None
    data = data or (trained.data if trained else "")
    report = evaluate(
        model,
        data,
        name=run,
        split=split,
        effort=effort,
        seed=seed,
        rules=rules,
        factors=factors,
        match=match,
    )
    if out is not None:
        write_report(report, out)
    if out == report_path(run):
        write_card(folder.path, model, trained, folder.images_seen())
    return report


def report_path(run: str) -> Path:
    """Where a run keeps its evaluation."""
    from infogan.storage.run_folder import RunFolder

    return RunFolder(Path(run)).evaluation_file
