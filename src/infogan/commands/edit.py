"""infogan edit: change one thing about a real image, and keep the rest."""

import warnings
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import add_reading_arguments, rules_of
from infogan.commands.writing import add_force_argument, check_new
from infogan.errors import UserError

HELP = """change one thing about a real image, and keep the rest

  infogan edit runs/photos --image face.jpg --set tilt=0.8 --out turned.png
  infogan edit runs/mnist --image three.png --set c3=-0.5 --set c1=8 --detail 1

The image is first reproduced (see infogan project), then drawn again with the codes that are set.
The picture shows it before, as rebuilt, and after; --plain writes the edited image alone."""


def add_arguments(parser: ArgumentParser) -> None:
    """Which image, what to set, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--image", required=True, help="an image file")
    add_reading_arguments(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="put a code to a value, or a category's name; may be repeated",
    )
    parser.add_argument(
        "--detail",
        type=float,
        default=0.0,
        help="0 to 1: how much of what the model cannot draw is given back, where nothing changed",
    )
    parser.add_argument("--steps", type=int, default=200, help="of the optimisation")
    parser.add_argument("--seed", type=int, default=0, help="of the noise it starts from")
    parser.add_argument(
        "--plain", action="store_true", help="the edited image alone, at the size the model draws"
    )
    parser.add_argument("--out", default="edited.png", help="a picture")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Project, set, draw, and say what changed."""
    from infogan.commands.sample import parse_settings
    from infogan.data.folder import read_image
    from infogan.figures import check_picture, save_picture
    from infogan.inference.inversion import edit, invert, resembles
    from infogan.inference.trained_model import latents
    from infogan.pictures.image_files import to_picture
    from infogan.pictures.pairs import draw_edit
    from infogan.storage.model_folder import load_model

    settings = parse_settings(args.set)
    if not settings:
        raise UserError("nothing to change: give --set NAME=VALUE, such as --set c2=0.8")
    out = Path(args.out)
    check_picture(out)
    check_new(out, force=args.force)
    model = load_model(args.run)
    new = model.numbers(settings)
    latents(model.latent, 1, args.seed, new)  # refuses values before the work begins, not after
    known = model.config.preprocessing
    images = read_image(args.image, model.config.shape, rules_of(args).over(known.rules))[None]
    if warning := known.warning(images, args.image):
        warnings.warn(warning, stacklevel=2)
    found = invert(model, images, steps=args.steps, seed=args.seed)
    edited = edit(model, images, found, settings, detail=args.detail)
    if not resembles(images, found)[0]:
        warnings.warn(
            f"{args.image}: the model cannot draw this image: rebuilt it is another one, and so is "
            "the edit; is it like those the model was trained on, and as bright?",
            stacklevel=2,
        )
    options = "".join(f" --set {setting}" for setting in args.set) + " --plain" * args.plain
    picture = to_picture(edited[0]) if args.plain else draw_edit(images, found.images, edited)
    save_picture(picture, out, f"infogan edit {args.run} --image {args.image}{options}")
    before = found.codes(model.latent)
    for name, value in new.items():
        was, now = (round(float(each), 2) for each in (before[name][0], value))
        print(f"{name:12} {model.names.label(name, was)} -> {model.names.label(name, now)}")
    print(f"picture   {out}" + ("" if args.plain else ": before, rebuilt, after"))
    print(
        f"          rebuilt with a mean squared error of {found.error[0]:.4f} (pixels from 0 to 1)"
    )
