"""Are the values of a config of the types that its fields have?"""

import dataclasses
import math
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from infogan.errors import UserError


def check_types(config: type, content: dict[str, Any], where: str, prefix: str = "") -> None:
    """UserError for the first value of another type than its field, named from the outside in.

    Fields that the config does not have are left to whoever builds it.
    """
    hints = get_type_hints(config)
    for name, value in content.items():
        hint = hints.get(name, Any)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            if not isinstance(value, dict):
                raise UserError(f"{where}: {prefix}{name}: {value!r} is not settings by name")
            check_types(hint, value, where, f"{prefix}{name}.")
        elif not fits(value, hint):
            raise UserError(f"{where}: {prefix}{name}: {value!r:.60} is not {in_words(hint)}")


def fits(value: object, hint: Any) -> bool:
    """Whether a plain value is of a type: of lists and dicts all in them; numbers are finite."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in inner)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(fits(each, inner[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(key, inner[0]) and fits(each, inner[1]) for key, each in value.items()
        )
    if hint is float:
        return type(value) in (int, float) and math.isfinite(float(str(value)))
    return type(value) is hint


def in_words(hint: Any) -> str:
    """A type as a user would call it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin in (Union, UnionType):
        return " or ".join(in_words(each) for each in inner)
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    words |= {NoneType: "null", dict: "settings by name", tuple: "a list of numbers"}
    return words.get(origin or hint, str(hint))
