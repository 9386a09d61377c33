"""Penalties on the slope of D: on real images (R1), or between real and generated (WGAN-GP)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "n c h w"]
Critic = Callable[[Images], Float[Tensor, " n"]]


def r1(critic: Critic, real: Images) -> Float[Tensor, ""]:
    """½ E|∇D(x)|² on real images (1801.04406, eq. 9)."""
    return 0.5 * _squared_slope(critic, real).mean()


def wgan_gp(
    critic: Critic, real: Images, fake: Images, mix: Float[Tensor, "n 1 1 1"]
) -> Float[Tensor, ""]:
    """E(|∇D(x̂)| − 1)² at points between real and generated images (1704.00028, eq. 3).

    `mix`, drawn evenly from 0 to 1, says how far from the real one each lies.
    """
    between = torch.lerp(real, fake, mix.to(real))
    return (_squared_slope(critic, between).clamp_min(1e-12).sqrt() - 1).square().mean()


def _squared_slope(critic: Critic, x: Images) -> Float[Tensor, " n"]:
    x = x.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return slope.square().flatten(1).sum(dim=1)
