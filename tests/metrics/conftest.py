"""A source whose images carry their factors as pixels, and dSprites' own factors."""

from collections.abc import Iterator

import jaxtyping
import numpy as np
import pytest

DSPRITES = (3, 6, 40, 32, 32)


class PixelSource:
    """Factors as the bytes of a one-row image: an encoder can read them back exactly."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.factor_sizes = sizes

    def sample_factors(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return rng.integers(0, self.factor_sizes, (n, len(self.factor_sizes)))

    def render(self, factors: np.ndarray) -> np.ndarray:
        return factors.astype(np.uint8)[:, None, None, :]


@pytest.fixture
def dsprites() -> PixelSource:
    """Shape, scale, orientation, x and y, as many values of each as dSprites has."""
    return PixelSource(DSPRITES)


@pytest.fixture
def read_factors():
    """An encoder for PixelSource: the factors themselves, in [0, 1), one code each."""

    def encode(images: np.ndarray) -> np.ndarray:
        return images[:, 0, 0, :] / np.array(DSPRITES[: images.shape[-1]], dtype=float)

    return encode


@pytest.fixture
def factors(dsprites: PixelSource) -> np.ndarray:
    """10,000 independent rows of dSprites' five factors."""
    return dsprites.sample_factors(10_000, np.random.default_rng(0))


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Shape checks off, as for users: what reaches the function is its own affair."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
