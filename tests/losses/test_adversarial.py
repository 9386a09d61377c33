"""Adversarial losses against values worked out by hand."""

import math

import pytest
import torch
from torch import nn

from infogan.losses.adversarial import ADVERSARIAL

REAL, FAKE = torch.tensor([0.0, 2.0]), torch.tensor([0.0, -1.0])


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        # log(1 + e⁰) + log(1 + e⁻²), halved; log(1 + e⁰) + log(1 + e⁻¹), halved.
        (
            "bce",
            (2 * math.log(2) + math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2,
            (math.log(2) + math.log1p(math.e)) / 2,
        ),
        # D as above; G has −mean log D/(1 − D), which is −mean of the logits.
        ("kl", (2 * math.log(2) + math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2, 0.5),
        # Means of (D − 1)² = 1, 1 and of D² = 0, 1, halved; of (D − 1)² = 1, 4, halved.
        ("least-squares", 0.5 * (1 + 0.5), 0.5 * 2.5),
        # relu(1 − D) = 1, 0 and relu(1 + D) = 1, 0; G has −mean.
        ("hinge", 0.5 + 0.5, 0.5),
        ("wasserstein", -0.5 - 1.0, 0.5),
    ],
)
def test_values(name, discriminator, generator):
    losses = ADVERSARIAL[name]
    assert losses.discriminator(REAL, FAKE).item() == pytest.approx(discriminator)
    assert losses.generator(FAKE).item() == pytest.approx(generator)


def test_bce_is_torchs_and_non_saturating():
    bce, losses = nn.BCEWithLogitsLoss(), ADVERSARIAL["bce"]
    real = torch.linspace(-30, 30, 20)
    fake = real.flip(0).clone().requires_grad_()
    expected = bce(real, torch.ones(20)) + bce(fake, torch.zeros(20))
    torch.testing.assert_close(losses.discriminator(real, fake), expected)
    torch.testing.assert_close(losses.generator(fake), bce(fake, torch.ones(20)))
    # Where D is certain that an image is generated, G's slope is steepest, not flat.
    (slope,) = torch.autograd.grad(losses.generator(fake), fake)
    assert slope[fake.argmin()].item() == pytest.approx(-1 / 20)


@pytest.mark.parametrize("name", list(ADVERSARIAL))
def test_both_sides_pull_in_opposite_directions(name):
    losses = ADVERSARIAL[name]
    real, fake = torch.tensor([0.0]).requires_grad_(), torch.tensor([0.5]).requires_grad_()
    d_real, d_fake = torch.autograd.grad(losses.discriminator(real, fake), (real, fake))
    (g_fake,) = torch.autograd.grad(losses.generator(fake), fake)
    assert d_real < 0 < d_fake  # D raises what it says of real images
    assert g_fake < 0  # and G what D says of its own
