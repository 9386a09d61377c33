"""What is known of some images beside them: a table of a file's name and any number of factors.

Commas, semicolons, tabs, or spaces as in CelebA's lists (whose first line is a number, and whose
header lacks the file). A cell that is empty, `?`, `na` or `nan` is not known.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from jaxtyping import Int

from infogan.data.source import Source
from infogan.data.tables import text_lines
from infogan.errors import UserError

FILE = (
    "file",
    "filename",
    "file_name",
    "path",
    "image",
    "image_id",
    "img",
    "picture",
    "id",
    "index",
)
"""What the column is called that names the images, the first of these that there is."""
NOT_KNOWN = ("", "?", "na", "n/a", "nan")
Match = Literal["exact", "loose"]


@dataclass(frozen=True)
class FactorTable:
    """A table of factors.

    Attributes:
        path: where it was read.
        files: the images' names, as they stand in it.
        columns: each factor's cells, as text; None where a cell is not known.
    """

    path: Path
    files: tuple[str, ...]
    columns: dict[str, list[str | None]]


@dataclass(frozen=True, eq=False)
class Matched:
    """Which line of a table tells of which image.

    Attributes:
        images: numbers of the images that a line was found for, in order.
        lines: the line of each.
        told: how they were found, and what was not, in a line.
    """

    images: Int[np.ndarray, " n"]
    lines: Int[np.ndarray, " n"]
    told: str


def read_factors(path: str | Path) -> FactorTable:
    """Read such a table. Raises UserError, naming the line."""
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"{path}: no such file; it should hold lines such as photo.png,1,blue")
    try:
        with text_lines(path) as file:
            rows = [each for each in _rows(file.read().splitlines()) if any(each[1])]
    except csv.Error as error:
        raise UserError(f"{path}: not a table ({error}); write it anew") from None
    if len(rows) < 2:
        raise UserError(f"{path}: holds no lines; it needs a header, and a line for each image")
    header, lines = rows[0][1], [cells for _, cells in rows[1:]]
    lowered = [name.lower() for name in header]
    at = next((lowered.index(name) for name in FILE if name in lowered), None)
    if at is None:
        raise UserError(
            f"{path}: no column names the images (its columns: {', '.join(header)}); call one "
            f"{' or '.join(FILE[:5])}"
        )
    names = [name for i, name in enumerate(header) if i != at]
    if not names:
        raise UserError(f"{path}: has no factors; give columns beside {header[at]}")
    if doubled := next((name for name in header if header.count(name) > 1), None):
        raise UserError(f"{path}: two columns are called {doubled!r}")
    for number, cells in rows[1:]:
        if (n := len(cells)) != len(header):
            told = f"line {number} has {n} cell{'' if n == 1 else 's'}, expected {len(header)}"
            raise UserError(f"{path}: {told}")
    files = tuple(line[at].replace("\\", "/").removeprefix("./") for line in lines)
    if doubled := _first_doubled(files):
        raise UserError(f"{path}: {doubled} has two lines")
    columns = {
        name: [None if line[i].lower() in NOT_KNOWN else line[i] for line in lines]
        for i, name in enumerate(header)
        if i != at
    }
    return FactorTable(path, files, columns)


def names_of(source: Source) -> tuple[str, ...]:
    """What the images of a source are called; their numbers, from 0, where they have no names."""
    for attribute in ("names", "files"):
        if names := getattr(source, attribute, ()):
            return tuple(names)
    return tuple(map(str, range(len(source))))


def match_files(table: FactorTable, names: Sequence[str], match: Match = "exact") -> Matched:
    """Find the line of each image by its name within its folder or archive.

    The whole path counts first, then its last part where no two images share it. With `loose`
    neither upper and lower case nor the suffix matter. Raises UserError where none is found.
    """
    found = _lines_of(table.files, names, match)
    matched = np.array([i for i, line in enumerate(found) if line is not None], np.int64)
    lines = np.array([line for line in found if line is not None], np.int64)
    how = " (case and suffix aside)" if match == "loose" else ""
    if not len(matched):
        hint = "compare their names"
        if match == "exact" and any(
            line is not None for line in _lines_of(table.files, names, "loose")
        ):
            hint = "case and suffix aside some do: give --match loose"
        raise UserError(
            f"{table.path}: names none of the images ({table.files[0]}, …; the images are "
            f"{names[0]}, …); {hint}"
        )
    told = f"{len(matched):,} of {len(names):,} images have a line in {table.path.name}{how}"
    unused = sorted(set(range(len(table.files))) - set(lines.tolist()))
    if unused:
        listed = ", ".join(table.files[i] for i in unused[:3])
        more = ", …" if len(unused) > 3 else ""
        told += f"; {len(unused):,} of its lines name no image ({listed}{more})"
    return Matched(matched, lines, told)


def _lines_of(files: Sequence[str], names: Sequence[str], match: Match) -> list[int | None]:
    def key(name: str) -> str:
        return str(PurePosixPath(name).with_suffix("")).lower() if match == "loose" else name

    def last(name: str) -> str:
        return PurePosixPath(name).name

    whole, short = _by_key(map(key, files)), _by_key(key(last(file)) for file in files)
    alone = _by_key(key(last(name)) for name in names)
    found: list[int | None] = []
    for name in names:
        line = whole.get(key(name))
        if line is None and alone.get(key(last(name))) is not None:
            line = short.get(key(last(name)))
        found.append(line)
    return found


def _by_key(keys: "Iterator[str] | map[str]") -> dict[str, int | None]:
    """The place of each key; None where there are two."""
    places: dict[str, int | None] = {}
    for i, each in enumerate(keys):
        places[each] = None if each in places else i
    return places


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The number of each line in the file and its cells, by the sign that parts the first's."""
    if lines and lines[0].strip().isdecimal():  # CelebA's: the number of pictures
        yield from ((2, ["file", *line.split()]) for line in lines[1:2])
        yield from enumerate((line.split() for line in lines[2:]), start=3)
        return
    first = lines[0] if lines else ""
    sign = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=sign)
    yield from ((reader.line_num, [cell.strip() for cell in row]) for row in reader)


def _first_doubled(files: Sequence[str]) -> str | None:
    seen = set[str]()
    for file in files:
        if file in seen:
            return file
        seen.add(file)
    return None
