"""infogan select: choose among runs, without labels."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new, print_written
from infogan.errors import UserError

HELP = "choose among runs, or a run's checkpoints, without labels; says how sure it is"


def add_arguments(parser: ArgumentParser) -> None:
    """What to choose among, by what, on which images."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders of finished runs")
    parser.add_argument(
        "--checkpoints", action="store_true", help="choose among the checkpoints of one RUN"
    )
    parser.add_argument(
        "--by",
        default="auto",
        choices=["auto", "consensus", "consistency", "centrality", "udr"],
        help="what ranks; auto: consensus of the categories, else centrality, else udr",
    )
    parser.add_argument("--data", default="", help="real images; the runs' own by default")
    parser.add_argument("--split", default="train", choices=["train", "test"], help="which part")
    parser.add_argument("--images", type=int, default=5000, help="how many of them")
    parser.add_argument("--votes", type=int, default=200, help="of centrality, for each two runs")
    parser.add_argument("--seed", type=int, default=0, help="of everything drawn")
    parser.add_argument("--out", default="", help="a JSON file for all that was measured")
    parser.add_argument("--into", default="", help="a new folder for the chosen model")
    add_force_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress line")


def run(args: Namespace) -> None:
    """Rank, print the table, write what was asked for."""
    from infogan.files import replacing_folder, write_json
    from infogan.runs.install import install
    from infogan.selection.candidates import open_checkpoints, open_runs
    from infogan.selection.ranking import select, table

    into, out = (Path(path) if path else None for path in (args.into, args.out))
    if out:
        check_new(out, force=args.force)
    if into and into.exists():
        raise UserError(f"{into}: exists already; choose another --into")
    if args.checkpoints and len(args.runs) > 1:
        raise UserError(f"--checkpoints is for one run, not {len(args.runs)}: give one")
    candidates = open_checkpoints(args.runs[0]) if args.checkpoints else open_runs(args.runs)
    selection = select(
        candidates,
        args.data,
        by=args.by,
        split=args.split,
        images=args.images,
        votes=args.votes,
        seed=args.seed,
        progress=not args.quiet,
    )
    print(table(selection))
    if out:
        write_json(out, selection.as_dict())
        print_written(out)
    if into:
        chosen = {candidate.name: candidate for candidate in candidates}[selection.chosen]
        with replacing_folder(into) as folder:
            install(chosen, folder, into)
        print(f"model     {into}")
