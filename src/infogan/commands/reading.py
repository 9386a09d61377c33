"""What the commands that read images share: options, and what they say of what was read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.errors import one_line

if TYPE_CHECKING:
    from infogan.data.ingest_report import IngestReport
    from infogan.data.rules import ImageRules
    from infogan.data.stream import ImageStream
    from infogan.inference.trained_model import Model

COLUMN = 10
IMAGES = "an image, a folder or archive of them, an array, a table, IDX files, or a set's name"


def add_reading_arguments(parser: ArgumentParser) -> None:
    """How images are read, where not as the model remembers."""
    parser.add_argument(
        "--range", default="auto", help="black and white, such as 0,4095; as in training if auto"
    )
    parser.add_argument(
        "--fit",
        default="auto",
        choices=["auto", "crop", "pad", "stretch"],
        help="what becomes of rectangles; as in training if auto",
    )
    parser.add_argument(
        "--ground", default="auto", help="under transparent parts: white, black or #rrggbb"
    )
    parser.add_argument(
        "--pages", default="first", choices=["first", "all"], help="of files with several"
    )
    parser.add_argument("--bands", default="", help="of many, which to read, such as 3,2,1")


def rules_of(args: Namespace) -> "ImageRules":
    """What the options say. Raises UserError."""
    from infogan.data.rules import ImageRules

    return ImageRules.parse(
        range=args.range, fit=args.fit, ground=args.ground, bands=args.bands, pages=args.pages
    )


def open_stream(args: Namespace, model: "Model") -> "ImageStream":
    """The images of --images as a model takes them, part by part. Raises UserError."""
    from infogan.data.stream import ImageStream

    return ImageStream(
        args.images,
        split=args.split,
        shape=model.config.shape,
        preprocessing=model.config.preprocessing,
        rules=rules_of(args),
    )


def files_of(images: str) -> list[Path]:
    """Where --images lie, for `check_new_folder`; a set's name is a path of no file."""
    from infogan.data.archive import shards

    return shards(images) or [Path(images)]


def print_report(report: "IngestReport | None") -> None:
    """What was read, in two lines; warnings have been given already."""
    lines: Sequence[str] = [] if report is None else report.lines()
    for line in lines:
        # The column of words in front stays a column.
        print(line[:COLUMN] + one_line(line[COLUMN:]))
