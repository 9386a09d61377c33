"""Penalties on critics whose slope is known."""

import pytest
import torch

from infogan.losses.gradient_penalty import r1, wgan_gp


@pytest.fixture
def images():
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(5, 3, 8, 8, generator=rng) for _ in range(2)]


def linear(slope: torch.Tensor):
    """A critic a·x, whose slope is a everywhere."""
    return lambda x: (x * slope).flatten(1).sum(dim=1)


def test_linear_critic(images):
    real, fake = images
    slope = torch.zeros(3, 8, 8)
    slope[0, 0, 0], slope[2, 5, 1] = 3.0, 4.0  # its length is 5
    assert r1(linear(slope), real).item() == pytest.approx(12.5)
    assert wgan_gp(linear(slope), real, fake, torch.rand(5, 1, 1, 1)).item() == pytest.approx(16)


def test_r1_is_taken_at_the_real_images(images):
    real, _ = images

    def critic(x):  # its slope at x is x
        return 0.5 * x.square().flatten(1).sum(dim=1)

    expected = 0.5 * real.square().flatten(1).sum(dim=1).mean()
    assert r1(critic, real).item() == pytest.approx(expected.item(), rel=1e-5)


def test_wgan_gp_is_taken_between_real_and_generated(images):
    real, fake = images
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.flatten(1).sum(dim=1)

    mix = torch.linspace(0, 1, 5).view(5, 1, 1, 1)
    wgan_gp(critic, real, fake, mix)
    torch.testing.assert_close(seen[0], (1 - mix) * real + mix * fake)


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_gradient_reaches_the_critic_and_is_finite_even_on_a_flat_one(images, weight):
    real, fake = images
    slope = torch.full((3, 8, 8), weight, requires_grad=True)
    for penalty in (
        r1(linear(slope), real),
        wgan_gp(linear(slope), real, fake, torch.rand(5, 1, 1, 1)),
    ):
        (gradient,) = torch.autograd.grad(penalty, slope)
        assert gradient.isfinite().all()
        assert (gradient.abs().sum() > 0) == (weight > 0)
