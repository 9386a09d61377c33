"""infogan suggest: how many categories?"""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.errors import UserError

HELP = """find out, without labels, how many categories suit a set of images

Trains short runs for each number and shows what speaks for it: whether seeds agree (consensus),
answers survive a small change (consistency), the generator obeys (bound), all are used (usage).

  infogan suggest --data digits
  infogan suggest --data photos/ --size 32 --categories 3,4,6,8 --seeds 3 --out runs/how-many
"""


def add_arguments(parser: ArgumentParser) -> None:
    """What is compared, for how long, and where the evidence goes."""
    parser.add_argument("--data", required=True, help="the images: as for infogan train")
    parser.add_argument("--categories", default="5,10,15,20", help="the numbers to compare")
    parser.add_argument("--seeds", type=int, default=2, help="runs of each number")
    parser.add_argument("--kimg", type=float, default=64.0, help="length of each, in 1000 images")
    parser.add_argument("--preset", default="fast", help="what the other options are: see train")
    parser.add_argument(
        "--codes", default="", help="the codes; the first category takes the numbers in turn"
    )
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--size", type=int, default=None, help="side to which images are resized")
    parser.add_argument("--channels", type=int, default=None, help="1 for grey, 3 for colour")
    parser.add_argument("--out", default="runs/suggest", help="a new folder for the evidence")
    parser.add_argument("--quiet", action="store_true", help="no progress line")


def run(args: Namespace) -> None:
    """Train, compare, print the table, and write it with its picture."""
    from dataclasses import replace

    from infogan.files import write_json
    from infogan.pictures.figures import save_picture
    from infogan.selection.number_of_categories import suggest, table
    from infogan.training.presets import preset

    out, config = Path(args.out), preset(args.preset)
    if out.exists():
        raise UserError(f"{out}: exists already; choose another --out")
    model = replace(config.model, codes=args.codes or config.model.codes)
    size, channels = args.size or config.size, args.channels or config.channels
    config = replace(
        config, model=model, kimg=args.kimg, seed=args.seed, size=size, channels=channels
    )
    found, picture = suggest(
        args.data,
        categories=numbers(args.categories),
        seeds=args.seeds,
        config=config,
        progress=not args.quiet,
    )
    out.mkdir(parents=True)
    write_json(out / "suggestion.json", found.as_dict())
    save_picture(picture, out / "suggestion.png", f"infogan suggest --data {args.data}")
    print(table(found))
    print(f"evidence  {out / 'suggestion.png'}, {out / 'suggestion.json'}")
    if found.word != "unsure":
        print(f"next      infogan train --data {args.data} --codes kind=cat:{found.proposed},2*uni")


def numbers(text: str) -> list[int]:
    """Read `5,10,15`; UserError for what is not whole numbers."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UserError(
            f"--categories {text}: write whole numbers with commas, such as 5,10,15"
        ) from None
