"""What values options of a config take: anything else is a user's mistake, said in a line."""

import math

from infogan.errors import UserError


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Raise UserError, naming the option, its value and what it takes, unless that holds."""
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise UserError(f"{name}: {value} is not allowed; it takes {allowed}")


def one_of(choices: tuple[object, ...], name: str, value: object) -> None:
    """Raise UserError unless the value is one of these."""
    require(value in choices, name, value, ", ".join(map(str, choices)))
