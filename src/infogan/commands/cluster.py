"""infogan cluster: sort real images into folders, by category."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import (
    IMAGES,
    add_reading_arguments,
    files_of,
    open_stream,
    print_report,
)
from infogan.commands.writing import add_force_argument, check_new_folder, print_next, print_written

HELP = """sort real images into a folder for each category, with contact sheets

  infogan cluster runs/photos --images photos/ --out sorted
  infogan cluster runs/mnist --images mnist --split test --out sorted --files none

Each category gets a folder and a sheet of its most typical and its most doubtful members; there
is an overview of all, and clusters.csv says where each image went, how surely, and where else."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to sort, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--images", required=True, help=IMAGES)
    add_reading_arguments(parser)
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument("--code", default="", help="sort by this one; the first with categories")
    parser.add_argument(
        "--files",
        default="link",
        choices=["link", "copy", "none"],
        help="in the folders: links to the images, copies, or nothing. Arrays become PNG files",
    )
    parser.add_argument("--out", default="clusters", help="a new folder")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Sort, and say what is where."""
    from tqdm import tqdm

    from infogan.pictures.contact_sheets import TABLE, cluster_images
    from infogan.storage.model_folder import load_model

    out = Path(args.out)
    reads = files_of(args.images)
    check_new_folder(out, force=args.force, holds=TABLE, reads=[*reads, Path(args.run)])
    model = load_model(args.run)
    stream = open_stream(args, model)
    with tqdm(
        total=len(stream), unit="image", desc="sorting", file=sys.stderr, disable=None
    ) as bar:
        counts = cluster_images(
            model,
            stream,
            out,
            code=args.code,
            files=args.files,
            force=args.force,
            progress=bar.update,
        )
    for folder, count in counts.items():
        print(f"{folder:12} {count:8,}")
    print_report(stream.report)
    print_written(out / TABLE, "a row for each image")
    print_written(out / "overview.png", "all categories; in each folder a sheet of its own")
    print_next("infogan", "name", args.run, "--rename", f"{next(iter(counts))[0]}=NAME")
