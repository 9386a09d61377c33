"""Adversarial losses against values worked out by hand."""

import math

import pytest
import torch
from torch import nn

from infogan.losses.adversarial import ADVERSARIAL, games
from infogan.losses.log_bounds import LogBounds

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


def test_epsilon_within_the_logarithms():
    losses, certain = games(LogBounds(epsilon=1e-8))["bce"], torch.tensor([-200.0, 200.0])
    # −log(σ(−200) + 1e-8) = 8 log 10, and −log(1 + 1e-8) is 0 in single precision.
    assert losses.real(certain).item() == pytest.approx(4 * math.log(10), rel=1e-6)
    assert losses.fake(certain).item() == pytest.approx(4 * math.log(10), rel=1e-6)
    unsure = torch.tensor([0.0, 1.0])
    assert losses.generator(unsure).item() == pytest.approx(
        ADVERSARIAL["bce"].generator(unsure).item(), abs=1e-7
    )


def test_clipped_probabilities_have_no_slope_beyond_the_clip():
    losses = games(LogBounds(clip=1e-7))["bce"]
    logits = torch.tensor([-20.0, 0.0, 20.0], requires_grad=True)
    loss = losses.real(logits)
    # −log 1e-7, −log ½, −log(1 − 1e-7).
    assert loss.item() == pytest.approx((7 * math.log(10) + math.log(2)) / 3, rel=1e-6)
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope.tolist() == pytest.approx([0, -0.5 / 3, 0])


def test_games_without_logarithms_have_nothing_to_bound():
    for name in ("least-squares", "hinge", "wasserstein"):
        assert games(LogBounds(epsilon=1e-3, clip=1e-3))[name] == ADVERSARIAL[name]
