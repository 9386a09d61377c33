"""How thick and how sharp what is drawn is."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from infogan.transforms.geometry import border_mean

Images = Float[Tensor, "n c h w"]
FINER = 4
"""Thickness changes in steps of one pixel of images so many times as fine."""
CHUNK = 8
"""Images enlarged at a time, so that they stay in the processor's cache."""


def thicken(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """What stands on the ground grown (above 0) or shrunk by so many pixels on every side.

    The ground is what the border shows: a figure lighter than it grows by dilation, a darker one
    by erosion. Both happen on an enlarged copy, so that fractions of a pixel count.
    """
    lighter = x.mean(dim=(1, 2, 3)) >= border_mean(x).mean(dim=1)
    steps = (amount.to(x) * FINER).round().long()
    steps = torch.where(lighter, steps, -steps)
    out = _there_and_back(x)
    for step in steps.unique().tolist():
        if step:
            for taken in (steps == step).nonzero()[:, 0].split(CHUNK):
                out[taken] = _grown(x[taken], step)
    return out


def _there_and_back(x: Images) -> Images:
    """What enlarging bilinearly and averaging again leave of images: a slight blur."""
    wide = F.pad(x, (1, 1, 0, 0), mode="replicate")
    across = (wide[..., :-2] + wide[..., 2:]) / 8 + x * 0.75
    high = F.pad(across, (0, 0, 1, 1), mode="replicate")
    return (high[..., :-2, :] + high[..., 2:, :]) / 8 + across * 0.75


def _grown(x: Images, steps: int) -> Images:
    """Images after so many steps of dilation, or below 0 of erosion, of their enlarged copies."""
    sign = 1 if steps > 0 else -1
    fine = F.interpolate(sign * x, scale_factor=FINER, mode="bilinear", align_corners=False)
    for level in range(1, abs(steps) + 1):
        fine = _dilate(fine, plus=level % 2 == 1)
    return F.avg_pool2d(sign * fine, FINER)


def _dilate(x: Images, plus: bool) -> Images:
    """The largest of each pixel's neighbours: four and eight in turn are nearly round."""
    if x.requires_grad:  # what is done in place, below, has no gradient
        across = F.max_pool2d(x, (1, 3), 1, (0, 1))
        down = F.max_pool2d(x if plus else across, (3, 1), 1, (1, 0))
        return torch.maximum(across, down)
    # In place and without a border, which cannot be larger than its neighbour; torch's max_pool2d
    # takes three times as long on a processor.
    made = x.clone()
    torch.maximum(made[..., 1:], x[..., :-1], out=made[..., 1:])
    torch.maximum(made[..., :-1], x[..., 1:], out=made[..., :-1])
    across = x if plus else made.clone()
    torch.maximum(made[..., 1:, :], across[..., :-1, :], out=made[..., 1:, :])
    torch.maximum(made[..., :-1, :], across[..., 1:, :], out=made[..., :-1, :])
    return made


def blur(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """Images blurred by a Gaussian of |amount| pixels; an amount of 0 leaves them sharp."""
    sigma = amount.abs().clamp_min(1e-3).to(x)
    reach = math.ceil(4 * float(sigma.max()))
    steps = torch.arange(-reach, reach + 1).to(x)
    kernel = (-0.5 * (steps / sigma[:, None]).square()).exp()
    kernel = kernel / kernel.sum(dim=1, keepdim=True)
    n, c, h, w = x.shape
    flat = F.pad(x, (reach,) * 4, mode="replicate").reshape(1, n * c, h + 2 * reach, w + 2 * reach)
    rows = kernel.repeat_interleave(c, dim=0)
    flat = F.conv2d(flat, rows[:, None, None, :], groups=n * c)
    return F.conv2d(flat, rows[:, None, :, None], groups=n * c).reshape(n, c, h, w)
