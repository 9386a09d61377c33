"""Tables in text files: within bounds, and in UTF-8."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from infogan.errors import UserError

MOST_BYTES = 64 * 2**20
"""Of a table of labels or factors: CelebA's 200,000 lines of 40 attributes have 27 MB."""


@contextmanager
def text_lines(path: Path) -> Iterator[TextIO]:
    """The open text, for `csv` or line by line; UserError for one too long, or not in UTF-8."""
    if (length := path.stat().st_size) > MOST_BYTES:
        raise UserError(f"{path}: {length:,} bytes is too long for a table; split it")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield file
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a table in UTF-8 ({error}); save it as UTF-8") from None
