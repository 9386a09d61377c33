"""Kernel distance between the features of real and of generated images, without bias."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from infogan.errors import UserError


@dataclass(frozen=True)
class KID:
    """Squared maximum mean discrepancy; lower is better, about 0 (or just below) is equal."""

    value: float
    std: float
    """Standard deviation over the subsets."""
    protocol: str


def kid(
    real: Float[np.ndarray, "n d"],
    generated: Float[np.ndarray, "m d"],
    *,
    rng: np.random.Generator,
    subsets: int = 100,
    size: int = 1_000,
    features: str = "features not named",
) -> KID:
    """Unbiased MMD² with the kernel (x·y / d + 1)³, mean over random subsets of `size` images.

    A subset holds at most as many images as the smaller side. `features` names the network, for
    the protocol; on any network but Inception it is not comparable with published KIDs.

    Raises UserError for fewer than two images a side. Source: Bińkowski et al. (1801.01401),
    section 4.
    """
    size = min(size, len(real), len(generated))
    if size < 2:
        raise UserError(f"{size} images on one side: KID needs at least two a side")
    values = [
        _mmd(
            real[rng.choice(len(real), size, replace=False)].astype(np.float64),
            generated[rng.choice(len(generated), size, replace=False)].astype(np.float64),
        )
        for _ in range(subsets)
    ]
    return KID(
        value=float(np.mean(values)),
        std=float(np.std(values)),
        protocol=f"KID on {features}: {subsets} subsets of "
        f"{size:,} from {len(real):,} real, {len(generated):,} generated images",
    )


def _mmd(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n d"]) -> float:
    n = len(x)
    within_x, within_y, between = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    pairs = within_x.sum() - np.trace(within_x) + within_y.sum() - np.trace(within_y)
    return float(pairs / (n * (n - 1)) - 2 * between.mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "n m"]:
    kernel: np.ndarray = (x @ y.T / x.shape[1] + 1) ** 3
    return kernel
