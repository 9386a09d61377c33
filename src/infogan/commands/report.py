"""infogan report: one page that tells everything about a run."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new
from infogan.errors import UserError

HELP = "write one web page that tells everything about a run, or compares several"

EXPLAINED = """One HTML file that needs nothing else: what was trained, curves of the losses and of
every code's mutual information, health messages, pictures over time, what each code does,
evaluations with their protocols, and the commands to reproduce it all.

  infogan report runs/digits
  infogan report runs/a runs/b --out compared.html
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Which runs, and where to."""
    parser.description = f"{HELP}\n\n{EXPLAINED}"
    parser.add_argument("runs", nargs="+", help="a run's folder, or several to compare")
    parser.add_argument("--out", default="", help="an HTML file; RUN/report.html by default")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Find out what each code does where that is not known yet, and write the page."""
    from infogan.report.page import write_page
    from infogan.storage.run_folder import RunFolder

    out = Path(args.out) if args.out else None
    if out and out.suffix != ".html":
        raise UserError(f"--out {out}: a report is written as .html")
    if len(args.runs) > 1 and out is None:
        raise UserError("several runs: name the page with --out, such as --out compared.html")
    own = RunFolder(Path(args.runs[0])).report_file
    if out and out != own:  # the run's own page is written anew while it trains, too
        check_new(out, force=args.force)
    if len(args.runs) == 1:
        keep_words(Path(args.runs[0]))
    path = write_page(args.runs, out)
    print(f"report    {path}")
    print(f"next      open it in a browser, or: infogan explore {' '.join(args.runs)}")


def keep_words(folder: Path, *, again: bool = False) -> None:
    """Keep what each code of a run's model does beside the model, in words, for its report."""
    from infogan.evaluation.descriptions import PROTOCOL, describe_codes, in_words
    from infogan.files import write_json
    from infogan.storage.model_folder import load_model
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(folder)
    if not run.weights_file.is_file():
        return
    if not again and run.is_newer_than_model(run.words_file):
        return
    found = describe_codes(load_model(folder))
    words = {name: in_words("", said, width=10_000).strip() for name, said in found.items()}
    write_json(run.words_file, {"words": words, "protocol": PROTOCOL})
