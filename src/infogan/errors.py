"""Mistakes that are a user's: told apart from ours by their type, and said in one line."""

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


class UserError(ValueError):
    """A mistake in what was asked for or given: what is wrong, where, and what to do, in a line."""

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(message))


def require_extra(extra: str, what: str, *modules: str) -> None:
    """Raise UserError, with the remedy, unless the modules of an optional extra are installed."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise UserError(
            f"{what} needs an extra ({', '.join(missing)}): "
            f"pip install -c constraints.txt 'infogan[{extra}]'"
        )
