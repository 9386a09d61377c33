"""Arrays of images: `.npy` and `.npz` files, and NumPy arrays in memory."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.source import empty_images
from infogan.errors import UserError

IMAGE_KEYS = {
    "train": ("images", "x_train", "train_images", "imgs"),
    "test": ("images", "x_test", "test_images", "imgs"),
}
LABEL_KEYS = {
    "train": ("labels", "y_train", "train_labels"),
    "test": ("labels", "y_test", "test_labels"),
}
PICKLED = ("Object arrays cannot be loaded", "Python objects in dtype")
"""How NumPy says that an array holds objects."""
CHUNK = 1024


def read_images(path: Path, split: str) -> UInt8[np.ndarray, "n c h w"]:
    """The images of a `.npy` or `.npz` file; a `.npy` of bytes stays memory-mapped.

    In an `.npz` they are under `images`, else `x_train` / `x_test` (or `train_images` /
    `test_images`), else `imgs`, else the file's only array. Pickled objects are refused.
    Layouts and ranges as in `to_bytes`. Raises UserError.
    """
    if path.suffix == ".npy":
        with _readable(path):
            mapped = np.lib.format.open_memmap(path, mode="r")
        return to_bytes(mapped, str(path))
    images, names = _from_npz(path, IMAGE_KEYS[split])
    if images is None and len(names) == 1:
        images, _ = _from_npz(path, tuple(names))
    if images is None:
        raise UserError(
            f"{path}: no images for split '{split}' (its arrays: {', '.join(names)}); "
            f"name one {' or '.join(IMAGE_KEYS[split][:2])}"
        )
    return to_bytes(images, str(path))


def read_labels(path: Path, split: str) -> Int[np.ndarray, " n"] | None:
    """The labels of an `.npz` file (`labels`, else `y_train` / `y_test`), or None without them."""
    if path.suffix == ".npy":
        return None
    labels, _ = _from_npz(path, LABEL_KEYS[split])
    if labels is None:
        return None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(
            f"{path}: labels are {labels.dtype} of shape {labels.shape}, "
            "but must be integers, one for each image"
        )
    return labels.astype(np.int64)


def to_bytes(images: np.ndarray, name: str) -> UInt8[np.ndarray, "n c h w"]:
    """Images of any usual layout and range as uint8 of shape (n, c, h, w).

    Layouts: (n, h, w), (n, h, w, c), (n, c, h, w) with c 1 or 3. One rule for the range, whatever
    the type: values within [0, 1] have white at 1, within [-1, 1] black at -1 and white at 1,
    within [0, 255] white at 255. Raises UserError for anything else, for NaN or infinity (naming
    the first image), for images of several sizes.
    """
    if images.dtype == object:
        raise UserError(
            f"{name}: an array of objects (images of several sizes?); resize them to one size "
            "and stack them, or give a folder of image files"
        )
    if images.dtype.kind not in "buif":
        raise UserError(f"{name}: {images.dtype} values are no grey values; give uint8 or float")
    images = _channels_first(images, name)
    if images.size == 0:
        return images.astype(np.uint8)
    low, high = _range(images, name)
    if images.dtype == np.uint8 and high > 1:
        return images
    if low >= 0 and high <= 1:
        gain, offset = 255.0, 0.0
    elif low >= -1 and high <= 1:
        gain, offset = 127.5, 127.5
    elif low >= 0 and high <= 255:
        gain, offset = 1.0, 0.0
    else:
        raise UserError(
            f"{name}: values from {low:g} to {high:g}; scale them to [0, 1], [-1, 1] or [0, 255]"
        )
    n, c, h, w = images.shape
    out = empty_images((n, c, h, w))
    for start in range(0, n, CHUNK):
        part = images[start : start + CHUNK].astype(np.float32)
        out[start : start + CHUNK] = np.rint(part * gain + offset)
    return out


def _channels_first(images: np.ndarray, name: str) -> np.ndarray:
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4 and images.shape[3] in (1, 3):
        return images.transpose(0, 3, 1, 2)
    if images.ndim == 4 and images.shape[1] in (1, 3):
        return images
    raise UserError(
        f"{name}: shape {images.shape} is none of (n, h, w), (n, h, w, c), (n, c, h, w) "
        "with c 1 or 3; reshape it"
    )


def _range(images: np.ndarray, name: str) -> tuple[float, float]:
    """Smallest and largest value; for bytes only as far as needed to see one above 1."""
    low, high = np.inf, -np.inf
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK]
        finite = np.isfinite(part).all(axis=(1, 2, 3))
        if not finite.all():
            raise UserError(
                f"{name}: image {start + int(np.argmin(finite))} holds NaN or infinity; "
                "remove or repair it"
            )
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        if images.dtype == np.uint8 and high > 1:
            break
    return low, high


def _from_npz(path: Path, keys: tuple[str, ...]) -> tuple[np.ndarray | None, list[str]]:
    """The array under the first of the keys that is there, and the names of all."""
    with _readable(path):
        if not zipfile.is_zipfile(path):
            raise UserError("no zip archive, or its end is missing")
        with np.load(path, allow_pickle=False) as arrays:
            key = next((key for key in keys if key in arrays.files), None)
            return (None if key is None else arrays[key]), arrays.files


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if "bject" in str(
            error
        ):  # numpy's words for a pickled array: Object arrays, Python objects
            raise UserError(
                f"{path}: holds pickled objects, which are never loaded (images of several sizes?);"
                " save one uint8 array, or give a folder of image files"
            ) from error
        raise UserError(f"{path}: not a readable {path.suffix} ({error}); save it again") from error
