"""What every image source offers: images by index, and where known the factors that made them."""

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8

from infogan.data.free_memory import bytes_in_words, free_memory
from infogan.errors import UserError

IN_MEMORY_BYTES = 4 * 2**30
"""Above this many bytes decoded images live in a temporary file instead of memory."""
RENDER_CHUNK = 64
"""Images rendered at a time, so that what rendering needs stays in the processor's cache."""


@runtime_checkable
class Source(Protocol):
    """Images by index: uint8, square, 1 or 3 channels."""

    @property
    def name(self) -> str:
        """What the user typed."""
        ...

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image; height equals width."""
        ...

    def __len__(self) -> int:
        """Number of images."""
        ...

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, in this order."""
        ...


@runtime_checkable
class FactorSource(Source, Protocol):
    """Images whose generating factors are known, one image for each combination of factors.

    Image i has the factors of i written in mixed radix, the last factor running fastest.
    """

    @property
    def factor_names(self) -> tuple[str, ...]:
        """One name for each factor."""
        ...

    @property
    def factor_sizes(self) -> tuple[int, ...]:
        """Number of values of each factor; their product is the number of images."""
        ...

    def factors(self, indices: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n k"]:
        """The factors of the images at these indices; column j lies in 0..factor_sizes[j]-1."""
        ...

    def sample_factors(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "n k"]:
        """Draw n combinations, each factor uniform and independent of the others."""
        ...

    def render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images with these factors."""
        ...


@runtime_checkable
class Streamed(Source, Protocol):
    """Images that come one after another: as a source the first of them, trained on in whole."""

    def stream(self, seed: int, start: int) -> Iterator[Any]:
        """What comes from image number `start` of all epochs on, for ever; not decoded."""
        ...

    def decode(self, items: Sequence[Any]) -> UInt8[np.ndarray, "n c h w"]:
        """The images of what the stream gave."""
        ...


class ArraySource:
    """Images held in one uint8 array of shape (n, c, h, w), in memory or memory-mapped."""

    def __init__(self, name: str, images: UInt8[np.ndarray, "n c h w"]) -> None:
        self.name = name
        self.images = images
        self.shape: tuple[int, int, int] = images.shape[1:]

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, in this order, as a copy."""
        return np.ascontiguousarray(self.images[indices])


class GridSource(ABC):
    """A complete grid of factors; a subclass says how to render one combination."""

    name: str
    shape: tuple[int, int, int]
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]

    def __len__(self) -> int:
        return int(np.prod(self.factor_sizes))

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, rendered now; nothing is kept."""
        return self.render(self.factors(indices))

    def factors(self, indices: Int[np.ndarray, " n"]) -> Int[np.ndarray, "n k"]:
        """The factors of the images at these indices: the index in mixed radix."""
        return np.stack(np.unravel_index(indices, self.factor_sizes), axis=1)

    def sample_factors(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "n k"]:
        """Draw n combinations, each factor uniform and independent of the others."""
        return rng.integers(0, self.factor_sizes, size=(n, len(self.factor_sizes)))

    def render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images with these factors; UserError where a factor has no such value."""
        if np.any((factors < 0) | (factors >= self.factor_sizes)):
            sizes = ", ".join(map("{} {}".format, self.factor_names, self.factor_sizes))
            raise UserError(f"{self.name}: factors start at 0 and stay below {sizes}")
        images = np.empty((len(factors), *self.shape), np.uint8)
        for start in range(0, len(factors), RENDER_CHUNK):
            part = slice(start, start + RENDER_CHUNK)
            images[part] = self._render(factors[part])
        return images

    @abstractmethod
    def _render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images with these factors, all of which exist."""


def empty_images(shape: tuple[int, int, int, int]) -> UInt8[np.ndarray, "n c h w"]:
    """Room for uint8 images: memory, or above 4 GiB a temporary file that goes with the array.

    Raises UserError where there is less room.
    """
    size = int(np.prod(shape, dtype=np.int64))
    if size <= IN_MEMORY_BYTES:
        _check_room(shape, size, free_memory(), "of memory")
        return np.empty(shape, np.uint8)
    folder = tempfile.gettempdir()
    _check_room(shape, size, shutil.disk_usage(folder).free, f"in {folder} (TMPDIR names another)")
    with tempfile.TemporaryFile(prefix="infogan-") as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _check_room(shape: tuple[int, int, int, int], size: int, free: int | None, where: str) -> None:
    if free is not None and size > free:
        n, *image = shape
        raise UserError(
            f"{n:,} images of {'×'.join(map(str, image))} take {bytes_in_words(size)}, and "
            f"{bytes_in_words(free)} {where} are free; pack them into shards, which are not held "
            "(infogan data pack), or take a smaller --size"
        )


def held_bytes(source: Source) -> int:
    """Bytes of memory that the images of a source take, as long as it is there."""
    images = getattr(source, "images", None)
    if not isinstance(images, np.ndarray) or isinstance(images, np.memmap):
        return 0
    return images.nbytes
