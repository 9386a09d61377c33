"""Of what colour an image is, and in what light: hue, saturation, light, contrast.

Hue is turned in HSV, where every colour stays one that can be shown: turning about the grey axis
of RGB leaves the cube, and its clipping betrays it.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "n c h w"]
Amount = Float[Tensor, " n"]


def recolour(x: Images, hue: Amount, saturation: Amount) -> Images:
    """Colours turned by `hue` half turns, and their saturation raised to the power e^−amount.

    Images in [−1, 1]; grey ones (one channel, or three alike) stay as they are.
    """
    if x.shape[1] != 3:
        return x
    h, s, v = _to_hsv(((x + 1) / 2).clamp(0, 1))
    h = (h + _column(hue, h) * 3) % 6
    s = s.clamp_min(1e-6) ** (-_column(saturation, s)).exp() * (s > 0)
    return 2 * _to_rgb(h, s, v) - 1


def light(x: Images, amount: Amount) -> Images:
    """Images in [−1, 1] with e^−|amount| times the distance from white (above 0) or from black."""
    end = amount.sign().to(x)[:, None, None, None]
    return end + (x - end) * (-amount.abs()).exp().to(x)[:, None, None, None]


def contrast(x: Images, amount: Amount) -> Images:
    """Images in [−1, 1] with e^amount times the distance from their mean grey, cut at the ends."""
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (mean + (x - mean) * amount.exp().to(x)[:, None, None, None]).clamp(-1, 1)


def _column(amount: Amount, like: Float[Tensor, "n h w"]) -> Float[Tensor, "n 1 1"]:
    return amount.to(like)[:, None, None]


def _to_hsv(rgb: Images) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in sixths of a turn, saturation and value; each (n, h, w)."""
    v, most = rgb.max(dim=1)
    spread = v - rgb.min(dim=1).values
    safe = spread.clamp_min(1e-6)
    r, g, b = rgb.unbind(dim=1)
    sectors = torch.stack([(g - b) / safe % 6, (b - r) / safe + 2, (r - g) / safe + 4], dim=1)
    h = sectors.gather(1, most[:, None])[:, 0]
    return torch.where(spread > 0, h, torch.zeros_like(h)), spread / v.clamp_min(1e-6), v


def _to_rgb(h: Tensor, s: Tensor, v: Tensor) -> Images:
    """Each channel is v, less s·v where the hue is far from it."""

    def channel(start: int) -> Tensor:
        k = (start + h) % 6
        return v - v * s * torch.minimum(k, 4 - k).clamp(0, 1)

    return torch.stack([channel(5), channel(3), channel(1)], dim=1)
