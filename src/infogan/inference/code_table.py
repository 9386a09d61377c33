"""The codes of many images as a table that is written as it grows: CSV, NumPy or Parquet."""

import csv
import io
import json
import shutil
import tempfile
import warnings
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from infogan.errors import UserError, require_extra
from infogan.files import no_formula, replacing
from infogan.inference.trained_model import Model

Columns = Mapping[str, np.ndarray]
ROW_GROUP = 8192


def columns_of(
    model: Model,
    encoded: Mapping[str, Mapping[str, np.ndarray]],
    features: np.ndarray | None = None,
) -> dict[str, Any]:
    """What `Model.encode` gave, as columns with one row an image.

    A code with categories: `digit`, the best guess, and the probabilities `digit_0`, `digit_1`, …;
    where categories have names these stand for the numbers: `digit` is "eight", and there is a
    `digit_eight`. A dial: `slant`, Q's mean, and `slant_sigma`. Then `features`, where they are
    given: several numbers an image.
    """
    columns: list[tuple[str, np.ndarray]] = []
    for code in model.latent.codes:
        fields, name = encoded[code.name], code.name
        if code.continuous:
            columns += [(name, fields["mean"]), (f"{name}_sigma", fields["std"])]
            continue
        labels = [model.names.label(name, value) for value in range(code.n_categories)]
        best = fields["value"].astype(np.int64)
        columns.append((name, np.array(labels)[best] if name in model.names.values else best))
        columns += zip([f"{name}_{label}" for label in labels], fields["probs"].T, strict=True)
    names = [name for name, _ in columns]
    if features is not None:
        columns.append(("features", features))
        names += ["features", *spread({"features": features})]
    if twice := {name for name in names if names.count(name) > 1} | (
        {"file", "index"} & set(names)
    ):
        raise UserError(f"two columns would be called {min(twice)}; rename a code or a category")
    return dict(columns)


def value_columns(model: Model, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Codes' values as columns: categories by their names, where they have them, else numbers."""
    columns: dict[str, np.ndarray] = {}
    for name, each in values.items():
        if name in model.names.values:
            columns[name] = np.array([model.names.label(name, value) for value in each.tolist()])
        else:
            columns[name] = each if model.latent[name].continuous else each.astype(np.int64)
    return columns


def spread(columns: Columns) -> dict[str, np.ndarray]:
    """A column of several numbers a row, such as `features`, as `features_0`, `features_1`, …"""
    single: dict[str, np.ndarray] = {}
    for name, column in columns.items():
        if column.ndim == 1:
            single[name] = column
        else:
            single |= {f"{name}_{i}": each for i, each in enumerate(column.T)}
    return single


class Table(ABC):
    """A table being written."""

    @abstractmethod
    def __init__(self, file: IO[bytes]) -> None:
        """Begin, in a file that is closed by whoever opened it."""

    def write(self, columns: Columns) -> None:
        """Add rows; the columns are the same every time. NaN and infinity are remarked upon."""
        for name, column in columns.items():
            if column.dtype.kind == "f" and not np.isfinite(column).all():
                warnings.warn(f"{name}: holds values that are not finite numbers", stacklevel=2)
        self._write(columns)

    @abstractmethod
    def _write(self, columns: Columns) -> None:
        """Add rows in the table's own form."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left."""


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Begin a `.csv`, `.npz` or `.parquet`, which is there whole in the end, or not at all.

    Raises UserError for another suffix, and for Parquet without its extra.
    """
    kinds: dict[str, type[Table]] = {".csv": CsvTable, ".npz": NpzTable, ".parquet": ParquetTable}
    if path.suffix not in kinds:
        raise UserError(f"{path}: unknown kind of table; use .csv, .npz or .parquet")
    with replacing(path) as partial, partial.open("wb") as file:
        table = kinds[path.suffix](file)
        yield table
        table.close()


class CsvTable(Table):
    """Numbers with six significant digits, the header first."""

    def __init__(self, file: IO[bytes]) -> None:
        self.text = io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
        self.writer = csv.writer(self.text, lineterminator="\n")
        self.begun = False

    def _write(self, columns: Columns) -> None:
        columns = spread(columns)
        if not self.begun:
            self.writer.writerow(columns)
            self.begun = True
        self.writer.writerows(zip(*map(_as_text, columns.values()), strict=True))

    def close(self) -> None:
        self.text.flush()
        self.text.detach()


def _as_text(column: np.ndarray) -> Sequence[object]:
    if column.dtype.kind == "f":
        return [f"{value:.6g}" for value in column.tolist()]
    values: Sequence[object] = column.tolist()
    return list(map(no_formula, values)) if column.dtype.kind == "U" else values


class NpzTable(Table):
    """One array a column, `features` being one of two dimensions.

    Rows wait in temporary files, since a header says how many there are.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.dtypes: dict[str, np.dtype] = {}
        self.widths: dict[str, tuple[int, ...]] = {}
        self.rows = 0
        self.waiting = tempfile.TemporaryDirectory(prefix="infogan-")

    def _write(self, columns: Columns) -> None:
        for i, (name, column) in enumerate(columns.items()):
            text = column.dtype.kind == "U"
            known = self.dtypes.get(name, column.dtype)
            # The longest text is known in the end.
            self.dtypes[name] = max(known, column.dtype) if text else known
            self.widths[name] = column.shape[1:]
            with self._column(i).open("ab") as file:
                if text:
                    file.writelines(f"{json.dumps(each)}\n".encode() for each in column.tolist())
                else:
                    file.write(np.ascontiguousarray(column).tobytes())
        self.rows += len(next(iter(columns.values())))

    def _column(self, i: int) -> Path:
        return Path(self.waiting.name) / str(i)

    def close(self) -> None:
        with zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED) as archive:
            for i, (name, dtype) in enumerate(self.dtypes.items()):
                with (
                    archive.open(f"{name}.npy", "w", force_zip64=True) as out,
                    self._column(i).open("rb") as column,
                ):
                    shape = (self.rows, *self.widths[name])
                    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(out, header)
                    if dtype.kind == "U":
                        out.writelines(
                            np.array(json.loads(line), dtype).tobytes() for line in column
                        )
                    else:
                        shutil.copyfileobj(column, out)
        self.waiting.cleanup()


class ParquetTable(Table):
    """Typed columns, in groups of rows."""

    def __init__(self, file: IO[bytes]) -> None:
        require_extra("parquet", "Parquet (.csv and .npz do not)", "pyarrow")
        import pyarrow
        import pyarrow.parquet

        self.arrow = pyarrow
        self.file = file
        self.writer: Any = None
        self.waiting: list[Any] = []

    def _write(self, columns: Columns) -> None:
        self.waiting.append(self.arrow.table(spread(columns)))
        if sum(each.num_rows for each in self.waiting) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            table = self.arrow.concat_tables(self.waiting)
            if self.writer is None:
                self.writer = self.arrow.parquet.ParquetWriter(self.file, table.schema)
            self.writer.write_table(table)
            self.waiting = []

    def close(self) -> None:
        self._flush()
        if self.writer is not None:
            self.writer.close()
