"""infogan sample: draw images, with any code set."""

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import (
    add_force_argument,
    check_new,
    check_new_folder,
    print_next,
    print_written,
)
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.inference.trained_model import Model

HELP = """draw images from a trained model, with codes set as you like

  infogan sample runs/faces --n 10000 --out faces/
  infogan sample runs/digits --n 1 --set c1=3 --scale 8 --out three.png
  infogan sample runs/digits --n 25 --set c1=3 --grid --out category-3.png
  infogan sample runs/digits --n 100 --out samples.npz
  infogan sample runs/digits --n 6 --out walk.gif

A folder gets a PNG an image, in its native size, and codes.csv with the codes of each. A moving
picture goes through the images and back to the first."""

MOST = 100_000_000
"""Images, each a file of its own: more than a folder takes well."""
MOST_ON_A_SHEET, MOST_IN_MOTION = 10_000, 1_000
MOST_MEMORY = 2**30
"""Bytes that arrays of images and their codes may take."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to draw, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument(
        "--n", type=int, help="how many images; 100, or 6 in a moving picture, 1 in a still one"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="hold a code at a value, or a category's name; may be repeated. Others are random",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random codes and the noise")
    parser.add_argument(
        "--out",
        default="",
        help="a folder (samples when not given); .png or another picture for one image or, with "
        "--grid, for all; .gif, .webp or .mp4 a moving one; .npz arrays and codes",
    )
    parser.add_argument("--grid", action="store_true", help="all images on one sheet (samples.png)")
    parser.add_argument("--scale", type=int, help="enlarge images by a whole factor")
    parser.add_argument(
        "--resample",
        default="nearest",
        choices=["nearest", "lanczos"],
        help="enlarge to square pixels, or smoothly",
    )
    parser.add_argument(
        "--seconds", type=float, help="how long a moving picture takes; 1.5 an image"
    )
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Draw, and write as the name of the output says."""
    out = Path(args.out or ("samples.png" if args.grid else "samples"))
    _check_options(args)
    if args.grid:
        _sheet(args, out)
    elif out.suffix == ".npz":
        _arrays(args, out)
    elif not out.suffix or args.out.endswith(os.sep) or out.is_dir():
        _folder(args, out)
    elif out.suffix.lower() in (".gif", ".webp", ".mp4") and args.n != 1:
        _moving(args, out)
    else:
        _picture(args, out)
    print_written(out, _content(args, out))
    print_next("infogan", "explore", args.run, "--open", why="to turn the codes by hand")


def _content(args: Namespace, out: Path) -> str:
    """What was written, where its name does not say it."""
    if out.is_dir():
        return f"{_n(args, 100):,} images, and their codes in codes.csv"
    if out.suffix == ".npz":
        return "images and code_… as arrays"
    return f"{_n(args, 100):,} images" if args.grid else ""


def parse_settings(settings: Sequence[str]) -> dict[str, str]:
    """Read `digit=eight slant=-0.5`, the values still as typed: `Model.numbers` knows names.

    Raises UserError for what is not NAME=VALUE.
    """
    values = {}
    for setting in settings:
        name, _, value = (part.strip() for part in setting.partition("="))
        if not value:
            raise UserError(f"--set {setting}: write NAME=VALUE, such as --set c1=3")
        values[name] = value
    return values


def _check_options(args: Namespace) -> None:
    if args.n is not None and args.n > MOST:
        raise UserError(f"--n {args.n}: takes up to {MOST:,}")
    if args.scale is not None and not 1 <= args.scale <= 64:
        raise UserError(f"--scale {args.scale}: takes a whole factor from 1 to 64")
    if args.grid and args.scale:
        raise UserError("--scale: a sheet has its own size; leave out --grid or --scale")
    if args.seconds is not None and not args.seconds > 0:
        raise UserError(f"--seconds {args.seconds:g}: takes more than 0")


def _folder(args: Namespace, out: Path) -> None:
    """A file an image."""
    from tqdm import tqdm

    from infogan.inference.sampling import sample_parts
    from infogan.pictures.image_files import TABLE, save_images

    check_new_folder(out, force=args.force, holds=TABLE)
    model, n = _model(args), _n(args, 100)
    parts = sample_parts(model, n, seed=args.seed, codes=parse_settings(args.set))
    with tqdm(total=n, unit="image", desc="drawing", file=sys.stderr, disable=None) as bar:
        save_images(
            model,
            parts,
            n,
            out,
            scale=args.scale or 1,
            resampling=args.resample,
            progress=bar.update,
        )


def _picture(args: Namespace, out: Path) -> None:
    """The image itself."""
    from infogan.figures import check_picture, save_picture
    from infogan.pictures.image_files import to_picture

    check_picture(out)
    if _n(args, 1) > 1:
        raise UserError(
            f"{out}: {args.n} images in one picture: add --grid for a sheet, or name a folder, "
            "such as --out samples/"
        )
    check_new(out, force=args.force)
    images, _ = _model(args).sample(_n(args, 1), seed=args.seed, **parse_settings(args.set))
    scaled = f" --scale {args.scale} --resample {args.resample}" if args.scale else ""
    picture = to_picture(images[0], args.scale or 1, args.resample)
    save_picture(picture, out, _command(args, 1) + scaled)


def _sheet(args: Namespace, out: Path) -> None:
    """All images on one page."""
    from infogan.figures import check_picture, draw_grid, save_picture, square_grid

    check_picture(out)
    check_new(out, force=args.force)
    n = _n(args, 100)
    if n > MOST_ON_A_SHEET:
        raise UserError(
            f"--n {n}: a sheet takes up to {MOST_ON_A_SHEET:,} images; leave out --grid, and each "
            "becomes a file of its own"
        )
    images, _ = _model(args).sample(n, seed=args.seed, **parse_settings(args.set))
    save_picture(draw_grid(square_grid(images)), out, _command(args, n) + " --grid")


def _arrays(args: Namespace, out: Path) -> None:
    """Images and codes as arrays."""
    import numpy as np

    from infogan.files import replacing

    check_new(out, force=args.force)
    model, n, settings = _model(args), _n(args, 100), parse_settings(args.set)
    needed = n * (2 * math.prod(model.config.shape) + 8 * model.latent.dim)
    if needed > MOST_MEMORY:
        raise UserError(
            f"--n {n}: arrays of so many images would take {needed / 2**30:,.1f} GiB of memory; "
            f"take up to {n * MOST_MEMORY // needed:,} at a time, or name a folder for --out, into "
            "which they are written one by one"
        )
    images, codes = model.sample(n, seed=args.seed, **settings)
    arrays: dict[str, Any] = {"images": images} | {f"code_{name}": v for name, v in codes.items()}
    # By handle: given a name, numpy would leave half a file behind if the disk fills up.
    with replacing(out) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _moving(args: Namespace, out: Path) -> None:
    """A way through the images."""
    from infogan.inference.trained_model import latents
    from infogan.pictures.moving import check_animation, path_frames, save_animation

    check_animation(out)
    check_new(out, force=args.force)
    model, n = _model(args), _n(args, 6)
    if n > MOST_IN_MOTION:
        raise UserError(f"--n {n}: a moving picture takes up to {MOST_IN_MOTION:,} images")
    points = latents(model.latent, n, args.seed, model.numbers(parse_settings(args.set)))
    frames = path_frames(model, points, scale=args.scale, resampling=args.resample)
    save_animation(frames, out, args.seconds or 1.5 * n)


def _model(args: Namespace) -> "Model":
    from infogan.storage.model_folder import load_model

    return load_model(args.run)


def _n(args: Namespace, default: int) -> int:
    return default if args.n is None else int(args.n)


def _command(args: Namespace, n: int) -> str:
    settings = "".join(f" --set {setting}" for setting in args.set)
    return f"infogan sample {args.run} --n {n}{settings} --seed {args.seed}"
