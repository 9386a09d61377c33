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


def thicken(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """What stands on the ground grown (above 0) or shrunk by so many pixels on every side.

    The ground is what the border shows: a figure lighter than it grows by dilation, a darker one
    by erosion. Both happen on an enlarged copy, so that fractions of a pixel count.
    """
    lighter = x.mean(dim=(1, 2, 3)) >= border_mean(x).mean(dim=1)
    steps = (amount.to(x) * FINER).round().long()
    steps = torch.where(lighter, steps, -steps)
    fine = F.interpolate(x, scale_factor=FINER, mode="bilinear", align_corners=False)
    out = fine.clone()
    for sign in (1, -1):
        taken = (steps * sign > 0).nonzero()[:, 0]
        grown, level = sign * fine[taken], 0
        while len(taken):
            level += 1
            grown = _dilate(grown, plus=level % 2 == 1)
            done = steps[taken] * sign == level
            out[taken[done]] = sign * grown[done]
            taken, grown = taken[~done], grown[~done]
    return F.avg_pool2d(out, FINER)


def _dilate(x: Images, plus: bool) -> Images:
    """The largest of each pixel's neighbours: four and eight in turn are nearly round."""
    # Shifted copies: torch's max_pool2d takes three times as long on a processor.
    wide = F.pad(x, (1, 1, 0, 0), mode="replicate")
    across = torch.maximum(torch.maximum(wide[..., :-2], wide[..., 2:]), x)
    high = F.pad(x if plus else across, (0, 0, 1, 1), mode="replicate")
    return torch.maximum(torch.maximum(high[..., :-2, :], high[..., 2:, :]), across)


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
