"""The `infogan` command: finds the command's module, and turns mistakes into one line."""

import errno
import io
import os
import re
import sys
import warnings
from argparse import ArgumentError, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

from jsonargparse import ArgumentParser, DefaultHelpFormatter, set_parsing_settings

from infogan.errors import UserError, did_you_mean, one_line
from infogan.signals import interrupting

COMMANDS = (
    "demo",
    "train",
    "data",
    "suggest",
    "presets",
    "describe",
    "sample",
    "traverse",
    "evaluate",
    "explore",
    "report",
    "compare",
    "describe-codes",
    "encode",
    "cluster",
    "name",
    "select",
    "project",
    "edit",
    "map",
    "export",
)

EXPECTED = re.compile(r'Parser key "([^"]+)":\s+Expected a (.+?)\. Got value: (.*)', re.DOTALL)
MISSING = re.compile(r"Parser key \"config\":\s+File does not exist: '(.*)'", re.DOTALL)
EITHER = re.compile(
    r'Parser key "([^"]+)":\s+Does not validate .*?Subtypes: \[(.*)\]\s+Errors:.*Given value: (.*)',
    re.DOTALL,
)
KINDS = {
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
    "str": "a text",
    "dict": """settings by name, such as '{"c1": 0.5}'""",
    "NoneType": "null",
}
"""What jsonargparse expected, as whoever typed it would call it."""

REMEDIES = {
    errno.ENOSPC: "; make room, and give the same command again",
    errno.EDQUOT: "; make room, and give the same command again",
    errno.EROFS: "; name a place elsewhere with --out, or copy the folder to where you may write",
    errno.EACCES: "; ask whoever owns it, or copy what it holds to where you may read and write",
    errno.EPERM: "; ask whoever owns it, or copy what it holds to where you may read and write",
    errno.EMFILE: "; more can be allowed: ulimit -n",
    errno.EIO: "; the disk may be failing: copy what is on it",
}
"""What to do about what the system says."""

DESCRIPTION = """Point it at images: it finds the controls, without labels.

  infogan demo
  infogan train --data digits --out runs/digits
  infogan suggest --data digits
  infogan train --data photos/ --size 32 --out runs/photos --codes "kind=cat:8,tilt=uni"
  infogan presets
  infogan describe tutorial
  infogan sample runs/digits --n 25 --set c1=3 --grid --out category-3.png
  infogan traverse runs/digits --code c2 --out c2.gif
  infogan describe-codes runs/digits
  infogan encode runs/digits --images photos/ --out codes.csv
  infogan edit runs/digits --image three.png --set c2=0.8 --out edited.png
  infogan evaluate runs/digits --out eval.json
  infogan explore runs/digits --open
  infogan report runs/digits
  infogan export runs/digits --format onnx --out onnx/

Codes are written name=kind: cat:10 a choice of ten, uni a dial from -1 to 1, norm a dial with a
bell-shaped prior, circ a dial that goes round, bern a switch. `infogan COMMAND --help` says more
of each command.

Exit status: 0 done, 1 a run was given up, 2 a mistake in what was asked for, 130 interrupted.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; a user's mistake is one line and a 2."""
    args = list(sys.argv[1:] if argv is None else argv)
    show_traceback = "--traceback" in args
    # Warnings of ours (unreadable files, say) are one line each, as errors are.
    warnings.showwarning = _warn
    # A file's name need not be text that this terminal can show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with interrupting():
            return _run([arg for arg in args if arg != "--traceback"])
    except BrokenPipeError:  # whoever reads our output has enough of it, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    # An OSError is the system's word: a full disk, a file that may not be read. All else is a bug
    # of ours, and keeps its traceback.
    except (UserError, OSError) as error:
        if show_traceback:
            raise
        print(f"infogan: error: {one_line(_told(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("infogan: interrupted", file=sys.stderr)
        return 130


def _run(args: list[str]) -> int:
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    chosen, typed = _command(args), args
    if chosen == "train" and {"-h", "--help"} & set(args):
        print(_module(chosen).EXPLAINED, end="")
        return 0
    args = ["--help" if arg == "--help-all" else arg for arg in args]
    parser = ArgumentParser(
        prog="infogan",
        description=DESCRIPTION,
        exit_on_error=False,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument(
        "--traceback", action="store_true", help="show where an error comes from, instead of a line"
    )
    subcommands = parser.add_subcommands(required=False, title="commands")
    for name in COMMANDS:
        module = _module(name)
        sub = ArgumentParser(
            description=module.HELP,
            exit_on_error=False,
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        # Only the chosen command's options: those of `train` need torch, which takes a second.
        if name == chosen:
            module.add_arguments(sub)
            if name == "train":
                start = _option(args, "--from") or _option(args, "--init_from")
                module.set_defaults(sub, _option(args, "--preset") or "", start or "")
                args = module.spelled_out(args)
        subcommands.add_subcommand(name, sub, help=module.HELP.partition("\n")[0])
    try:
        parsed = parser.parse_args(args)
    except ArgumentError as error:
        known = subcommands.choices[chosen]._option_string_actions if chosen else ()
        told = _in_our_words(str(error).replace(f"{chosen}.", "--"))
        told += _nearest_option(str(error), known)
        raise UserError(f"{told}; see: infogan {chosen} --help".replace("  ", " ")) from None
    if parsed.version:
        from infogan.versions import __version__

        print(__version__)
    elif not parsed.subcommand:
        parser.print_help()
    else:
        module = _module(parsed.subcommand)
        if parsed.subcommand == "train":
            # With --resume a length that was typed is another wish than the same one by default.
            parsed.train.kimg_given = _option(args, "--kimg") is not None
            parsed.train.typed = typed
        return module.run(parsed[parsed.subcommand]) or 0
    return 0


def _command(args: Sequence[str]) -> str:
    """The command that is called, or none; UserError for a first word that is not one."""
    first = next((arg for arg in args if not arg.startswith("-")), "")
    if first and first not in COMMANDS:
        near = did_you_mean(first, COMMANDS)
        raise UserError(f"there is no command {first!r}{near}; infogan --help lists them")
    return first


def _nearest_option(error: str, known: Iterable[str]) -> str:
    """For a message about unrecognized arguments: the option that may have been meant."""
    _, unknown, words = error.partition("unrecognized arguments: ")
    option = next((each for each in words.split() if each.startswith("--")), "")
    # Of nested options the last part is what is typed wrong, or alone.
    short = {each: each for each in known} | {
        f"--{each.rpartition('.')[2]}": each for each in known
    }
    near = get_close_matches(option.partition("=")[0], list(short), n=1) if unknown else []
    return f" (did you mean {short[near[0]]}?)" if near else ""


def _module(command: str) -> ModuleType:
    return import_module(f"infogan.commands.{command.replace('-', '_')}")


def _option(args: Sequence[str], name: str) -> str | None:
    """The value of an option that must be known before the rest is parsed."""
    for i, arg in enumerate(args):
        if arg == name and i + 1 < len(args):
            return args[i + 1]
        if arg.startswith(f"{name}="):
            return arg.partition("=")[2]
    return None


def _in_our_words(told: str) -> str:
    """What jsonargparse says of a value, in the words of whoever typed it."""
    if (missing := MISSING.search(told)) is not None:
        return f"--config {os.path.relpath(missing[1])}: no such file"
    found = EXPECTED.search(told) or EITHER.search(told)
    if found is None:
        return told
    name, kinds, value = found.groups()
    takes = [
        KINDS.get(kind, kind) if kind else f"one of {choices}"
        for choices, kind in re.findall(r"Literal\[(.*?)\]|<class '([\w.]+)'>", kinds)
    ]
    return f"--{name.removeprefix('--')} {value}: takes {' or '.join(takes) or kinds}"


def _told(error: Exception) -> object:
    """What the system refused, where, and what to do, without its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return error
    remedy = REMEDIES.get(error.errno or 0, "")
    if error.filename is None:
        return f"{error.strerror}{remedy}"
    # A file that is being written goes by another name until it is whole.
    name = re.sub(r"(\.\d+-[0-9a-f]+)?\.partial(?=[/\\]|$)", "", os.fsdecode(error.filename))
    return f"{name}: {error.strerror}{remedy}"


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"infogan: warning: {one_line(message)}", file=sys.stderr)


class _Formatter(RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Help that keeps the examples' lines."""


if __name__ == "__main__":
    sys.exit(main())
