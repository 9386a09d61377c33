"""infogan report: one page that tells everything about a run."""

import errno
import shlex
import warnings
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
    parser.add_argument(
        "--paths", action="store_true", help="tell where the data lie, not only their name"
    )
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
    try:
        if len(args.runs) == 1:
            _keep_words(Path(args.runs[0]))
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        if out is None:
            raise UserError(
                f"{args.runs[0]}: may not be written; name the page with --out"
            ) from None
        warnings.warn(
            f"{args.runs[0]}: may not be written, so the page does not say in words what each code "
            "does; infogan describe-codes does",
            stacklevel=1,
        )
    path = write_page(args.runs, out, paths=args.paths)
    print(f"report    {path}")
    print(f"next      open it in a browser, or: infogan explore {shlex.join(args.runs)}")


def _keep_words(folder: Path) -> None:
    """Find out what each code of the run's model does, unless that is known already."""
    from infogan.report.words import keep_words
    from infogan.storage.model_folder import load_model
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(folder)
    if run.weights_file.is_file() and not run.is_newer_than_model(run.words_file):
        keep_words(run, load_model(folder))
