"""Tables of images: Parquet files, and folders that Hugging Face's `datasets` wrote: an extra."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infogan.data.collection import Collection, Item
from infogan.errors import UserError, require_extra

NAMES = ("image", "img", "picture", "photo", "pixel_values")
LABELS = ("label", "labels", "class", "fine_label", "target")
MARKS = ("dataset_info.json", "dataset_dict.json", "state.json")
"""What `datasets` leaves in the folders it writes."""
SUFFIXES = (".parquet", ".arrow")
ROWS = 64
"""Rows held at a time."""


def holds(path: Path) -> bool:
    """Whether this is a Parquet or Arrow file, or a folder of `datasets`."""
    if path.is_file():
        return path.suffix in SUFFIXES
    return any((path / mark).is_file() for mark in MARKS) or any(
        next(folder.glob(f"*{suffix}"), None) is not None
        for folder in (path, path / "data")
        for suffix in SUFFIXES
    )


class Rows(Collection):
    """The images of a column, as bytes or as paths beside the file, in the order of the rows.

    The column is the first called image, img, picture or photo, else the only one that holds
    bytes. Files or folders named after a split are taken for it. Raises UserError.
    """

    named_by = "index"

    def __init__(self, path: Path, name: str, split: str) -> None:
        require_extra("parquet", f"{path}: Parquet", "pyarrow")
        self.name, self.left_out = name, {}
        self._files = _of_split(path, split)
        self._root = path.parent if path.is_file() else path
        schema, self._count = self._schema_and_count()
        self._image = _image_column(schema, name)
        self._label = next((each for each in LABELS if each in schema.names), None)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        number = 0
        for file in self._files:
            for batch in _batches(file, [self._image]):
                for row in batch.to_pylist():
                    yield Item(str(number), self._content(row[self._image], file))
                    number += 1

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """By the column of labels, where there is one."""
        if self._label is None:
            return None
        column = [self._label]
        labels = [
            str(row[self._label])
            for file in self._files
            for batch in _batches(file, column)
            for row in batch.to_pylist()
        ]
        return [labels[int(name.partition("#")[0])] for name in names]

    def _content(self, value: Any, file: Path) -> Path | bytes:
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, bytes):
            return value
        for folder in (file.parent, self._root):
            # Of the table's own folder: it must not show any other file of this machine.
            if not isinstance(value, str):
                break
            path = folder / value
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
        return b""  # unreadable, as its decoder will say

    def _schema_and_count(self) -> tuple[Any, int]:
        import pyarrow.parquet as pq

        schema, count = None, 0
        for file in self._files:
            if file.suffix == ".parquet":
                with _readable(file):
                    table = pq.ParquetFile(file)
                    if (rows := table.metadata.num_rows) < 0:
                        raise ValueError(f"it says it has {rows} rows")
                    schema, count = table.schema_arrow, count + rows
            else:
                for batch in _batches(file, None):
                    schema, count = batch.schema, count + batch.num_rows
        if schema is None or not count:
            raise UserError(f"{self.name}: there are no images in it")
        return schema, count


def _of_split(path: Path, split: str) -> list[Path]:
    """The files of a split, in order; all of them where there is one part only."""
    if path.is_file():
        return [path]
    files = sorted(
        each
        for suffix in SUFFIXES
        for each in path.rglob(f"*{suffix}")
        if not each.name.startswith("cache-")
    )
    own = [each for each in files if split in _words(each.relative_to(path))]
    other = [each for each in files if _words(each.relative_to(path)) & {"train", "test"}]
    return own if own and other else files


def _words(path: Path) -> set[str]:
    return {word for part in path.parts for word in part.replace(".", "-").split("-")}


def _image_column(schema: Any, name: str) -> str:
    import pyarrow as pa

    for column in NAMES:
        if column in schema.names:
            return column
    holding = [
        field.name
        for field in schema
        if pa.types.is_binary(field.type)
        or pa.types.is_large_binary(field.type)
        or (pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0)
    ]
    if len(holding) != 1:
        raise UserError(
            f"{name}: no column of images (its columns: {', '.join(schema.names)}); call one image"
        )
    return str(holding[0])


def _batches(file: Path, columns: list[str] | None) -> Iterator[Any]:
    """Some rows at a time; UserError where the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _readable(file):
        if file.suffix == ".parquet":
            yield from pq.ParquetFile(file).iter_batches(ROWS, columns=columns)
            return
        with pa.memory_map(str(file)) as mapped:
            try:
                reader = pa.ipc.open_stream(mapped)
            except pa.ArrowInvalid:
                reader = pa.ipc.open_file(mapped)
                reader = (reader.get_batch(i) for i in range(reader.num_record_batches))
            for batch in reader:
                chosen = batch if columns is None else batch.select(columns)
                for start in range(0, chosen.num_rows, ROWS):
                    yield chosen.slice(start, ROWS)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn what pyarrow raises for damaged files into a line."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{file}: not a readable table ({error}); save it again") from None
