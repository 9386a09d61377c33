"""infogan traverse: show what a code does, from one end to the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new, print_next, print_written
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.inference.trained_model import Model

HELP = """show what each code does, as a picture or a moving one

  infogan traverse runs/digits
  infogan traverse runs/digits --code c2 --out c2.gif
  infogan traverse runs/digits --through 1 2 3 --out way.webp
  infogan traverse runs/digits --through a.json b.json projection.csv --out way.mp4

--through goes from point to point and back to the first: seeds, JSON files as infogan explore
saves them, the rows of a CSV of infogan project. Dials go straight, categories fade into each
other, noise goes straight if its prior is uniform, and along an arc (slerp) if it is normal."""

MOST_STEPS = 1_000


def add_arguments(parser: ArgumentParser) -> None:
    """Which code, how many steps, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--code", default="", help="one code; all of them when not given")
    parser.add_argument("--steps", type=int, default=11, help="values shown of a continuous code")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is held")
    parser.add_argument(
        "--through",
        nargs="+",
        default=[],
        metavar="POINT",
        help="instead of codes: a way through these points, as a moving picture",
    )
    parser.add_argument(
        "--seconds", type=float, help="how long a moving picture takes; 3, or 1.5 a point"
    )
    parser.add_argument(
        "--out",
        default="",
        help="traversal.png when not given: .png a picture; .gif, .webp or .mp4 a moving one "
        "(way.gif: --through)",
    )
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Draw the traversals, or the way."""
    from infogan.figures import check_picture
    from infogan.pictures.moving import MOVING, check_animation
    from infogan.storage.model_folder import load_model

    out = Path(args.out or ("way.gif" if args.through else "traversal.png"))
    if args.steps < 2:
        raise UserError(f"--steps {args.steps}: at least 2 are needed")
    if args.steps > MOST_STEPS:
        raise UserError(f"--steps {args.steps}: takes up to {MOST_STEPS:,}")
    if args.seconds is not None and not args.seconds > 0:
        raise UserError(f"--seconds {args.seconds:g}: takes more than 0")
    moving = bool(args.through) or out.suffix.lower() in MOVING
    check_animation(out) if moving else check_picture(out)
    check_new(out, force=args.force)
    model = load_model(args.run)
    names = [args.code] if args.code else list(model.latent.names)
    for name in names:
        model.latent[name].check(model.latent[name].low)
    draw = _way if args.through else _moving if moving else _still
    draw(args, model, names, out)
    print_written(out)
    print_next("infogan", "describe-codes", args.run, why="which says in words what each does")


def _still(args: Namespace, model: "Model", names: Sequence[str], out: Path) -> None:
    """A panel a code."""
    from infogan.figures import beside, draw_codes, draw_traversal, save_picture

    panels = [
        draw_traversal(model, name, seed=args.seed, steps=args.steps)
        if args.code or model.latent[name].continuous
        else draw_codes(model, seed=args.seed)
        for name in names
    ]
    chosen = f" --code {args.code}" if args.code else ""
    save_picture(beside(panels), out, f"infogan traverse {args.run}{chosen} --seed {args.seed}")


def _moving(args: Namespace, model: "Model", names: Sequence[str], out: Path) -> None:
    """One code, there and back: the one that is named, or the first dial."""
    from infogan.pictures.moving import save_animation, traversal_frames

    dials = [name for name in names if args.code or model.latent[name].continuous] or names
    frames = traversal_frames(model, dials[0], seed=args.seed, steps=max(args.steps, 25))
    save_animation(frames, out, args.seconds or 3.0)


def _way(args: Namespace, model: "Model", _: Sequence[str], out: Path) -> None:
    """From point to point."""
    from infogan.inference.paths import read_points
    from infogan.pictures.moving import path_frames, save_animation

    if args.code:
        raise UserError("--through and --code: give one of them")
    points = read_points(model, args.through)
    save_animation(path_frames(model, points), out, args.seconds or 1.5 * len(points))
