"""infogan encode: read the codes off real images, into a table."""

import sys
import time
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import (
    IMAGES,
    add_reading_arguments,
    open_stream,
    print_report,
)
from infogan.commands.writing import add_force_argument, check_new, print_next, print_written

HELP = """read the codes off real images, into a table

  infogan encode runs/digits --images photos/ --out codes.csv
  infogan encode runs/mnist --images mnist --split test --out codes.parquet

One row an image: its file or number; for a code with categories the best guess and the probability
of each; for a dial Q's mean and sigma. Any number of images, in the same memory. --features adds
the numbers of the trunk: an array `features` in .npz, columns features_0, … elsewhere."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to read, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--images", required=True, help=IMAGES)
    add_reading_arguments(parser)
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument("--out", default="codes.csv", help=".csv, .npz or .parquet")
    parser.add_argument(
        "--features",
        action="store_true",
        help="also the numbers from which Q reads the codes, for a classifier of your own",
    )
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Encode part by part, writing as it goes."""
    import numpy as np
    from tqdm import tqdm

    from infogan.inference.code_table import columns_of, open_table
    from infogan.storage.model_folder import load_model

    out = Path(args.out)
    check_new(out, force=args.force)
    model = load_model(args.run)
    stream = open_stream(args, model)
    started, rows = time.perf_counter(), 0
    with (
        open_table(out) as table,
        tqdm(
            total=len(stream), unit="image", desc="encoding", file=sys.stderr, disable=None
        ) as bar,
    ):
        for part in stream:
            features = model.features(part.images) if args.features else None
            columns = columns_of(model, model.encode(part.images), features)
            names = np.array(part.names)
            number = names.astype(np.int64) if stream.named_by == "index" else names
            table.write({stream.named_by: number, **columns})
            rows += len(names)
            bar.update(len(names))
    seconds = time.perf_counter() - started
    print_report(stream.report)
    took = f"{rows:,} images in {seconds:.1f} s, {rows / seconds:,.0f} a second"
    print_written(out, took)
    print_next("infogan", "cluster", args.run, "--images", args.images, "--out", "clusters")
