"""Batches that hold one factor still, drawn from a source whose factors are known."""

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Num, UInt8

from infogan.errors import UserError

Encode = Callable[[UInt8[np.ndarray, "n c h w"]], Float[np.ndarray, "n d"]]
"""Images to codes."""

_IMAGES_AT_ONCE = 4096


@runtime_checkable
@runtime_checkable
class Renderer(Protocol):
    """What these metrics ask of a source: draw factors, and make the images they describe.

    A generator with its codes as the factors is one too: factors need not be whole numbers.
    """

    @property
    def factor_sizes(self) -> tuple[int, ...]:
        """Number of values of each factor."""

    def sample_factors(self, n: int, rng: np.random.Generator) -> Num[np.ndarray, "n k"]:
        """Independent factors of n images."""

    def render(self, factors: Num[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n c h w"]:
        """The images those factors describe."""


def varying(source: Renderer) -> list[int]:
    """Factors with more than one value: only those can be held still and found again."""
    found = [k for k, size in enumerate(source.factor_sizes) if size > 1]
    if len(found) < 2:
        raise UserError(f"{len(found)} factors vary: these metrics tell factors apart, give two")
    return found


def encode_factors(
    source: Renderer, encode: Encode, factors: Num[np.ndarray, "n k"]
) -> Float[np.ndarray, "n d"]:
    """Codes of the images those factors describe, a bounded number of images at a time."""
    chunks = range(0, len(factors), _IMAGES_AT_ONCE)
    parts = [encode(source.render(factors[i : i + _IMAGES_AT_ONCE])) for i in chunks]
    codes = np.concatenate(parts)
    if codes.ndim != 2 or len(codes) != len(factors):
        raise UserError(
            f"encode returned shape {codes.shape} for {len(factors)} images: return (images, codes)"
        )
    if not np.isfinite(codes).all():
        raise UserError("codes hold NaN or infinity: the encoder has diverged, train it again")
    return codes


def in_groups(total: int, images_each: int) -> Iterator[int]:
    """Split `total` groups of images into rounds that stay within a bounded number of images."""
    each = max(1, _IMAGES_AT_ONCE // images_each)
    for start in range(0, total, each):
        yield min(each, total - start)
