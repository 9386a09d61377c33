"""infogan data: prepare images for training."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import (
    IMAGES,
    add_reading_arguments,
    files_of,
    print_report,
    rules_of,
)
from infogan.commands.writing import add_force_argument, check_new_folder, print_next

HELP = """pack images into shards, for sets larger than memory

  infogan data pack photos/ --size 64 --out shards/
  infogan train --data shards/ --out runs/photos

The shards are WebDataset's tars, with an index: training, evaluating, encoding and the map read
any image of them where it lies."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to pack, how it is read, and where to."""
    parser.add_argument("action", choices=["pack"], help="what to do")
    parser.add_argument("images", help=IMAGES)
    parser.add_argument("--out", required=True, help="the folder of the shards")
    parser.add_argument("--size", type=int, default=None, help="side to which images are resized")
    parser.add_argument("--channels", type=int, default=None, help="1 for grey, 3 for colour")
    add_reading_arguments(parser)
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument("--per-shard", type=int, default=10_000, help="images in a tar")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Pack, and say what was read."""
    from infogan.data.packing import Packing
    from infogan.data.shards import MANIFEST
    from infogan.files import replacing_folder

    out = Path(args.out)
    check_new_folder(out, force=args.force, holds=MANIFEST, reads=files_of(args.images))
    packing = Packing(args.images, args.split, args.size, args.channels, rules_of(args))
    with replacing_folder(out) as folder:
        report = packing.into(folder, args.per_shard)
    print_report(report)
    print(f"shards    {out}")
    print_next("infogan", "train", "--data", out, "--out", "RUN")
