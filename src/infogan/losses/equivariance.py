"""Equivariance of free dials on real images: the same change moves a dial in the same way.

Nothing in InfoGAN's loss ties what a dial does in one category to what it does in another: slant in
the sevens may be weight in the eights. Here Q's reading of a dial must follow, in every image
alike, from how the image was turned, sheared or scaled.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.transforms.table import Units

FORMS = ("rotation", "scale", "stretch", "shear")
"""Changes that dials may follow. Position stays out of it."""
RIDGE = 1e-4
STILL = 1e-4
"""Variance below which a dial counts as not moving at all."""


def equivariance_loss(
    latent: Latent,
    q: Float[Tensor, "n q_dim"],
    q_augmented: Float[Tensor, "n q_dim"],
    units: Units,
) -> Float[Tensor, ""]:
    """Σ over dials of 1 − R², and Σ over pairs of dials of cos² between what they follow.

    R² is of the least squares, within the batch, that tells the change of Q's mean from rotation,
    shear, scale and stretch. 0: every dial follows changes of its own, alike in all images, or the
    latent has no dial.
    """
    pairs = zip(latent.split_q(q), latent.split_q(q_augmented), strict=True)
    moved = [
        column
        for (code, before), (_, after) in pairs
        if code.continuous
        for column in (code.reading(after) - code.reading(before)).unbind(dim=1)
    ]
    if not moved:
        return q.new_zeros(())
    move = torch.stack(moved, dim=1).float()
    told = torch.stack([units[name] for name in FORMS if name in units], dim=1).to(move)
    told = torch.cat([torch.ones_like(told[:, :1]), told], dim=1)
    # A small ridge: a batch may have fewer images than there are unknowns.
    gram = told.T @ told + RIDGE * torch.eye(told.shape[1]).to(move)
    slopes = torch.linalg.solve(gram, told.T @ move)
    missed = (move - told @ slopes).square().mean(dim=0)
    variance = (move - move.mean(dim=0)).square().mean(dim=0).clamp_min(STILL)
    ways = torch.nn.functional.normalize(slopes[1:], dim=0, eps=STILL)
    shared = (ways.T @ ways).square().triu(diagonal=1)
    loss: Tensor = (missed / variance).sum() + shared.sum()
    return loss
