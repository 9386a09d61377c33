"""infogan sample: draw images, with any code set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jsonargparse import ArgumentParser, Namespace

from infogan.errors import UserError

HELP = "draw images from a trained model, with codes set as you like"


def add_arguments(parser: ArgumentParser) -> None:
    """What to draw, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--n", type=int, default=100, help="how many images")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="hold a code at a value, or a category's name; may be repeated. Others are random",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random codes and the noise")
    parser.add_argument(
        "--out", default="samples.png", help=".png a picture, .npz arrays and codes"
    )


def run(args: Namespace) -> None:
    """Draw, and write a picture or arrays."""
    from infogan.files import replacing
    from infogan.pictures.figures import draw_grid, save_picture, square_grid
    from infogan.storage.model_folder import load_model

    model = load_model(args.run)
    images, codes = model.sample(args.n, seed=args.seed, **parse_settings(args.set))
    out = Path(args.out)
    if out.suffix == ".npz":
        # By handle: given a name, numpy would leave half a file behind if the disk fills up.
        with replacing(out) as partial, partial.open("wb") as file:
            arrays: dict[str, Any] = {"images": images} | {
                f"code_{name}": v for name, v in codes.items()
            }
            np.savez_compressed(file, **arrays)
    else:
        settings = "".join(f" --set {setting}" for setting in args.set)
        command = f"infogan sample {args.run} --n {args.n}{settings} --seed {args.seed}"
        save_picture(draw_grid(square_grid(images)), out, command)
    print(out)


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
