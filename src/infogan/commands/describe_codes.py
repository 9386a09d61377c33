"""infogan describe-codes: say in words what each code does."""

import shlex
import textwrap
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.writing import add_force_argument, check_new, print_written

HELP = "say in words what each code does"


def add_arguments(parser: ArgumentParser) -> None:
    """Which run, and where to."""
    parser.add_argument("run", help="a run's folder")
    parser.add_argument("--seed", type=int, default=0, help="of the images it is read from")
    parser.add_argument("--out", default="", help="also write everything measured, as JSON")
    add_force_argument(parser)


def run(args: Namespace) -> None:
    """Describe every code, a line each."""
    from dataclasses import asdict

    from infogan.evaluation.descriptions import (
        PROTOCOL,
        categories_in_words,
        describe_codes,
        in_words,
    )
    from infogan.files import write_json
    from infogan.storage.model_folder import load_model
    from infogan.versions import versions

    out = Path(args.out) if args.out else None
    if out:
        check_new(out, force=args.force)
    found = describe_codes(load_model(args.run), seed=args.seed)
    for name, description in found.items():
        print(in_words(name, description))
        for line in categories_in_words(name, description):
            print(textwrap.fill(line, 100, initial_indent="  ", subsequent_indent="      "))
    print(textwrap.fill(PROTOCOL, 100))
    if out:
        command = ["infogan", "describe-codes", args.run, "--seed", str(args.seed)]
        content = {
            "model": args.run,
            "command": shlex.join(command),
            "protocol": PROTOCOL,
            "versions": versions(),
            "codes": {name: asdict(description) for name, description in found.items()},
        }
        write_json(out, content)
        print_written(out)
