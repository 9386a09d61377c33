"""What the commands that write files share: `--force`, refusals, and what is said at the end."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from jsonargparse import ArgumentParser

from infogan.errors import UserError


def add_force_argument(parser: ArgumentParser) -> None:
    """Leave to replace files."""
    parser.add_argument(
        "--force", action="store_true", help="replace what is there already under the name of --out"
    )


def check_new(*paths: Path, force: bool) -> None:
    """Refuse, before the work starts, to write over a file unless with `--force`.

    Raises UserError for a file that exists, and, always, for a folder in its place or a file in
    that of its folder.
    """
    for path in paths:
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file in it")
        _check_parents(path)
        if (path.exists() or path.is_symlink()) and not force:
            raise UserError(f"{path}: exists already; name another file, or replace it: --force")
        check_writable(path)


def check_writable(path: Path) -> None:
    """Raise UserError, before the work starts, where a file or folder may not be written."""
    if not may_write(path):
        folder = _nearest(path)
        raise UserError(f"{folder}: may not be written to; name a place elsewhere with --out")


def may_write(path: Path) -> bool:
    """Whether a file can be made there, or files in a folder."""
    return os.access(_nearest(path), os.W_OK)


def _nearest(path: Path) -> Path:
    """The folder itself, or the first above it that there is."""
    return next(each for each in (path, *path.parents) if each.is_dir())


def check_new_folder(
    path: Path, *, force: bool, holds: str = "", reads: Iterable[Path] = ()
) -> None:
    """The same for a folder, which may be there empty.

    With `force` it must hold the file that tells an earlier result from anything else, and none of
    what the command reads: that would go with it.
    """
    _check_parents(path)
    check_writable(path)
    if not path.exists():
        return
    if not path.is_dir():
        raise UserError(f"{path}: is a file; name a folder")
    if not any(path.iterdir()):
        return
    if not force:
        raise UserError(f"{path}: exists already; name another folder, or replace it: --force")
    if holds and not (path / holds).is_file():
        raise UserError(
            f"{path}: holds no {holds}, so it is no earlier result, and even --force does not "
            "replace it; name another folder"
        )
    for each in reads:
        read = each.expanduser()
        if read.exists() and read.resolve().is_relative_to(path.resolve()):
            raise UserError(
                f"{path}: --force would replace it, and {each} with it, which is read; name "
                "another folder"
            )


def print_written(out: Path, content: str = "") -> None:
    """Say where the result is, and what it is where the name does not tell."""
    print(f"written   {out}{content and f': {content}'}")


def print_next(*command: object, why: str = "") -> None:
    """The command to go on with, as it can be pasted, and what for."""
    print(f"next      {shlex.join(map(str, command))}{why and f', {why}'}")


def _check_parents(path: Path) -> None:
    """Raise UserError where one of the folders a path is in is a file."""
    for parent in path.parents:
        if parent.exists() and not parent.is_dir():
            raise UserError(f"{parent}: is a file, and no folder for {path.name}")
