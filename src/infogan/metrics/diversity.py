"""Diversity within a code: do images generated with one code vary as the real ones in it do?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError
from infogan.metrics.neighbours import inside, squared_radii


@dataclass(frozen=True, eq=False)
class Diversity:
    """Generated against real, code by code; `value` is the mean spread ratio, 1 is as real."""

    value: float
    spread: dict[int, float]
    """Code → spread of its generated images over that of its real ones; 0 is one image only."""
    coverage: dict[int, float]
    """Code → share of its real images with a generated one in their neighbourhood, 0 to 1."""
    missing: tuple[int, ...]
    """Codes left out: too few real or generated images."""
    protocol: str


def diversity(
    real: Float[np.ndarray, "n d"],
    real_codes: Int[np.ndarray, " n"],
    generated: Float[np.ndarray, "m d"],
    generated_codes: Int[np.ndarray, " m"],
    *,
    neighbours: int = 5,
    features: str = "features not named",
) -> Diversity:
    """Within each code, spread (root of the total variance) and coverage of the real images.

    Real images belong to the code Q gives them, generated ones to the code they were made with.
    Coverage is the share of real images whose ball, out to their k-th nearest real neighbour,
    holds a generated image. Features of a supervised network are blind to style: pass flattened
    pixels to see it. Spread alone rewards noise, coverage alone rewards many images: read both.

    Raises UserError where no code has more than k images on both sides. Source of coverage:
    Naeem et al. (2002.09797), eq. 4.
    """
    spread, covered, missing = {}, {}, []
    for code in np.union1d(real_codes, generated_codes).tolist():
        ours, theirs = real[real_codes == code], generated[generated_codes == code]
        if min(len(ours), len(theirs)) <= neighbours:
            missing.append(code)
            continue
        spread[code] = _spread(theirs) / max(_spread(ours), 1e-12)
        covered[code] = float(inside(theirs, ours, squared_radii(ours, neighbours))[1].mean())
    if not spread:
        raise UserError(f"no code has more than {neighbours} images, real and generated: add more")
    return Diversity(
        value=float(np.mean(list(spread.values()))),
        spread=spread,
        coverage=covered,
        missing=tuple(missing),
        protocol=f"diversity within {len(spread)} codes (coverage k={neighbours}) on {features}: "
        f"{len(real):,} real, {len(generated):,} generated images",
    )


def _spread(features: np.ndarray) -> float:
    return float(np.sqrt(features.var(axis=0, ddof=1, dtype=np.float64).sum()))
