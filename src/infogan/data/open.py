"""What the user typed, opened: `open_images` and `open_labels` find the source that reads it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.rules import ImageRules
from infogan.data.source import ArraySource, FactorSource, Source
from infogan.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from infogan.data.array import Values
    from infogan.data.collection import Collection

DOWNLOADED = ("mnist", "fashion-mnist", "kmnist")
RENDERED = ("sprites", "scenes", "strokes", "heads", "chairs-drawn", "street-numbers")
VARIANT_NAMES = ("mnist-rotated", "mnist-inverted", "mnist-cropped", "colour-digits")
NAMES = ("digits", *DOWNLOADED, *RENDERED, *VARIANT_NAMES)
SPLITS = ("train", "test")


def open_images(
    data: str | Path | np.ndarray,
    *,
    split: str = "train",
    size: int | None = None,
    channels: int | None = None,
    rules: ImageRules | None = None,
) -> Source:
    """Images from a name, a path or an array; labels are never opened.

    Names: digits, mnist, fashion-mnist, kmnist (fetched once), sprites, scenes, strokes, heads,
    chairs-drawn, street-numbers (rendered, factors known: a FactorSource), mnist-rotated,
    mnist-inverted, mnist-cropped, colour-digits (made from mnist). Paths: an IDX file or a folder
    of them, `.npy`, `.npz`, a CSV of pixels, SVHN's `.mat`, CelebA's folder or zip, the chairs'
    folder, dSprites' and 3D Shapes' own `.npz` or `.h5` (FactorSources); image files: one, a
    folder, a zip or tar, `shards-{000..012}.tar`, Parquet and the folders of `datasets`; `hf:NAME`,
    which streams; and what `infogan data pack` wrote, which is read as it is asked for. A name wins
    over a path of the same name: write `./mnist` for the folder. Data without splits is the same in
    both.
    `size` fits images to a square and resizes, `channels` makes grey (1) or colour (3), `rules`
    say the rest; what was read and how is in the source's `report`, if it has one.
    Raises ValueError, one line with the remedy.
    """
    from infogan.data import array
    from infogan.data.resize import check_fit, fit_images

    _check_split(split)
    check_fit(size, channels)
    rules = rules or ImageRules()
    if isinstance(data, np.ndarray):
        return array.read_array(
            array.Held(data), "array", size=size, channels=channels, rules=rules
        )
    name, path = str(data), Path(data).expanduser()
    kind = kind_of(name, path)
    if kind == "variant":
        return _open_variant(name, split, size, channels)
    if kind in ("rendered", "dsprites", "shapes3d"):
        return _open_factors(kind, name, path, size, channels)
    if (read_later := _open_unread(kind, name, path, split, size, channels, rules)) is not None:
        return read_later
    if (collection := open_collection(kind, name, path, split)) is not None:
        from infogan.data.collection import read_collection

        return read_collection(collection, size=size, channels=channels, rules=rules)
    if kind in ("array", "csv"):
        from infogan.data.csv_pixels import PixelTable

        values: Values
        values = array.open_file(path, split) if kind == "array" else PixelTable(path, split)
        return array.read_array(values, name, size=size, channels=channels, rules=rules)
    images = _read_images(kind, name, path, split, size)
    fit, ground = rules.fit, rules.ground_rgb
    fitted = fit_images(images, name, size=size, channels=channels, fit=fit, ground=ground)
    return ArraySource(name, fitted)


def _open_unread(
    kind: str,
    name: str,
    path: Path,
    split: str,
    size: int | None,
    channels: int | None,
    rules: ImageRules,
) -> Source | None:
    """Images that are read when they are asked for; None for other kinds."""
    match kind:
        case "shards":
            from infogan.data.shards import Shards

            return _fitted(Shards(path, name), size, channels)
        case "hub":
            from infogan.data.hub_stream import open_stream

            return open_stream(name, split, size=size, channels=channels, rules=rules)
        case "celeba":
            from infogan.data.celeba import CelebA

            return CelebA(path, name, split, size=size, channels=channels)
        case "chairs":
            from infogan.data.chairs import Chairs

            return Chairs(path, name, size=size, channels=channels)
    return None


def open_collection(kind: str, name: str, path: Path, split: str) -> "Collection | None":
    """The picture files of such a kind; None where it is no collection of them."""
    if kind == "folder":
        from infogan.data.folder import Folder

        return Folder(path, name, split)
    if kind == "picture":
        from infogan.data.folder import OneFile

        return OneFile(path, name)
    if kind == "archive":
        from infogan.data.archive import open_archive

        return open_archive(path, name, split)
    if kind == "parquet":
        from infogan.data.parquet import Rows

        return Rows(path, name, split)
    if kind == "hub":
        from infogan.data.hub_stream import HubRows

        return HubRows(name, split)
    return None


def open_labels(
    data: str | Path, *, split: str = "test", rules: ImageRules | None = None
) -> Int[np.ndarray, " n"] | None:
    """The labels of `open_images(data, split=split)`, in its order; None where there are none.

    For evaluation only. Labels of image files are their sub-folders in alphabetical order, or
    a table's column; rendered images have factors instead, and CelebA's faces attributes
    (`celeba.read_attributes`).
    Raises ValueError.
    """
    from infogan.data import array, collection, csv_pixels, digits, idx, named, shards, svhn

    _check_split(split)
    name, path = str(data), Path(data).expanduser()
    match kind_of(name, path):
        case "digits":
            return digits.read_labels()
        case "variant":
            return named.read_labels("mnist", split)
        case "downloaded":
            return named.read_labels(name, split)
        case "folder" | "archive" | "parquet" | "hub" as kind:
            found = open_collection(kind, name, path, split)
            return None if found is None else collection.read_classes(found, rules or ImageRules())
        case "csv":
            return csv_pixels.read_labels(path, split)
        case "array":
            return array.read_labels(path, split)
        case "idx":
            return idx.read_labels(path, split)
        case "svhn":
            return svhn.read_labels(path, split)
        case "shards":
            return shards.read_labels(path)
    return None


def kind_of(name: str, path: Path) -> str:
    """Which module reads this: decided by name first, then by what the path holds."""
    from infogan.data import (
        archive,
        celeba,
        chairs,
        csv_pixels,
        decoding,
        dsprites,
        hdf5,
        idx,
        parquet,
        shapes3d,
        shards,
        svhn,
    )

    if name == "digits":
        return "digits"
    if name in DOWNLOADED:
        return "downloaded"
    if name in RENDERED:
        return "rendered"
    if name in VARIANT_NAMES:
        return "variant"
    if name.startswith("hf:"):
        return "hub"
    if archive.shards(name):
        return "archive"
    if not path.exists():
        raise UserError(
            f"{name}: no such file or folder, nor a data set known by name"
            f"{did_you_mean(name, NAMES)}: {', '.join(NAMES)}"
        )
    if not (path.is_file() or path.is_dir()):
        raise UserError(f"{name}: is neither a file nor a folder; copy what it gives to a file")
    known = {
        "shards": shards.holds,
        "svhn": svhn.holds,
        "celeba": celeba.holds,
        "chairs": chairs.holds,
        "dsprites": dsprites.holds,
        "shapes3d": shapes3d.holds,
        "csv": csv_pixels.holds,
        "parquet": parquet.holds,
    }
    for kind, holds in known.items():
        if holds(path):
            return kind
    if path.is_dir():
        if idx.holds_idx(path):
            return "idx"
        return "archive" if archive.holds(path) else "folder"
    if path.suffix in hdf5.SUFFIXES:
        raise UserError(f"{name}: an HDF5 file that is neither dSprites nor 3D Shapes")
    if path.suffix in (".npy", ".npz"):
        return "array"
    if archive.holds(path):
        return "archive"
    return "picture" if decoding.is_picture(path) else "idx"


def _read_images(
    kind: str, name: str, path: Path, split: str, size: int | None
) -> UInt8[np.ndarray, "n c h w"]:
    from infogan.data import digits, idx, named, svhn

    match kind:
        case "digits":
            return digits.read_images(size or digits.SIZE)
        case "downloaded":
            return named.read_images(name, split)
        case "svhn":
            return svhn.read_images(path, split)
    return idx.read_images(path, split)


def _open_variant(name: str, split: str, size: int | None, channels: int | None) -> Source:
    from infogan.data.variants import VARIANTS

    return _fitted(VARIANTS[name](name, open_images("mnist", split=split)), size, channels)


def _fitted(source: Source, size: int | None, channels: int | None) -> Source:
    from infogan.data.variants import Fitted

    fits = size in (None, source.shape[1]) and channels in (None, source.shape[0])
    return source if fits else Fitted(source, size=size, channels=channels)


def _open_factors(
    kind: str, name: str, path: Path, size: int | None, channels: int | None
) -> FactorSource:
    from infogan.data.resize import FittedFactors

    source: FactorSource
    if kind == "dsprites":
        from infogan.data.dsprites import DSprites

        source = DSprites(path, name)
    elif kind == "shapes3d":
        from infogan.data.shapes3d import Shapes3D

        source = Shapes3D(path, name)
    else:
        source = _open_rendered(name, {} if size is None else {"size": size})
    fits = size in (None, source.shape[1]) and channels in (None, source.shape[0])
    return source if fits else FittedFactors(source, size=size, channels=channels)


def _open_rendered(name: str, at_size: dict[str, int]) -> FactorSource:
    match name:
        case "sprites":
            from infogan.data.sprites import Sprites

            return Sprites(**at_size)
        case "scenes":
            from infogan.data.scenes import Scenes

            return Scenes(**at_size)
        case "strokes":
            from infogan.data.strokes import Strokes

            return Strokes(**at_size)
        case "heads":
            from infogan.data.heads import Heads

            return Heads(**at_size)
        case "chairs-drawn":
            from infogan.data.chairs_drawn import ChairsDrawn

            return ChairsDrawn(**at_size)
    from infogan.data.street_numbers import StreetNumbers

    return StreetNumbers(**at_size)


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise UserError(f"split '{split}': choose one of {', '.join(SPLITS)}")
