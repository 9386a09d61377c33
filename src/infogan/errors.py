"""Mistakes that are a user's: told apart from ours by their type, and said in one line."""

from importlib.util import find_spec


class UserError(ValueError):
    """A mistake in what was asked for or given: what is wrong, where, and what to do."""


def require_extra(extra: str, what: str, *modules: str) -> None:
    """Raise UserError, with the remedy, unless the modules of an optional extra are installed."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise UserError(
            f"{what} needs an extra ({', '.join(missing)}): "
            f"pip install -c constraints.txt 'infogan[{extra}]'"
        )
