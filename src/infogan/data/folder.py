"""A folder of image files, searched through all its sub-folders; or one image file by itself."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from infogan.data.collection import Collection, CollectionReader, Item
from infogan.data.picture import Content
from infogan.data.resize import with_channels
from infogan.data.rules import ImageRules
from infogan.errors import UserError


class Folder(Collection):
    """Every file below a folder, in alphabetical order of its path.

    Where there are sub-folders `train` and `test`, the split chooses one; else both splits are the
    whole. Links are followed, each folder once; one that leads back to a folder it lies in is left
    out, and so are hidden files. Raises UserError where there is no file at all.
    """

    def __init__(self, folder: Path, name: str, split: str) -> None:
        both = all((folder / part).is_dir() for part in ("train", "test"))
        self.name = name
        self.folder, self.root = folder, folder / split if both else folder
        self.left_out = {}
        self._visited: set[tuple[int, int]] = set()
        self._files = sorted(self._walk(self.root, ()))
        if not self._files:
            raise UserError(f"{self.root}: no image files in this folder or below")

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Item]:
        for path in self._files:
            yield Item(path.relative_to(self.folder).as_posix(), path)

    def classes(self, names: Iterable[str]) -> list[str] | None:
        """By the first folder below the split's."""
        within = [(self.folder / name).relative_to(self.root).as_posix() for name in names]
        return super().classes(within)

    def _walk(self, folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
        """The files below, and what is left out into `left_out`."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            here = folder.stat()
        except OSError as error:
            self._leave_out(f"cannot be opened ({error.strerror})", folder)
            return
        place = (here.st_dev, here.st_ino)
        if place in above:
            self._leave_out("link that leads in a circle", folder)
            return
        if place in self._visited:
            self._leave_out("link to a folder that is read already", folder)
            return
        self._visited.add(place)
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                self._leave_out("hidden", path)
            elif entry.is_dir():
                yield from self._walk(path, (*above, place))
            elif entry.is_file():
                yield path
            else:
                self._leave_out("no file", path)

    def _leave_out(self, reason: str, path: Path) -> None:
        self.left_out.setdefault(reason, []).append(path.relative_to(self.folder).as_posix())


class OneFile(Collection):
    """One image file by itself, or its bytes."""

    def __init__(self, content: Content, name: str) -> None:
        self.name, self.content, self.left_out = name, content, {}

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Item]:
        named = self.content if isinstance(self.content, Path) else Path(self.name)
        yield Item(named.name, self.content)


def read_image(
    path: str | Path, shape: tuple[int, int, int], rules: ImageRules | None = None
) -> UInt8[np.ndarray, "c h w"]:
    """One image file, of any mode, fitted to a model's image shape by its rules.

    Of a file of several pages the first is meant. Raises UserError, with what is wrong, for what is
    no image, is damaged, or has pixels of no known range.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not one' if path.is_dir() else 'no such'} image")
    try:
        return read_content(path, shape, rules or ImageRules())
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def read_content(
    content: Content, shape: tuple[int, int, int], rules: ImageRules
) -> UInt8[np.ndarray, "c h w"]:
    """The same of a file or of its bytes; the error names no file."""
    channels, side, _ = shape
    reader = CollectionReader(OneFile(content, "the image"), size=side, rules=rules, decided=True)
    for image in reader.images():
        fitted: np.ndarray = with_channels(image.pixels[None], channels)[0]
        return fitted
    why = next(iter(reader.report.errors.values()), "not a kind of image known here")
    raise UserError(f"cannot be read as an image ({why})")
