"""Fréchet distance between the features of real and of generated images."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from infogan.errors import UserError


@dataclass(frozen=True)
class FID:
    """Squared Fréchet distance of two Gaussians; lower is better, 0 is equal."""

    value: float
    mean_part: float
    """Squared distance of the two means."""
    covariance_part: float
    """What the two covariances add."""
    protocol: str


def fid(
    real: Float[np.ndarray, "n d"],
    generated: Float[np.ndarray, "m d"],
    *,
    features: str = "features not named",
) -> FID:
    """|μ − μ'|² + tr(Σ + Σ' − 2 (Σ Σ')^½) of the two sets of features, in their squared units.

    `features` names the network, for the protocol. The value falls as images are added: compare
    only equal numbers of images, and with the floor (metrics.floor). On any network but Inception
    it is not comparable with published FIDs.

    Raises UserError for fewer than two images a side. Source: Heusel et al. (1706.08500), eq. 6.
    """
    for name, array in (("real", real), ("generated", generated)):
        if len(array) < 2:
            raise UserError(f"{len(array)} {name} images: a covariance needs at least two")
    real, generated = real.astype(np.float64), generated.astype(np.float64)
    gap = real.mean(axis=0) - generated.mean(axis=0)
    ours, theirs = _factor(real), _factor(generated)
    # With Σ = RᵀR, tr (Σ Σ')^½ is the sum of the singular values of R R'ᵀ, with an error near ε.
    # From eigenvalues it would be √ε for each that is 0, as with fewer images than features.
    cross = np.linalg.svd(ours @ theirs.T, compute_uv=False).sum()
    mean_part = float(gap @ gap)
    # A squared distance: what rounding leaves below 0 is 0.
    covariance_part = max(0.0, float((ours**2).sum() + (theirs**2).sum() - 2 * cross))
    return FID(
        value=mean_part + covariance_part,
        mean_part=mean_part,
        covariance_part=covariance_part,
        protocol=f"FID on {features}: {len(real):,} real, "
        f"{len(generated):,} generated images, {real.shape[1]} features",
    )


def _factor(features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "r d"]:
    """R, of as many rows as n or d at most, with Σ = RᵀR."""
    centred = features - features.mean(axis=0)
    factor: np.ndarray = np.linalg.qr(centred, mode="r") / np.sqrt(len(features) - 1)
    return factor
