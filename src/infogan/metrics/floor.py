"""The floor of an image-quality metric: what real images score against other real images."""

from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float

from infogan.errors import UserError

Result = TypeVar("Result", covariant=True)


@runtime_checkable
class Metric(Protocol[Result]):
    """fid, kid, precision_recall: real features, generated features → result."""

    def __call__(self, real: np.ndarray, generated: np.ndarray) -> Result:
        """Score the second set against the first."""


def floor(
    metric: Metric[Result],
    train: Float[np.ndarray, "n d"],
    test: Float[np.ndarray, "m d"],
    *,
    images: int,
    rng: np.random.Generator,
) -> Result:
    """The metric of `images` real training images, in a generator's place, against real test ones.

    Draw as many images here as the generator is scored with: FID and recall depend on it. Bind
    other arguments first, with functools.partial.

    Raises UserError if there are fewer than `images` training images.
    """
    if images > len(train):
        raise UserError(f"floor of {images} images, but {len(train)} training images: ask fewer")
    return metric(test, train[rng.choice(len(train), images, replace=False)])
