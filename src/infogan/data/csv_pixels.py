"""Pixels in a CSV: a row an image, as Kaggle's digits and FER's faces have them.

Kaggle: columns `label, pixel0, pixel1, …` (or none named: the label first). FER: `emotion, pixels,
Usage`, where `pixels` holds numbers with spaces between them, and `Usage` says the split.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import Float32, Int

from infogan.errors import UserError

SUFFIXES = (".csv", ".tsv")
LABELS = ("label", "labels", "class", "emotion", "target", "y")
PIXELS, USAGE = "pixels", "usage"
TEST = ("test", "publictest", "privatetest", "validation", "val")
OTHERS = ("id", "index", "unnamed: 0")
PART = 1024
LINE = 2**22
"""Characters that a line may have."""


class PixelTable:
    """The images of a split: numbers (n, h, w), or (n, h, w, 3), gone through part by part.

    Without a column of usage both splits are the whole. The column of labels is never a pixel, and
    kept only where it is asked for. Raises UserError, naming the line.
    """

    def __init__(self, path: Path, split: str, *, labelled: bool = False) -> None:
        rows, labels = list[np.ndarray](), list[str | None]()
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for pixels, label in _rows(path, file, split):
                small = pixels.astype(np.uint8)
                rows.append(small if (small == pixels).all() else pixels)
                labels.append(label if labelled else None)
        if not rows:
            raise UserError(f"{path}: there are no images in it for split '{split}'")
        if len({len(row) for row in rows}) > 1:
            raise UserError(f"{path}: images of several sizes; make them one")
        self._rows, self._side = rows, _shape(len(rows[0]))
        self.labels = None if None in labels else [str(label) for label in labels]
        self.shape = (len(rows), *self._side)
        self.dtype = np.dtype(np.float32)

    def parts(self) -> Iterator[np.ndarray]:
        """All of them, some at a time."""
        for start in range(0, len(self._rows), PART):
            part = np.stack(self._rows[start : start + PART]).astype(np.float32)
            yield part.reshape(len(part), *self._side)


def holds(path: Path) -> bool:
    """Whether this is a CSV of pixels, and not of labels or anything else."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = _cells(path, file, 1, path.suffix.lower()) or []
        return PIXELS in [cell.lower() for cell in first] or len(first) >= 64


def read_labels(path: Path, split: str) -> Int[np.ndarray, " n"] | None:
    """The labels of the same images; names are numbered in alphabetical order. None without."""
    labels = PixelTable(path, split, labelled=True).labels
    if labels is None:
        return None
    if all(label.lstrip("-").isdecimal() for label in labels):
        return np.array([int(label) for label in labels], np.int64)
    return np.searchsorted(sorted(set(labels)), labels).astype(np.int64)


def _rows(
    path: Path, file: IO[str], split: str
) -> Iterator[tuple[Float32[np.ndarray, " d"], str | None]]:
    """Pixels and label of each row of a split."""
    suffix, number = path.suffix.lower(), 1
    cells = _cells(path, file, number, suffix)
    columns: _Columns | None = None
    while cells is not None:
        if columns is None:
            columns = _Columns.of(cells, path)
            if columns.named:
                number, cells = number + 1, _cells(path, file, number + 1, suffix)
                continue
        if cells != [""]:
            found = columns.read(cells, f"{path}: line {number}")
            if columns.usage is None or _is_test(cells[columns.usage]) == (split == "test"):
                yield found
        number, cells = number + 1, _cells(path, file, number + 1, suffix)


@dataclass(frozen=True)
class _Columns:
    """Which columns hold what, by the first line."""

    named: bool
    count: int
    pixels: tuple[int, ...]
    joined: int | None
    label: int | None
    usage: int | None

    @classmethod
    def of(cls, cells: list[str], path: Path) -> "_Columns":
        lowered, count = [cell.lower() for cell in cells], len(cells)
        usage = lowered.index(USAGE) if USAGE in lowered else None
        label = next((lowered.index(name) for name in LABELS if name in lowered), None)
        if PIXELS in lowered:
            return cls(True, count, (), lowered.index(PIXELS), label, usage)
        named = not all(map(_is_number, cells))
        if not named:
            label = None if _is_image(count) else 0
        left_out = {label, usage, *(lowered.index(each) for each in OTHERS if each in lowered)}
        pixels = tuple(i for i in range(count) if i not in left_out)
        if not _is_image(len(pixels)):
            raise UserError(
                f"{path}: {len(pixels)} columns of pixels are no square image; besides them there "
                f"may be columns called {', '.join(LABELS[:3])}, {', '.join(OTHERS)} and {USAGE}"
            )
        return cls(named, count, pixels, None, label, usage)

    def read(self, cells: list[str], where: str) -> tuple[Float32[np.ndarray, " d"], str | None]:
        """The pixels and the label of one line; UserError where it is another kind of line."""
        if len(cells) != self.count:
            raise UserError(f"{where} has {len(cells)} cells, expected {self.count}")
        words = (
            [cells[i] for i in self.pixels] if self.joined is None else cells[self.joined].split()
        )
        try:
            pixels = np.array(words, np.float32)
        except ValueError as error:
            raise UserError(f"{where}: {error}; pixels are numbers") from None
        if not _is_image(len(pixels)):
            raise UserError(f"{where}: {len(pixels)} pixels are no square image")
        return pixels, None if self.label is None else cells[self.label]


def _cells(path: Path, file: IO[str], number: int, suffix: str) -> list[str] | None:
    """One line; None at the end. Numbers need no quotes, and what is quoted holds no commas."""
    line = file.readline(LINE)
    if not line:
        return None
    if len(line) == LINE:
        raise UserError(f"{path}: line {number} is longer than {LINE:,} characters")
    between = "\t" if suffix == ".tsv" else ","
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(between)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_image(count: int) -> bool:
    return count > 0 and (
        math.isqrt(count) ** 2 == count
        or (count % 3 == 0 and math.isqrt(count // 3) ** 2 * 3 == count)
    )


def _shape(count: int) -> tuple[int, ...]:
    side = math.isqrt(count)
    return (side, side) if side * side == count else (math.isqrt(count // 3),) * 2 + (3,)


def _is_test(usage: str) -> bool:
    return usage.lower() in TEST
