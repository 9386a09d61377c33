"""Images to learn from: `open_images` takes what the user typed and gives a source."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.source import ArraySource, FactorSource, Source

DOWNLOADED = ("mnist", "fashion-mnist", "kmnist")
RENDERED = ("sprites", "scenes", "strokes")
NAMES = ("digits", *DOWNLOADED, *RENDERED)
SPLITS = ("train", "test")


def open_images(
    data: str | Path | np.ndarray,
    *,
    split: str = "train",
    size: int | None = None,
    channels: int | None = None,
) -> Source:
    """Images from a name, a path or an array; labels are never opened.

    Names: digits, mnist, fashion-mnist, kmnist (fetched once), sprites, scenes, strokes (rendered,
    factors known: a FactorSource). Paths: an IDX file or a folder of them, `.npy`, `.npz`,
    dSprites' own `.npz` (a FactorSource), a folder of image files. A name wins over a path of the
    same name: write `./mnist` for the folder. Data without splits is the same in both.
    `size` crops to the central square and resizes, `channels` makes grey (1) or colour (3).
    Raises ValueError, one line with the remedy.
    """
    from infogan.data import array, folder
    from infogan.data.resize import check_fit, fit_images

    _check_split(split)
    check_fit(size, channels)
    if isinstance(data, np.ndarray):
        name, images = "array", array.to_bytes(data, "array")
    else:
        name, path = str(data), Path(data).expanduser()
        kind = _kind(name, path)
        if kind in ("rendered", "dsprites"):
            return _open_factors(kind, name, path, size, channels)
        if kind == "folder":
            return folder.open_folder(path, name, split, size=size, channels=channels)
        images = _read_images(kind, name, path, split, size)
    return ArraySource(name, fit_images(images, name, size=size, channels=channels))


def open_labels(data: str | Path, *, split: str = "test") -> Int[np.ndarray, " n"] | None:
    """The labels of `open_images(data, split=split)`, in its order; None where there are none.

    For evaluation only. A folder's labels are its sub-folders in alphabetical order; rendered
    images have factors instead. Raises ValueError.
    """
    from infogan.data import array, digits, folder, idx, named

    _check_split(split)
    name, path = str(data), Path(data).expanduser()
    match _kind(name, path):
        case "digits":
            return digits.read_labels()
        case "downloaded":
            return named.read_labels(name, split)
        case "folder":
            return folder.read_labels(path, split)
        case "array":
            return array.read_labels(path, split)
        case "idx":
            return idx.read_labels(path, split)
    return None


def _kind(name: str, path: Path) -> str:
    """Which module reads this: decided by name first, then by what the path holds."""
    from infogan.data import idx

    if name == "digits":
        return "digits"
    if name in DOWNLOADED:
        return "downloaded"
    if name in RENDERED:
        return "rendered"
    if not path.exists():
        raise ValueError(
            f"{name}: no such file or folder, nor a data set known by name ({', '.join(NAMES)})"
        )
    if path.is_dir():
        return "idx" if idx.holds_idx(path) else "folder"
    if path.suffix == ".npz" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            official = {"imgs.npy", "latents_classes.npy"} <= set(file.namelist())
        return "dsprites" if official else "array"
    return "array" if path.suffix in (".npy", ".npz") else "idx"


def _read_images(
    kind: str, name: str, path: Path, split: str, size: int | None
) -> UInt8[np.ndarray, "n c h w"]:
    from infogan.data import array, digits, idx, named

    match kind:
        case "digits":
            return digits.read_images(size or digits.SIZE)
        case "downloaded":
            return named.read_images(name, split)
        case "array":
            return array.read_images(path, split)
    return idx.read_images(path, split)


def _open_factors(
    kind: str, name: str, path: Path, size: int | None, channels: int | None
) -> FactorSource:
    from infogan.data.resize import FittedFactors

    source: FactorSource
    at_size = {} if size is None else {"size": size}
    if kind == "dsprites":
        from infogan.data.dsprites import DSprites

        source = DSprites(path, name)
    elif name == "sprites":
        from infogan.data.sprites import Sprites

        source = Sprites(**at_size)
    elif name == "scenes":
        from infogan.data.scenes import Scenes

        source = Scenes(**at_size)
    else:
        from infogan.data.strokes import Strokes

        source = Strokes(**at_size)
    fits = size in (None, source.shape[1]) and channels in (None, source.shape[0])
    return source if fits else FittedFactors(source, size=size, channels=channels)


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"split '{split}': choose one of {', '.join(SPLITS)}")
