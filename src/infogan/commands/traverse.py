"""infogan traverse: show what a code does, from one end to the other."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.errors import UserError

HELP = "show what each code does, as a picture or a moving one"


def add_arguments(parser: ArgumentParser) -> None:
    """Which code, how many steps, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--code", default="", help="one code; all of them when not given")
    parser.add_argument("--steps", type=int, default=11, help="values shown of a continuous code")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is held")
    parser.add_argument("--out", default="traversal.png", help=".png a picture, .gif a moving one")


def run(args: Namespace) -> None:
    """Draw the traversals."""
    from infogan.pictures.figures import (
        beside,
        draw_codes,
        draw_traversal,
        save_animation,
        save_picture,
        traversal_frames,
    )
    from infogan.storage.model_folder import load_model

    if args.steps < 2:
        raise UserError(f"--steps {args.steps}: at least 2 are needed")
    model, out = load_model(args.run), Path(args.out)
    names = [args.code] if args.code else list(model.latent.names)
    for name in names:
        model.latent[name].check(model.latent[name].low)
    if out.suffix == ".gif":
        moving = [name for name in names if args.code or model.latent[name].continuous] or names
        frames = traversal_frames(model, moving[0], seed=args.seed, steps=max(args.steps, 25))
        save_animation(frames, out)
    else:
        panels = [
            draw_traversal(model, name, seed=args.seed, steps=args.steps)
            if args.code or model.latent[name].continuous
            else draw_codes(model, seed=args.seed)
            for name in names
        ]
        chosen = f" --code {args.code}" if args.code else ""
        save_picture(beside(panels), out, f"infogan traverse {args.run}{chosen} --seed {args.seed}")
    print(out)
