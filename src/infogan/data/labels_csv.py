"""A few labelled images: listed in a CSV file, sorted into folders, or arrays in an `.npz`."""

import csv
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from infogan.data import npz
from infogan.data.array import IMAGE_KEYS, LABEL_KEYS
from infogan.data.collection import Collection, CollectionReader
from infogan.data.folder import Folder, read_content, read_image
from infogan.data.open import kind_of, open_collection, open_images
from infogan.data.resize import with_channels
from infogan.data.rules import ImageRules
from infogan.data.tables import text_lines
from infogan.errors import UserError

HEADERS = ("file", "filename", "path", "image", "index", "id", "name")
LABELS = ("label", "labels", "class", "category", "target", "kind")


def read_labelled_images(
    path: Path,
    data: str | Path,
    *,
    split: str,
    shape: tuple[int, int, int],
    rules: ImageRules | None = None,
) -> tuple[UInt8[np.ndarray, "n c h w"], list[str]]:
    """Labelled images and their labels.

    `path` is a CSV file that lists images of `data`, a folder whose sub-folders are the classes, or
    an `.npz` of `labels` and `images` (without images they are of those of `data`, in order).
    Raises UserError.
    """
    channels, side, _ = shape
    rules = rules or ImageRules()
    if path.is_dir():
        reader = CollectionReader(
            Folder(path, str(path), split), size=side, rules=rules, decided=True
        )
        read = list(reader)
        classes = reader.collection.classes([image.name for image in read])
        if classes is None:
            raise UserError(f"{path}: images must lie in sub-folders, one for each class")
        return with_channels(np.stack([image.pixels for image in read]), channels), classes
    if path.suffix == ".npz":
        labels = read_array_labels(path, split)
        inside = any(key in npz.names(path) for key in IMAGE_KEYS[split])
        source = open_images(
            path if inside else data, split=split, size=side, channels=channels, rules=rules
        )
        if len(labels) != len(source):
            raise UserError(f"{path}: {len(labels)} labels, but {len(source)} images")
        return source.batch(np.arange(len(source))), labels
    listed = read_labels_csv(path)
    images = labelled_images(list(listed), data, split=split, shape=shape, rules=rules)
    return images, list(listed.values())


def read_array_labels(path: Path, split: str) -> list[str]:
    """The labels in an `.npz`, numbers or words, as text. Raises UserError."""
    names = npz.names(path)
    key = next((key for key in LABEL_KEYS[split] if key in names), None)
    if key is None:
        raise UserError(f"{path}: no labels (its arrays: {', '.join(names)}); name one labels")
    labels = npz.NpzArray(path, key).whole().ravel()
    if labels.dtype.kind not in "iuUb":
        raise UserError(f"{path}: labels are {labels.dtype}, but must be whole numbers or words")
    return [str(label) for label in labels.tolist()]


def read_labels_csv(path: Path) -> dict[str, str]:
    """Image (a file, or a number counted from 0) → label, in the order of the file.

    The first line may be a header; then the columns called file, filename, path, image, index, id
    or name, and label, class, category, target or kind, are found wherever they are. Raises
    UserError, naming the line, for a line without both, or for an image with two labels.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; it should hold lines such as photo.png,cat")
    labels: dict[str, str] = {}
    image, label = 0, 1
    try:
        with text_lines(path) as file:
            for number, row in enumerate(csv.reader(file), start=1):
                cells = [cell.strip() for cell in row]
                if number == 1 and (found := _columns(cells)):
                    image, label = found
                    continue
                if not any(cells):
                    continue
                if len(cells) <= max(image, label) or not cells[image] or not cells[label]:
                    raise UserError(
                        f"{path}: line {number} needs an image and a label, such as 17,eight"
                    )
                if labels.setdefault(cells[image], cells[label]) != cells[label]:
                    raise UserError(
                        f"{path}: line {number}: {cells[image]} has another label already; "
                        "keep one of the two"
                    )
    except csv.Error as error:
        raise UserError(f"{path}: not a table ({error}); write it anew") from None
    if not labels:
        raise UserError(f"{path}: holds no labels; it needs lines such as photo.png,cat")
    return labels


def _columns(cells: list[str]) -> tuple[int, int] | None:
    """Where a header has images and labels; None where the line is no header."""
    lowered = [cell.lower() for cell in cells]
    image = next((lowered.index(name) for name in HEADERS if name in lowered), None)
    label = next((lowered.index(name) for name in LABELS if name in lowered), None)
    if image is None:
        return None
    return image, label if label is not None else int(image == 0)


def labelled_images(
    names: list[str],
    data: str | Path,
    *,
    split: str,
    shape: tuple[int, int, int],
    rules: ImageRules | None = None,
) -> UInt8[np.ndarray, "n c h w"]:
    """The images of these names: numbers in `data`, or files in the folder or archive that it is.

    Raises UserError for one that is not there or cannot be read.
    """
    channels, side, _ = shape
    rules = rules or ImageRules()
    if all(name.isdecimal() for name in names):
        source = open_images(data, split=split, size=side, channels=channels, rules=rules)
        if beyond := [name for name in names if int(name) >= len(source)]:
            raise UserError(
                f"{data}: has no image {beyond[0]}, its {split} part holds {len(source):,} "
                "counted from 0"
            )
        return source.batch(np.array([int(name) for name in names]))
    name, path = str(data), Path(data).expanduser()
    if path.is_dir() and kind_of(name, path) == "folder":
        return np.stack([read_image(path / each, shape, rules) for each in names])
    collection = open_collection(kind_of(name, path), name, path, split)
    if collection is None:
        raise UserError(f"{data}: its images have numbers and no names; list them by number")
    return _chosen(collection, names, shape, rules)


def _chosen(
    collection: Collection, names: list[str], shape: tuple[int, int, int], rules: ImageRules
) -> UInt8[np.ndarray, "n c h w"]:
    """The images of these names in an archive, whole or the last part of a path."""
    wanted, found = set(names), dict[str, np.ndarray]()
    for item in collection:
        for name in {item.name, PurePosixPath(item.name).name} & wanted:
            found[name] = read_content(item.content, shape, rules)
    if missing := [name for name in names if name not in found]:
        raise UserError(f"{collection.name}: holds no {missing[0]}")
    return np.stack([found[name] for name in names])
