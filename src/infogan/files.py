"""Files written whole or not at all, and small ones read within bounds."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from infogan.errors import UserError

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

PARTIAL = ".partial"
"""What the name of a file that is being written ends in."""
MOST_YAML_BYTES = 2**20
"""Of a config: they have some 4 KB, and a megabyte takes a second or two to read."""
MOST_JSON_BYTES = 64 * 2**20
"""Of a description, names, or results: far more than any has, far less than memory."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it becomes `path` once it is whole and on the disk.

    Folders are made. Where the writing fails, nothing is left, and an older file stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of this writer alone: of two at a time the last one wins, and neither sees half of the other.
    writer = f"{os.getpid()}-{threading.get_ident():x}"
    partial = path.with_name(f"{path.name}.{writer}{PARTIAL}")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file; on return it is on the disk."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a folder beside `path` to fill; it becomes `path` once it is whole.

    An older folder there stays until then; where the filling fails, nothing is left of the new one.
    """
    path = path.resolve()
    if path.is_dir() and not any(path.iterdir()):
        with filling_folder(path) as folder:
            yield folder
        return
    with _partial_folder(path, path.with_name(path.name + PARTIAL)) as partial:
        yield partial
        if path.exists():
            shutil.rmtree(path)
        partial.rename(path)


@contextmanager
def filling_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill; once it is whole it becomes `path`, or its files are moved into it.

    The latter where `path` is there already: files of the same names are replaced, each at once,
    and all others stay. Where the filling fails, nothing has changed.
    """
    path = path.resolve()
    # What is there may be all that may be written: the place where a disk is mounted, say.
    is_there = path.is_dir()
    beside = path / PARTIAL if is_there else path.with_name(path.name + PARTIAL)
    with _partial_folder(path, beside) as partial:
        yield partial
        if is_there:
            for each in partial.iterdir():
                each.replace(path / each.name)
        else:
            partial.rename(path)


@contextmanager
def _partial_folder(path: Path, partial: Path) -> Iterator[Path]:
    """An empty folder, ours alone, for what `path` is to hold; UserError where another fills it."""
    partial.mkdir(parents=True, exist_ok=True)
    with _held(partial) as is_ours:
        if not is_ours():
            raise UserError(f"{path}: another process is writing it; wait, or choose another --out")
        for left in partial.iterdir():  # by a process that is no more
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        try:
            yield partial
        finally:
            if is_ours():  # it has not become `path`
                shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[Callable[[], bool]]:
    """Lock a folder for as long as this process is at it; yields whether it is there and ours.

    On a system without POSIX locks (Windows) it is ours as long as it is there.
    """
    if fcntl is None:
        yield folder.exists
        return
    entry = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(entry, fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked = True
    except BlockingIOError:
        locked = False
    try:
        yield (
            lambda: locked and folder.exists() and os.path.samestat(os.fstat(entry), folder.stat())
        )
    finally:
        os.close(entry)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all, in UTF-8; what is no text, as in a file's name, escaped."""
    write_bytes(path, text.encode(errors="backslashreplace"))  # which JSON reads back as it was


def write_json(path: Path, content: object) -> None:
    """Write JSON whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def bounded(path: Path, what: str, most: int, remedy: str) -> bytes:
    """All that is in a file; UserError where that is more, whatever length the system tells."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UserError(f"{path}: more than {most:,} bytes, too long for {what}; {remedy}")
    return content


def require_file(path: Path, remedy: str) -> None:
    """UserError unless there is a file, or a link to one: a pipe would be waited on for ever."""
    if not path.is_file():
        raise UserError(f"{path}: is {'no file' if path.exists() else 'missing'}; {remedy}")


def read_json(path: Path, what: str, remedy: str = "repair or remove it") -> dict[str, Any]:
    """Fields by name from a JSON file; UserError names the file where it holds anything else.

    `what` says what the file should be, as in "names".
    """
    require_file(path, remedy)
    text = bounded(path, what, MOST_JSON_BYTES, remedy)
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not {what} in JSON ({error}); {remedy}") from None
    if not isinstance(content, dict):
        found = type(content).__name__
        raise UserError(f"{path}: not {what} in JSON, but a {found}; {remedy}")
    return content


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """Fields by name from a YAML file; UserError names the file where it holds anything else.

    Nothing may stand for something else (`*alias`): a few lines of that can mean gigabytes.
    """
    text = bounded(path, what, MOST_YAML_BYTES, "shorten it")
    try:
        content = yaml.load(text.decode(), _PlainLoader)  # a safe loader
    except RecursionError:
        raise UserError(f"{path}: not YAML as we read it (nested too deeply); repair it") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: not YAML ({_where(error)}); repair it") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: not {what}, which is settings by name")
    return content


def _where(error: Exception) -> str:
    """What is wrong in a YAML file, and in which line, without quoting it."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark and problem else str(error)


class _PlainLoader(yaml.SafeLoader):
    """Reads plain data without aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a line stands for another, *so; write it out")
        return super().compose_node(parent, index)


def check_folder(path: Path) -> None:
    """Raise UserError where there can be no folder to write weights into and read them again."""
    if (file := next((each for each in path.parents if each.is_file()), None)) is not None:
        raise UserError(f"{file}: is a file, and no folder for a run; choose another --out")
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UserError(f"{path}: this name is not UTF-8; choose another --out") from None


def no_formula(cell: object) -> object:
    """A text for a cell of a CSV that no spreadsheet takes for a formula: `'` before `=cmd.png`."""
    is_formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if is_formula else cell


def _sync_folder(folder: Path) -> None:
    """Put a folder's own entries on the disk, where the system can: else a rename may be lost."""
    with suppress(OSError):
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
