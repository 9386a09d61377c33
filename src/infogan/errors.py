"""Mistakes that are a user's: told apart from ours by their type, and said in one line."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib.util import find_spec


def one_line(text: object) -> str:
    """A text that stays one line on a terminal, whatever it quotes.

    Names of files and codes from others may hold line breaks, a terminal's commands, or marks that
    turn the reading direction: these are written as Python writes them, such as \\x1b.
    """
    words = " ".join(str(text).split())
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in words
    )


def listed(names: Sequence[object], most: int = 6) -> str:
    """In a sentence: of many the first, and how many more.

    >>> listed(["c2", "c3", "c4"])
    'c2, c3 and c4'
    >>> listed(range(1000), most=3)
    '0, 1 and 998 more'
    """
    if len(names) <= 1:
        return "".join(map(str, names))
    last = names[-1] if len(names) <= most else f"{len(names) - most + 1} more"
    return f"{', '.join(map(str, names[: min(len(names), most) - 1]))} and {last}"


class UserError(ValueError):
    """A mistake in what was asked for or given: what is wrong, where, and what to do, in a line."""

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(message))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What to add to a message about a word that is not known: the nearest one, or nothing.

    >>> did_you_mean("trian", ["train", "traverse"])
    ' (did you mean train?)'
    """
    near = get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def require_extra(extra: str, what: str, *modules: str) -> None:
    """Raise UserError, with the remedy, unless the modules of an optional extra are installed."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise UserError(
            f"{what} needs an extra ({', '.join(missing)}): "
            f"pip install -c constraints.txt 'infogan[{extra}]'"
        )
