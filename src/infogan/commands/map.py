"""infogan map: lay real images out by their codes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import (
    IMAGES,
    add_reading_arguments,
    open_stream,
    print_report,
)
from infogan.commands.writing import add_force_argument, check_new, print_written

if TYPE_CHECKING:
    from tqdm import tqdm

    from infogan.data.stream import ImageStream
    from infogan.inference.trained_model import Images

HELP = """lay real images out by their codes, as a picture or a page

  infogan map runs/photos --images photos/ --out map.png
  infogan map runs/mnist --images mnist --split test --mark mine.png --out map.html

A field for each category, in it a dot for each image where its dials put it, and some of the
images themselves. Where the images have labels these show what fell among others, and the
accuracy; training never saw them."""


def add_arguments(parser: ArgumentParser) -> None:
    """Which images, what to mark, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--images", required=True, help=IMAGES)
    add_reading_arguments(parser)
    parser.add_argument("--split", default="test", choices=["train", "test"], help="which part")
    parser.add_argument(
        "--mark",
        action="append",
        default=[],
        metavar="FILE",
        help="show where a new image lies; may be repeated",
    )
    parser.add_argument("--out", default="map.png", help=".png a picture, .html a page by itself")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Read the codes, lay out, draw."""
    import numpy as np
    from tqdm import tqdm

    from infogan.data.folder import read_image
    from infogan.data.open import open_labels
    from infogan.figures import check_picture, save_picture
    from infogan.files import write_text
    from infogan.pictures.map import make_map, mark
    from infogan.pictures.map_picture import draw_map
    from infogan.report.map_page import map_page
    from infogan.storage.model_folder import load_model

    out = Path(args.out)
    page = out.suffix in (".html", ".htm")
    if not page:
        check_picture(out)
    check_new(out, force=args.force)
    model = load_model(args.run)
    stream = open_stream(args, model)
    new = [read_image(path, model.config.shape, stream.rules) for path in args.mark]
    labels = open_labels(args.images, split=args.split, rules=stream.rules)
    bar = tqdm(total=len(stream), unit="image", desc="reading", file=sys.stderr, disable=None)
    with bar:
        plan = make_map(model, _parts(stream, bar), labels)
    said = mark(model, plan, [Path(path).name for path in args.mark], np.stack(new)) if new else []
    title = f"{plan.total:,} images of {Path(args.images).name}"
    if plan.accuracy is not None:
        title += f", accuracy {plan.accuracy:.1%} (best one-to-one match with the labels)"
    if page:
        write_text(out, map_page(model, plan, title))
    else:
        save_picture(draw_map(plan, title), out, f"infogan map {args.run} --images {args.images}")
    print_report(stream.report)
    print("\n".join([title, *said]))
    print_written(out)


def _parts(stream: "ImageStream", bar: "tqdm[NoReturn]") -> "Iterator[tuple[list[str], Images]]":
    for part in stream:
        yield part.names, part.images
        bar.update(len(part.names))
