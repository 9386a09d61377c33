"""Names that no code may have: something else beside the codes goes by them already."""

from infogan.errors import UserError

RESERVED = {
    "self": "the model itself in Model.sample",
    "n": "an argument of Model.sample",
    "seed": "an argument of Model.sample",
    "codes": "a run's picture of its categories",
    "file": "a column of every table of codes",
    "index": "a column of every table of codes",
    "error": "a column of what infogan project writes",
    "probability": "a column of what infogan cluster writes",
    "second": "a column of what infogan cluster writes",
    "__proto__": "a word of the explorer's JavaScript",
}
"""Each with what goes by it."""


def check_code_name(name: str) -> None:
    """Raise UserError for a name that is reserved."""
    if name in RESERVED:
        raise UserError(
            f"codes: no code can be called {name!r}, which is {RESERVED[name]}; "
            f"choose another name, such as my_{name.strip('_')}"
        )
