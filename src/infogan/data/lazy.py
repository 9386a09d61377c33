"""Images that are decoded when they are first asked for, and kept decoded."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from infogan.data.picture import MEMORY, check_memory
from infogan.data.resize import check_fit, fit_square
from infogan.data.source import empty_images
from infogan.errors import UserError


class LazyImages(ABC):
    """A source of which a subclass opens single pictures; nothing is decoded twice.

    What has been decoded takes n·c·size² bytes at most: of memory, or above 4 GiB of a temporary
    file. Raises UserError, naming the picture, where one cannot be read.
    """

    def __init__(self, name: str, n: int, channels: int, size: int) -> None:
        check_fit(size, channels)
        self.name = name
        self.shape = (channels, size, size)
        self._images = empty_images((n, *self.shape))
        self._decoded = np.zeros(n, bool)

    def __len__(self) -> int:
        return len(self._decoded)

    def batch(self, indices: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images at these indices, in this order."""
        new = np.unique(indices[~self._decoded[indices]])
        with ThreadPoolExecutor() as pool:
            for index, pixels in zip(new, pool.map(self._decode, new.tolist()), strict=True):
                self._images[index] = pixels
                self._decoded[index] = True
        images: np.ndarray = self._images[indices]
        return images

    @abstractmethod
    def open_picture(self, index: int) -> Image.Image:
        """One picture, of any size and mode; may raise whatever decoders raise."""

    @abstractmethod
    def where(self, index: int) -> str:
        """What to call that picture in a message."""

    def _decode(self, index: int) -> UInt8[np.ndarray, "c h w"]:
        channels, size, _ = self.shape
        try:
            opened = self.open_picture(index)
            with MEMORY.reserve(check_memory(*opened.size, 4)):
                picture = opened.convert("RGB" if channels == 3 else "L")
                pixels = np.asarray(fit_square(picture, size))
        except Exception as error:  # a damaged file makes decoders raise almost anything
            raise UserError(
                f"{self.where(index)}: cannot be read as an image ({error}); replace it"
            ) from None
        return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
