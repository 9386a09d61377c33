"""Any number of samples, part by part, so that the memory stays the same."""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float

from infogan.inference.trained_model import Images, Model, Values, latents

PART = 256

Part = tuple[Images, dict[str, Float[np.ndarray, " n"]]]
"""Images, and every code's values."""


def sample_parts(
    model: Model, n: int, *, seed: int = 0, codes: Mapping[str, Values] | None = None
) -> Iterator[Part]:
    """The n images of `Model.sample`, in the same order, up to 256 at a time.

    Raises UserError, before anything is drawn, for codes and values the model lacks.
    """
    numbers = model.numbers(codes or {})
    latents(model.latent, min(n, 1), seed, numbers)
    return _parts(model, n, seed, numbers)


def _parts(model: Model, n: int, seed: int, codes: Mapping[str, Values]) -> Iterator[Part]:
    for first in range(0, n, PART):
        z = latents(model.latent, min(PART, n - first), seed, codes, first)
        values = model.latent.code_values(z)
        yield model.generate(z), {name: value.numpy() for name, value in values.items()}
