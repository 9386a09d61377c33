"""Where things are in an image: turned, sheared, scaled, stretched, shifted, mirrored."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Images = Float[Tensor, "n c h w"]
Amounts = Mapping[str, Float[Tensor, " n"]]


def move(x: Images, amounts: Amounts) -> Images:
    """Images after all these movements at once, resampled once, bilinearly.

    `rotation` is in radians, `shear` a slope, `scale` and `stretch` logarithms (of the size; of
    width over height, halved), shifts in half image sides. What comes in from beyond the border
    is the border's own pixels, so that a light ground stays light.
    """
    theta = _inverse(x, amounts)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _inverse(x: Images, amounts: Amounts) -> Float[Tensor, "n 2 3"]:
    """Where each pixel of the moved images comes from: shear · rotation · size, undone."""
    zero = torch.zeros(len(x))
    angle, shear, scale, stretch, right, down = (
        amounts.get(name, zero).float()
        for name in ("rotation", "shear", "scale", "stretch", "shift-x", "shift-y")
    )
    cos, sin = angle.cos(), angle.sin()
    wide, high = (-scale - stretch).exp(), (-scale + stretch).exp()
    # An image is first scaled, then sheared, then turned, then shifted; here, from last to first.
    rows = [[wide * (cos - shear * sin), wide * (sin + shear * cos)], [-high * sin, high * cos]]
    matrix = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
    shift = torch.stack([right, down], dim=1)[:, :, None]
    return torch.cat([matrix, -matrix @ shift], dim=2).to(x)


def flip(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """Images whose amount is above 0 mirrored, left for right."""
    return torch.where((amount > 0).to(x.device)[:, None, None, None], x.flip(3), x)


def cut_out(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """A square hidden in each, of its border's mean colour; its side is |amount| of the image's.

    Where it lies follows from the amount's own digits, so that nothing else need be drawn.
    """
    height, width = x.shape[2:]
    side = amount.abs()
    place = (side[:, None] * torch.tensor([[1009.0, 9176.0]])).frac()
    y, x_ = torch.linspace(0, 1, height), torch.linspace(0, 1, width)
    low = place * (1 - side[:, None])
    inside_y = (y >= low[:, :1]) & (y < low[:, :1] + side[:, None])
    inside_x = (x_ >= low[:, 1:]) & (x_ < low[:, 1:] + side[:, None])
    hidden = (inside_y[:, :, None] & inside_x[:, None, :])[:, None].to(x.device)
    return torch.where(hidden, border_mean(x)[:, :, None, None], x)


def border_mean(x: Images) -> Float[Tensor, "n c"]:
    """The mean colour of each image's outermost pixels."""
    edges = (x[:, :, 0], x[:, :, -1], x[:, :, :, 0], x[:, :, :, -1])
    return torch.cat(edges, dim=2).mean(dim=2)
