"""Zip and tar archives of image files, read in place; WebDataset's shards are tars like others."""

import lzma
import re
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import cast

from infogan.data.collection import Collection, Item
from infogan.data.picture import first_bytes
from infogan.errors import UserError

MAX_FILE = 256 * 2**20
"""Bytes that one file in an archive may unpack to."""
TOO_MUCH = f"unpacks to more than {MAX_FILE // 2**20} MiB"
DAMAGES = (
    *(zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError),
    *(zlib.error, lzma.LZMAError, KeyError),
)
"""What reading a member of a damaged zip may raise."""
BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
MAX_SHARDS = 100_000
LABEL = ".cls"
"""What WebDataset calls the file with an image's class."""


def holds(path: Path) -> bool:
    """Whether this is a zip or tar archive, or a folder of nothing but tars."""
    if path.is_dir():
        files = [each for each in path.iterdir() if not each.name.startswith(".")]
        return any(each.suffix == ".tar" for each in files) and all(
            each.suffix in (".tar", ".json", ".txt", ".md") for each in files
        )
    return _is_zip(path) or _is_tar(path)


def shards(name: str) -> list[Path]:
    """The files of a name such as train-{000..012}.tar; none where it has no braces."""
    found = BRACES.search(name)
    if not found:
        return []
    first, last, width = int(found[1]), int(found[2]), len(found[1])
    if not 0 <= last - first < MAX_SHARDS:
        raise UserError(f"{name}: write the first and the last number, such as {{000..012}}")
    paths = [
        Path(name[: found.start()] + f"{number:0{width}}" + name[found.end() :]).expanduser()
        for number in range(first, last + 1)
    ]
    if missing := [path for path in paths if not path.is_file()]:
        raise UserError(f"{name}: {len(missing)} of {len(paths)} files are not there: {missing[0]}")
    return paths


def open_archive(path: Path, name: str, split: str) -> Collection:
    """The archive at a path, the tars in a folder, or the shards of a name. Raises UserError."""
    if named := shards(name):
        return TarFiles(named, name, split)
    if path.is_dir():
        return TarFiles(sorted(path.glob("*.tar")), name, split)
    return ZipFiles(path, name, split) if _is_zip(path) else TarFiles([path], name, split)


class _Members(Collection):
    """Files in an archive by their names, of which a split's part is taken."""

    def _choose(self, names: Iterable[str], split: str) -> list[str]:
        """The names of a split that may be pictures, in order; the others go to `left_out`."""
        kept = []
        for name in sorted(names):
            parts = PurePosixPath(name).parts
            if any(part.startswith(".") or part == "__MACOSX" for part in parts):
                self.left_out.setdefault("hidden", []).append(name)
            else:
                kept.append(name)
        self._prefix = _common_folder(kept)
        tops = {name.removeprefix(self._prefix).split("/")[0] for name in kept}
        if {"train", "test"} <= tops:
            self._prefix += f"{split}/"
            kept = [name for name in kept if name.startswith(self._prefix)]
        if not kept:
            raise UserError(f"{self.name}: no image files in this archive")
        return kept

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """By the first folder below what all have in common."""
        return super().classes([name.removeprefix(self._prefix) for name in names])


class ZipFiles(_Members):
    """The files in a zip, in the order of their names. Raises UserError where it is damaged."""

    def __init__(self, path: Path, name: str, split: str) -> None:
        self.name, self.left_out = name, {}
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            raise UserError(f"{path}: not a readable zip ({error}); fetch it again") from None
        members = [each for each in self._zip.infolist() if not each.filename.endswith("/")]
        members = [each for each in members if each.filename]  # damage, on which `is_dir` fails
        if bombs := [each.filename for each in members if not _is_unpacked(each)]:
            self.left_out[TOO_MUCH] = bombs
        allowed = {each.filename for each in members if _is_unpacked(each)}
        self._names = self._choose(allowed, split)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Item]:
        for name in self._names:
            yield Item(name, self._content(name))

    def _content(self, name: str) -> bytes:
        try:
            with self._lock:  # one file, one position
                return unpacked(self._zip, name)
        except UserError:
            return b""  # unreadable, as its decoder will say


def unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of a zip; UserError for one that is damaged, locked, or unpacks to too much."""
    try:
        if not _is_unpacked(archive.getinfo(name)):
            raise UserError(f"{archive.filename}: {name} {TOO_MUCH}")
        with archive.open(name) as file:
            return file.read(MAX_FILE)
    except UserError:
        raise
    except DAMAGES as error:
        raise UserError(f"{archive.filename}: {name} is damaged ({error})") from None


def _is_unpacked(member: zipfile.ZipInfo) -> bool:
    return member.file_size <= MAX_FILE


class TarFiles(_Members):
    """The files in one or several tars, compressed or not, in the order they lie in.

    In WebDataset's shards an image and what belongs to it share a name: `0017.jpg`, `0017.cls`.
    Raises UserError where one is damaged.
    """

    def __init__(self, paths: list[Path], name: str, split: str) -> None:
        self.name, self.left_out = name, {}
        self._paths = paths
        named = [path for path in paths if split in re.split(r"\W|_", path.stem)]
        others = [each for each in ("train", "test", "val") if each != split]
        if named and any(each in path.stem for path in paths for each in others):
            self._paths = named
        found = list[str]()
        for name, size, _ in self._members():
            if name.endswith(LABEL):
                self.left_out.setdefault("labels (.cls)", []).append(name)
            elif name.endswith((".json", ".txt")):
                self.left_out.setdefault("texts (.json, .txt)", []).append(name)
            elif size > MAX_FILE:
                self.left_out.setdefault(TOO_MUCH, []).append(name)
            else:
                found.append(name)
        self._chosen = set(self._choose(found, split))
        self._count = sum(name in self._chosen for name in found)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        for name, size, file in self._members():
            if name in self._chosen and size <= MAX_FILE:
                yield Item(name, file.read())

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """By the files of labels beside the images, else by folder."""
        labels = {
            name.removesuffix(LABEL): file.read(100).decode(errors="replace").strip()
            for name, _, file in self._members()
            if name.endswith(LABEL)
        }
        names = list(names)
        stems = [name.partition("#")[0].rpartition(".")[0] for name in names]
        found = [labels[stem] for stem in stems if stem in labels]
        if found and len(found) == len(names):
            return found
        return super().classes(names) if len(self._paths) == 1 else None

    def _members(self) -> Iterator[tuple[str, int, BufferedIOBase]]:
        """Name, size and content of every file of every tar, read from front to end."""
        for path in self._paths:
            # Shards may number their images alike.
            prefix = f"{path.stem}/" if len(self._paths) > 1 else ""
            try:
                with tarfile.open(path, "r|*") as tar:
                    for member in tar:
                        file = tar.extractfile(member) if member.isreg() else None
                        if file is not None:
                            yield prefix + member.name, member.size, cast(BufferedIOBase, file)
            except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise UserError(f"{path}: not a readable tar ({error}); fetch it again") from None


def _is_zip(path: Path) -> bool:
    return first_bytes(path, 4) == b"PK\x03\x04" or zipfile.is_zipfile(path)


def _is_tar(path: Path) -> bool:
    """By the tar's own mark, or the name of one that is compressed."""
    packed = first_bytes(path, 6).startswith(
        (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
    )
    return first_bytes(path, 262)[257:] == b"ustar" or (
        packed and (".tar" in path.suffixes or path.suffix in (".tgz", ".tbz2", ".txz"))
    )


def _common_folder(names: list[str]) -> str:
    """The folder that all of these lie in, with a slash at its end; empty where there is none."""
    folders = {name.split("/")[0] if "/" in name else "" for name in names}
    if len(folders) != 1 or folders == {""}:
        return ""
    (folder,) = folders
    below = [name.removeprefix(f"{folder}/") for name in names]
    return f"{folder}/{_common_folder(below)}"
