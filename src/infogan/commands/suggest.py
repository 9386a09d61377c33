"""infogan suggest: which codes, and how many categories?"""

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import print_report
from infogan.commands.writing import check_writable, print_next
from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.data.source import Source
    from infogan.selection.number_of_categories import Suggestion
    from infogan.selection.proposal import Proposal
    from infogan.training.config import TrainConfig

HELP = """find out, without labels, which codes suit a set of images

What varies? For each transformation (turned, shifted, thicker, recoloured …) a small judge learns
to tell moved images from others. Where it cannot, moved images are images of the set, and a dial
that follows the transformation has something to find. A minute or two, in colour two or three;
`infogan train` does the same when no --codes are given.

How many categories? Only with --categories, since it trains short runs for each number: whether
seeds agree (consensus), answers survive a small change (consistency), the generator obeys (bound),
all are used (usage).

  infogan suggest --data digits
  infogan suggest --data photos/ --size 32 --categories 3,4,6,8 --seeds 3 --out runs/how-many
"""


def add_arguments(parser: ArgumentParser) -> None:
    """What is compared, for how long, and where the evidence goes."""
    parser.add_argument("--data", required=True, help="the images: as for infogan train")
    parser.add_argument(
        "--categories", default="", help="numbers of categories to compare, such as 5,10,15,20"
    )
    parser.add_argument("--seeds", type=int, default=2, help="runs of each number")
    parser.add_argument("--kimg", type=float, default=64.0, help="length of each, in 1000 images")
    parser.add_argument("--preset", default="auto", help="what the other options are: see train")
    parser.add_argument(
        "--codes", default="", help="the codes; the first category takes the numbers in turn"
    )
    parser.add_argument("--seed", type=int, default=0, help="the first seed, and the judges'")
    parser.add_argument("--size", type=int, default=None, help="side to which images are resized")
    parser.add_argument("--channels", type=int, default=None, help="1 for grey, 3 for colour")
    parser.add_argument(
        "--out", default="", help="a new folder for the evidence; runs/suggest-NAME of the data"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress line")


def run(args: Namespace) -> None:
    """Judge, train and compare where asked to, and write the evidence with its pictures."""
    from dataclasses import replace

    from infogan.data.open import open_images
    from infogan.data.preprocessing import report_of
    from infogan.runs.beginning import folder_for
    from infogan.selection.number_of_categories import check, with_categories
    from infogan.training.presets import preset

    out = Path(args.out) if args.out else folder_for(args.data, "suggest-")
    config = preset(args.preset)
    if out.exists():
        raise UserError(f"{out}: exists already; choose another --out")
    check_writable(out)
    numbers_of_categories = numbers(args.categories) if args.categories else []
    size, channels = args.size, args.channels
    size = config.size if size is None else size
    channels = config.channels if channels is None else channels
    config = replace(config, kimg=args.kimg, seed=args.seed, size=size, channels=channels)
    codes = args.codes
    if numbers_of_categories:
        start = replace(config, model=replace(config.model, codes=codes or config.model.codes))
        check(numbers_of_categories, args.seeds, start)
    elif codes:
        raise UserError("--codes: are given to compare numbers of categories; give --categories")
    if not codes:
        source = open_images(args.data, split="train", size=size, channels=channels)
        if not args.quiet:
            print_report(report_of(source))
        proposal = judged(args, source)
        codes = proposal.codes
        evidence(out, proposal, source, args)
    if numbers_of_categories:
        config = replace(config, model=replace(config.model, codes=codes))
        found = compared(args, out, config, numbers_of_categories)
        if found.word == "unsure":
            return
        codes = with_categories(config, found.proposed, args.seed).model.codes
    run = folder_for(args.data)
    how = {"size": args.size, "channels": args.channels}
    given = [f"--{name}={value}" for name, value in how.items() if value is not None]
    print_next("infogan", "train", "--data", args.data, *given, "--out", run, "--codes", codes)


def judged(args: Namespace, source: "Source") -> "Proposal":
    """Ask the judges, and print what they say."""
    from infogan.selection.proposal import propose_codes, table

    proposal = propose_codes(source, seed=args.seed, progress=not args.quiet)
    print(table(proposal))
    return proposal


def evidence(out: Path, proposal: "Proposal", source: "Source", args: Namespace) -> None:
    """Write what was proposed, with its picture where judges were asked."""
    from infogan.figures import save_picture
    from infogan.files import filling_folder, write_json
    from infogan.selection.proposal import draw_proposal

    written = [*(["proposal.png"] if proposal.closures else []), "proposal.json"]
    with filling_folder(out) as folder:
        if proposal.closures:
            command = f"infogan suggest --data {args.data}"
            save_picture(draw_proposal(proposal, source), folder / "proposal.png", command)
        write_json(folder / "proposal.json", proposal.as_dict())
    print(f"evidence  {', '.join(str(out / name) for name in written)}")


def compared(
    args: Namespace, out: Path, config: "TrainConfig", categories: list[int]
) -> "Suggestion":
    """Train short runs of each number of categories, print the table, write the evidence."""
    from infogan.figures import save_picture
    from infogan.files import filling_folder, write_json
    from infogan.selection.number_of_categories import suggest, table

    found, picture = suggest(
        args.data,
        categories=categories,
        seeds=args.seeds,
        config=config,
        progress=not args.quiet,
    )
    command = f"infogan suggest --data {args.data} --categories {args.categories}"
    with filling_folder(out) as folder:
        write_json(folder / "suggestion.json", found.as_dict())
        save_picture(picture, folder / "suggestion.png", command)
    print(table(found))
    print(f"evidence  {out / 'suggestion.png'}, {out / 'suggestion.json'}")
    return found


def numbers(text: str) -> list[int]:
    """Read `5,10,15`; UserError for what is not whole numbers."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UserError(
            f"--categories {text}: write whole numbers with commas, such as 5,10,15"
        ) from None
