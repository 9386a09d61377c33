"""A folder of image files, searched through all its sub-folders."""

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image, ImageOps
from tqdm import tqdm

from infogan.data.resize import crop_resize, with_channels
from infogan.data.source import ArraySource, empty_images
from infogan.errors import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".pgm", ".ppm", ".gif", ".tif", ".tiff"}
DEFAULT_SIDES = (28, 64)
"""Without a size, images get a side within these, near their own."""
LISTED = 5
LABEL_SIDE = 8


class FolderSource(ArraySource):
    """The images of a folder, with what could not be read."""

    def __init__(
        self,
        name: str,
        images: UInt8[np.ndarray, "n c h w"],
        paths: tuple[Path, ...],
        unreadable: tuple[Path, ...],
    ) -> None:
        super().__init__(name, images)
        self.paths = paths
        """The file of each image."""
        self.unreadable = unreadable
        """The files that could not be read, and are not among the images."""


def open_folder(
    folder: Path, name: str, split: str, *, size: int | None, channels: int | None
) -> FolderSource:
    """Every image file below a folder, in alphabetical order of its path.

    Where there are sub-folders `train` and `test`, the split chooses one; else both splits are the
    whole. Each image is turned as its EXIF says, laid on white where transparent, cropped to the
    central square and resized to `size`; without one, to the greatest multiple of 4 up to the
    median short side, within 28..64. Without `channels`, grey (1) if every image is, else
    colour (3). 16-bit greys keep their upper 8 bits; of an animated file the first picture counts.

    Unreadable files are left out with one warning that counts them, and listed in `.unreadable`.
    Raises UserError if there are no image files or if more than half are unreadable.
    """
    paths = image_files(folder, split)
    images, errors = _read_all(paths, _default_side(paths) if size is None else size)
    report_unreadable(folder, errors, len(paths))
    if _all_grey(images):
        images = images[:, :1]
    return FolderSource(
        name,
        with_channels(images, channels or images.shape[1]),
        tuple(path for path in paths if path not in errors),
        tuple(errors),
    )


def read_image(path: str | Path, shape: tuple[int, int, int]) -> UInt8[np.ndarray, "c h w"]:
    """One image file, of any mode, fitted to a model's image shape as `open_folder` does.

    Of an animated file the first picture is meant. Raises UserError, with what is wrong, for what
    is no image, is damaged, or has pixels of no known range (floating point, above 16 bits).
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise UserError(f"{path}: {'is a folder, not one' if path.is_dir() else 'no such'} image")
    channels, side, _ = shape
    try:
        image = _read(path, side)
    except Exception as error:  # a damaged file makes decoders raise almost anything
        why = "not a kind of image known here" if "cannot identify" in str(error) else error
        raise UserError(f"{path}: cannot be read as an image ({why})") from None
    pixels: np.ndarray = with_channels(image[None], channels)[0]
    return pixels


def read_labels(folder: Path, split: str) -> Int[np.ndarray, " n"] | None:
    """The class of each readable image, where every image lies in one of several sub-folders.

    A class is the index of the top-level sub-folder, in alphabetical order; None where images are
    not sorted so. Decodes the files once more, small, since only readable ones have a label.
    """
    paths = image_files(folder, split)
    root = _split_root(folder, split)
    classes = [path.relative_to(root).parts[0] for path in paths]
    names = sorted(set(classes))
    if len(names) < 2 or any(path.parent == root for path in paths):
        return None
    _, errors = _read_all(paths, LABEL_SIDE)
    kept = [name for path, name in zip(paths, classes, strict=True) if path not in errors]
    return np.searchsorted(names, kept).astype(np.int64)


def _split_root(folder: Path, split: str) -> Path:
    both = all((folder / part).is_dir() for part in ("train", "test"))
    return folder / split if both else folder


def image_files(folder: Path, split: str) -> list[Path]:
    """The image files below a folder, or its part for a split. Raises UserError for none."""
    root = _split_root(folder, split)
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not paths:
        raise UserError(
            f"{root}: no image files in this folder or below; looked for {', '.join(SUFFIXES)}"
        )
    return paths


def _default_side(paths: list[Path]) -> int:
    """The greatest multiple of 4 up to the median short side, within `DEFAULT_SIDES`."""

    def short_side(path: Path) -> int | None:
        try:
            with Image.open(path) as image:
                return min(image.size)
        except Exception:  # a damaged file fails in many ways; decoding reports it
            return None

    with ThreadPoolExecutor() as pool:
        sides = [side for side in pool.map(short_side, paths) if side is not None]
    return int(np.clip(np.median(sides or [0]) // 4 * 4, *DEFAULT_SIDES))


def _read_all(
    paths: list[Path], side: int
) -> tuple[UInt8[np.ndarray, "n 3 side side"], dict[Path, str]]:
    """The readable images in their order, and what is wrong with each of the others."""
    images = empty_images((len(paths), 3, side, side))
    errors: dict[Path, str] = {}
    results = zip(paths, decode(paths, side), strict=True)
    bar = tqdm(results, "reading images", len(paths), unit="image", leave=False, disable=None)
    for i, (path, result) in enumerate(bar):
        if isinstance(result, str):
            errors[path] = result
        else:
            images[i - len(errors)] = result
    return images[: len(paths) - len(errors)], errors


def decode(paths: Sequence[Path], side: int) -> Iterator[UInt8[np.ndarray, "3 side side"] | str]:
    """Each file as an image in colour, or in words what is wrong with it."""

    def read(path: Path) -> np.ndarray | str:
        try:
            return _read(path, side)
        except Exception as error:  # a damaged file makes decoders raise almost anything
            return f"{type(error).__name__}: {error}"

    with ThreadPoolExecutor() as pool:
        yield from pool.map(read, paths)


def _read(path: Path, side: int) -> UInt8[np.ndarray, "3 side side"]:
    with Image.open(path) as image:
        image.draft(None, (2 * side, 2 * side))  # JPEGs decode no larger than needed
        upright = ImageOps.exif_transpose(image)
        return np.asarray(crop_resize(_rgb(upright), side)).transpose(2, 0, 1)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        pixels = np.asarray(image)
        if pixels.min() < 0 or pixels.max() > 0xFFFF:
            raise UserError("pixels of more than 16 bits")
        return Image.fromarray((pixels >> 8).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise UserError("floating-point pixels")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _all_grey(images: UInt8[np.ndarray, "n 3 h w"]) -> bool:
    return all((image[0] == image[1:]).all() for image in images)


def report_unreadable(folder: Path, errors: dict[Path, str], total: int) -> None:
    """Warn of files that could not be read; UserError where they are more than half."""
    if not errors:
        return
    listed = "; ".join(f"{path} ({why})" for path, why in list(errors.items())[:LISTED])
    more = f"; and {len(errors) - LISTED} more" if len(errors) > LISTED else ""
    message = f"{folder}: {len(errors)} of {total} image files are unreadable: {listed}{more}"
    if len(errors) > total / 2:
        raise UserError(message)
    warnings.warn(message, stacklevel=4)
