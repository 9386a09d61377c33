"""infogan demo: turn the controls of a small model that comes with the package."""

import os
import shutil
import signal
import sys
from importlib.resources import as_file, files
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import print_next
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.storage.run_folder import RunFolder

HELP = "turn the controls of a small trained model that comes with the package"

EXPLAINED = """A model of 1,797 handwritten digits, trained without a label. It is copied to a
folder of yours, so that every other command can be tried on it; its picture is drawn, and where
there is a browser its page is opened.

  infogan demo
  infogan demo --no-open
"""
INDENT = " " * 10
OWN = "infogan train --data FOLDER-OF-IMAGES"


def add_arguments(parser: ArgumentParser) -> None:
    """Where the copy goes, and whether to open its page."""
    parser.description = f"{HELP}\n\n{EXPLAINED}"
    parser.add_argument(
        "--out", default="runs/demo", help="the folder for the copy; its own may be there already"
    )
    parser.add_argument("--no-open", action="store_true", help="draw the pictures, open no page")
    parser.add_argument("--port", type=int, default=0, help="of the page; 0 takes any that is free")


def run(args: Namespace) -> int:
    """Copy, draw, open the page, and say how to have a model of one's own."""
    from infogan.audience import has_browser
    from infogan.figures import draw_overview, save_picture
    from infogan.files import read_json
    from infogan.storage.model_folder import load_model
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(Path(args.out))
    copy(run)
    made = read_json(run.path / "made.json", "how the demo was made")
    if not run.overview_file.is_file():
        save_picture(draw_overview(load_model(run.path)), run.overview_file, "infogan demo")
    said = (
        f"In {made['images']:,} handwritten digits, without a label, this model found ten kinds "
        f"(a row each; {made['accuracy']:.0%} of the images are in the row of their digit) and two "
        "dials, here from end to end."
    )
    print(f"picture   {run.overview_file}")
    print(fill(said, 100, initial_indent=INDENT, subsequent_indent=INDENT))
    answers = sys.stdin.isatty() and sys.stdout.isatty()  # somebody who is asked here
    opens = not args.no_open and answers and has_browser() and _explore(run, args.port)
    if not opens:
        print_next("infogan", "explore", run.path, "--open", why="to turn them in the browser")
    print(f"{INDENT}{OWN}, for a model of your own")
    return _offer() if answers else 0


def copy(run: "RunFolder") -> None:
    """Put the model that comes with the package into a folder, unless it is there already.

    Raises UserError where the folder holds anything else.
    """
    from infogan.files import replacing_folder
    from infogan.storage.model_folder import WEIGHTS

    with as_file(files("infogan") / "demo") as packed:
        if run.path.exists() and (not run.path.is_dir() or any(run.path.iterdir())):
            own = run.path / WEIGHTS
            if own.is_file() and own.read_bytes() == (packed / WEIGHTS).read_bytes():
                return
            raise UserError(f"{run.path}: exists already; choose another --out")
        with replacing_folder(run.path) as folder:
            shutil.copytree(packed, folder, dirs_exist_ok=True)


def _explore(run: "RunFolder", port: int) -> bool:
    """Serve the page until Ctrl-C; whether there was one to serve."""
    from infogan.errors import require_extra

    try:
        require_extra("explore", "the page", "starlette", "uvicorn")
    except UserError as missing:
        print(f"          {missing}")
        return False
    from infogan.commands.explore import explore

    try:
        explore([str(run.path)], "", host="127.0.0.1", port=port, opens=True)
    except KeyboardInterrupt as stopped:
        if str(stopped) != signal.SIGINT.name:  # whoever sent it wants no further question
            raise
        print()
    return True


def _offer() -> int:
    """Train a model of the user's own images, where they name some."""
    try:
        data = input("train one now? a folder of images, digits, or Enter for none: ").strip()
    except EOFError:
        return 0
    if data:  # become it: Ctrl-C reaches the training alone, which saves
        os.execv(sys.executable, [sys.executable, "-m", "infogan", "train", f"--data={data}"])
    return 0
