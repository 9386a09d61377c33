"""What an image is made of, beside its shapes: the strengths of its spatial frequencies."""

import torch
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "n c h w"]
FAINT = 1e-6
"""Strength below which a frequency counts as absent."""


def texture(x: Images, amount: Float[Tensor, " n"]) -> Images:
    """Images in [−1, 1] whose strengths of frequencies go by that part towards the next image's.

    An amount below 0 leaves an image as it is: changed in half of the images, it suffices.
    Stripes, checks, grain and the mean colour are in the strengths; where things are, and their
    shapes, in the phases, which stay. The next image of the batch gives them, the first one to the
    last; batches are in random order. Source: Xu et al. 2021 (2105.11271), equation 4.
    """
    spectrum = torch.fft.rfft2(x.float())
    strength = spectrum.abs()
    towards = amount.clamp_min(0).to(strength)[:, None, None, None]
    wanted = torch.lerp(strength, strength.roll(-1, dims=0), towards)
    scaled = spectrum * (wanted / strength.clamp_min(FAINT))
    changed: Tensor = torch.fft.irfft2(scaled, s=x.shape[-2:])
    return changed.clamp(-1, 1).to(x)
