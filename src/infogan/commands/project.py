"""infogan project: find the codes and the noise that reproduce real images."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import (
    IMAGES,
    add_reading_arguments,
    open_stream,
    print_report,
)
from infogan.commands.writing import add_force_argument, check_new, print_next, print_written
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.inference.trained_model import Images

HELP = """find the codes and noise that reproduce real images

  infogan project runs/digits --images photos/ --out projection.csv
  infogan project runs/mnist --images mnist --split test --n 100 --out projection.npz

Starts where Q reads the codes, then moves dials and noise until the generator's image is as near
as it comes. One row an image: its file or number, every code, the noise, and the error of the
pixels; beside the table a picture, real images over reproduced ones."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to project, how hard to try, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--images", required=True, help=IMAGES)
    add_reading_arguments(parser)
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument("--n", type=int, default=0, help="only the first so many images; 0 is all")
    parser.add_argument("--steps", type=int, default=200, help="of the optimisation; 0 is Q alone")
    parser.add_argument("--seed", type=int, default=0, help="of the noise it starts from")
    parser.add_argument("--out", default="projection.csv", help=".csv, .npz or .parquet")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Project part by part, writing as it goes."""
    import numpy as np
    from tqdm import tqdm

    from infogan.figures import save_picture
    from infogan.inference.code_table import open_table
    from infogan.inference.inversion import columns_of, invert
    from infogan.pictures.pairs import draw_pairs
    from infogan.storage.model_folder import load_model

    if args.n < 0:
        raise UserError(f"--n {args.n}: takes 0 or more")
    out = Path(args.out)
    picture = out.with_suffix(".png")
    check_new(out, picture, force=args.force)
    model = load_model(args.run)
    stream = open_stream(args, model)
    total = min(args.n or len(stream), len(stream))
    errors: list[float] = []
    shown: tuple[Images, Images] | None = None
    started = time.perf_counter()
    with (
        open_table(out) as table,
        tqdm(total=total, unit="image", desc="projecting", file=sys.stderr, disable=None) as bar,
    ):
        for part in stream:
            left = total - len(errors)
            if left <= 0:
                break
            names, images = np.array(part.names[:left]), part.images[:left]
            found = invert(model, images, steps=args.steps, seed=args.seed, progress=bar.update)
            number = names.astype(np.int64) if stream.named_by == "index" else names
            table.write({stream.named_by: number, **columns_of(model, found)})
            errors += found.error.tolist()
            shown = shown or (images, found.images)
    print_report(stream.report)
    assert shown is not None  # a source without images is refused when it is opened
    save_picture(draw_pairs(*shown), picture)
    seconds = (time.perf_counter() - started) / len(errors)
    took = f"{len(errors):,} images, {seconds:.2f} s each, median error {np.median(errors):.4f}"
    print_written(out, took)
    print(f"picture   {picture}")
    setting = f"{model.latent.names[-1]}=VALUE"
    print_next("infogan", "edit", args.run, "--image", "FILE", "--set", setting)
