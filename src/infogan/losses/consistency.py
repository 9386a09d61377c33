"""Consistency on real images: a small affine change should not change the category.

This is what makes the discovery of categories dependable: the paper's loss only ever shows Q
generated images. The idea stands behind IMSAT (1702.08720), IIC (1807.06653) and
Elastic-InfoGAN (1910.01112).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from infogan.codes.latent import Latent


@dataclass(frozen=True)
class Augmentation:
    """What changes in an image without changing its category: small random affine maps.

    Attributes:
        rotation: largest angle, in radians.
        shear: largest shear, as a slope.
        scale: largest relative change of width and of height.
        shift: largest shift, in half image sides.
    """

    rotation: float = 0.3
    shear: float = 0.4
    scale: float = 0.2
    shift: float = 0.15


def augment(
    x: Float[Tensor, "n c h w"], ranges: Augmentation, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Rotate, shear, scale and shift each image a little, drawn uniformly from the ranges."""
    return apply_augmentations(x, ranges, draw_augmentations(len(x), generator))


def draw_augmentations(n: int, generator: torch.Generator) -> Float[Tensor, "6 n"]:
    """Rotation, shear, scale of width and of height, two shifts: each from −1 to 1 of its range."""
    return 2 * torch.rand(6, n, generator=generator) - 1


def apply_augmentations(
    x: Float[Tensor, "n c h w"], ranges: Augmentation, unit: Float[Tensor, "6 n"]
) -> Float[Tensor, "n c h w"]:
    """Images changed by these parts of the ranges."""
    angle, shear = unit[0] * ranges.rotation, unit[1] * ranges.shear
    scale_x, scale_y = 1 + unit[2] * ranges.scale, 1 + unit[3] * ranges.scale
    cos, sin = angle.cos(), angle.sin()
    # One row of the matrix an output axis: rotation · shear · scale, then the shift.
    top = torch.stack([cos * scale_x, (cos * shear - sin) * scale_y, unit[4] * ranges.shift], dim=1)
    bottom = torch.stack(
        [sin * scale_x, (sin * shear + cos) * scale_y, unit[5] * ranges.shift], dim=1
    )
    theta = torch.stack([top, bottom], dim=1).to(x)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    # The border is repeated, so that a light background stays light.
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def consistency_loss(
    latent: Latent,
    q: Float[Tensor, "n q_dim"],
    q_augmented: Float[Tensor, "n q_dim"],
    conditional_entropy: float,
    marginal_entropy: float,
) -> Float[Tensor, ""]:
    """Σ over discrete codes of CE(sg(p), p′) + α · mean H(p) − β · H(mean p), in nats.

    α and β are `conditional_entropy` and `marginal_entropy`.
    p and p′ are Q's probabilities for an image and its augmented copy. The first term asks for
    the same answer to both, the others for answers that are sure, and spread over all categories;
    or, where the prior is not even, as the prior is: log k − KL(mean p ‖ prior) for H(mean p).
    Sureness must stay weak: answers that are sure too early can no longer be moved.
    0 where the latent has no discrete code.
    """
    total = q.new_zeros(())
    pairs = zip(latent.split_q(q), latent.split_q(q_augmented), strict=True)
    for (code, columns), (_, augmented) in pairs:
        if not code.continuous:
            log_p = code.log_probs(columns)
            p = log_p.exp()
            agreement = -(p.detach() * code.log_probs(augmented)).sum(dim=1).mean()
            entropy = -(p * log_p).sum(dim=1).mean()
            mean = p.mean(dim=0)
            entropy_of_mean = -(mean * mean.clamp_min(1e-8).log()).sum()
            # Away from even use, towards the prior's: log k − KL(mean p ‖ prior) in all.
            wanted = mean.new_tensor(code.shares).mul(len(mean)).clamp_min(1e-8).log()
            total = total + agreement + conditional_entropy * entropy
            total = total - marginal_entropy * (entropy_of_mean + (mean * wanted).sum())
    return total
