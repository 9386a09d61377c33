"""InfoGAN-CR's regulariser: pairs that share one continuous code, and the loss of their judge."""

import math

import pytest
import torch
from torch import nn

from infogan.codes.latent import Latent
from infogan.losses.contrastive import Pairs, contrastive_loss, contrastive_pairs

LATENT = Latent.parse("kind=cat:3,a=uni,flip=bern,b=norm,c=uni", noise=2)
COLUMNS = [3, 5, 6]  # of a, b and c: after three of kind, and one of flip


def test_a_pair_shares_one_continuous_code_and_nothing_else():
    first, second, shared = contrastive_pairs(LATENT, 600, torch.Generator().manual_seed(0))
    assert first.shape == second.shape == (600, LATENT.dim)
    for name, column in enumerate(COLUMNS):
        assert torch.equal(first[:, column] == second[:, column], shared == name)
    assert not (first[:, -2:] == second[:, -2:]).any()  # the noise is drawn anew
    assert 0.2 < (first[:, :3] == second[:, :3]).all(dim=1).float().mean() < 0.45  # by chance: 1/3
    assert shared.bincount().min() > 150  # each about 200 times


def test_codes_not_shared_keep_the_gap():
    rng = torch.Generator().manual_seed(0)
    first, second, shared = contrastive_pairs(LATENT, 2000, rng, gap=1.2)
    for name, column in ((0, 3), (2, 6)):  # a and c; the gap is of uniform codes alone
        apart = (first[:, column] - second[:, column]).abs()
        assert (apart[shared == name] == 0).all()
        assert apart[shared != name].min() >= 1.2 - 1e-6
        # Between 1.2 and 2 the density falls linearly to 0: the mean is a third of the way.
        assert apart[shared != name].mean().item() == pytest.approx(1.2 + 0.8 / 3, abs=0.02)
        for ends in (first, second):
            assert ends[:, column].abs().max() <= 1
            assert abs(ends[:, column].mean()) < 0.05  # neither end is always the lower one
    assert (first[:, 5] - second[:, 5]).abs()[shared != 1].min() < 0.1


def test_the_generator_decides():
    draws = [contrastive_pairs(LATENT, 8, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    assert all(torch.equal(a, b) for a, b in zip(draws[0], draws[1], strict=True))
    assert not torch.equal(draws[0][0], draws[2][0])


@pytest.mark.parametrize(("gain", "nats"), [(0.0, math.log(3)), (100.0, 0.0)])
def test_loss_is_the_cross_entropy_of_the_answer(gain, nats):
    class Judge(nn.Module):
        def forward(self, first, second):
            return gain * torch.eye(3)[shared]

    images, shared = torch.rand(6, 1, 8, 8), torch.tensor([0, 1, 2, 2, 1, 0])
    loss = contrastive_loss(Judge(), Pairs(images, images, shared))
    assert loss.item() == pytest.approx(nats, abs=1e-6)


def test_detached_pairs_have_no_history():
    images = torch.rand(2, 1, 8, 8, requires_grad=True) * 1.0
    pairs = Pairs(images, images, torch.tensor([0, 1])).detach()
    assert not pairs.first.requires_grad
    assert not pairs.second.requires_grad
