"""CelebA, aligned and cropped: the folder `img_align_celeba`, or its zip, read in place.

Beside it (or around it) may lie `list_attr_celeba.txt` and `list_eval_partition.txt`.
Source: Liu et al., Deep learning face attributes in the wild, 2015.
"""

import io
import re
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Int
from PIL import Image

from infogan.data.archive import unpacked
from infogan.data.lazy import LazyImages
from infogan.data.tables import text_lines
from infogan.errors import UserError

FOLDER, ATTRIBUTES = "img_align_celeba", "list_attr_celeba.txt"
PARTITION, PARTS = "list_eval_partition.txt", {"train": "0", "test": "2"}
DEFAULT_SIZE = 64
PICTURE = re.compile(r"\d{6}\.(jpg|png)")


def holds(path: Path) -> bool:
    """Whether this is CelebA's folder, one that holds it, or its zip archive."""
    if path.is_file():
        if not zipfile.is_zipfile(path):
            return False
        with _open_zip(path) as archive:
            names = (PurePosixPath(each) for each in archive.namelist())
            return any(PICTURE.fullmatch(name.name) and FOLDER in name.parts for name in names)
    return path.name == FOLDER or (path / FOLDER).is_dir()


class CelebA(LazyImages):
    """The faces in the order of their numbers, each decoded when it is first asked for.

    With the partition file a split has its own images, without it all. `size` (64 when not given)
    resizes the central square of the 178×218. Raises UserError for another layout.
    """

    def __init__(
        self, path: Path, name: str, split: str, *, size: int | None, channels: int | None
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._zip = _open_zip(path) if path.is_file() else None
        if self._zip is not None:
            found = self._zip.namelist()
        else:
            root = path if path.name == FOLDER else path / FOLDER
            found = [str(file) for file in root.iterdir()]
        pictures = {Path(each).name: each for each in found if PICTURE.fullmatch(Path(each).name)}
        if not pictures:
            raise UserError(
                f"{path}: holds no pictures named 000001.jpg and so on; of other images give the "
                "unpacked folder"
            )
        if (listed := _beside(path, PARTITION)) is not None:
            kept = {file for file, part in _rows(listed, 2) if part == PARTS[split]}
            pictures = {file: each for file, each in pictures.items() if file in kept}
            if not pictures:
                raise UserError(f"{listed}: lists none of the pictures for split '{split}'")
        self.files = tuple(sorted(pictures))
        """File names, such as 000001.jpg."""
        self._members = [pictures[file] for file in self.files]
        super().__init__(name, len(self.files), channels or 3, size or DEFAULT_SIZE)

    def open_picture(self, index: int) -> Image.Image:
        member = self._members[index]
        if self._zip is None:
            picture = Image.open(member)
        else:
            with self._lock:  # one file, one position
                content = unpacked(self._zip, member)
            picture = Image.open(io.BytesIO(content))
        side = 2 * self.shape[1]
        picture.draft(None, (side, side))  # decodes no larger than needed
        return picture

    def where(self, index: int) -> str:
        return f"{self._path}: {self.files[index]}"


def read_attributes(
    path: Path, files: tuple[str, ...]
) -> tuple[tuple[str, ...], Int[np.ndarray, "n attributes"]]:
    """The names of the attributes, and 0 or 1 of each for these files; for evaluation only.

    Raises UserError where there is no attribute file, or where it lacks one of the pictures.
    """
    listed = _beside(path, ATTRIBUTES)
    if listed is None:
        raise UserError(f"{path}: there is no {ATTRIBUTES} beside it")
    with text_lines(listed) as lines:
        next(lines, None)  # the number of pictures
        names = tuple(next(lines, "").split())
    rows = {row[0]: row[1:] for row in _rows(listed, len(names) + 1, skip=2)}
    for file in files:
        if file not in rows:
            raise UserError(f"{listed}: has no line for {file}")
    table = [[value == "1" for value in rows[file]] for file in files]
    return names, np.array(table, np.int64).reshape(len(files), len(names))


def _beside(path: Path, name: str) -> Path | None:
    """A list of CelebA's: in the folder, or next to the folder or the archive."""
    candidates = (path / name, path.parent / name)
    return next((each for each in candidates if each.is_file()), None)


def _rows(path: Path, columns: int, skip: int = 0) -> Iterator[list[str]]:
    """The words of each line past the first few; UserError for a line of another number."""
    with text_lines(path) as lines:
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if number <= skip or not words:
                continue
            if len(words) != columns:
                raise UserError(f"{path}: line {number} has {len(words)} words, expected {columns}")
            yield words


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UserError(f"{path}: not a readable zip ({error}); fetch it again") from None
