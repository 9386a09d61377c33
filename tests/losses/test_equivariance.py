"""Equivariance: its value in known situations, and whom it moves."""

import math

import pytest
import torch

from infogan.codes.latent import Latent
from infogan.losses.equivariance import FORMS, equivariance_loss
from infogan.transforms.table import draw

N = 64
LATENT = Latent.parse("kind=cat:3,a=uni,b=uni", noise=0)
"""Q has seven columns: three of the category, then mean and width of each dial."""


@pytest.fixture
def changes():
    return draw((*FORMS, "shift-x"), N, torch.Generator().manual_seed(1))


def loss_of(changes, *moves, latent=LATENT, seed=2):
    """The loss where each dial moves so, from wherever it was."""
    before = torch.randn(N, latent.q_dim, generator=torch.Generator().manual_seed(seed))
    after = torch.randn_like(before)
    dials = [columns for code, columns in latent.split_q(after) if code.continuous]
    was = [columns for code, columns in latent.split_q(before) if code.continuous]
    for column, old, move in zip(dials, was, moves, strict=True):
        column[:, 0] = old[:, 0] + move
    return equivariance_loss(latent, before, after, changes).item()


def test_dials_that_follow_changes_of_their_own_cost_nothing(changes):
    turn, wide, high, shear, _ = changes.values()
    assert loss_of(changes, 0.5 * shear - 0.2 * turn, 0.3 * wide + 0.3 * high) < 1e-3
    # A constant move and the size of the slope are free.
    assert loss_of(changes, 3 + 5 * shear, -wide) < 1e-3


def test_dials_that_follow_the_same_change_are_told_apart(changes):
    _, wide, _, shear, _ = changes.values()
    assert loss_of(changes, shear, -2 * shear) == pytest.approx(1, abs=1e-3)
    # At 45 degrees to each other: cos² is a half.
    assert loss_of(changes, shear, shear + wide) == pytest.approx(0.5, abs=1e-2)


def test_what_follows_in_half_the_images_one_way_and_in_half_the_other_is_unexplained(changes):
    _, wide, _, shear, _ = changes.values()
    sign = torch.tensor([1.0, -1.0]).repeat(N // 2)
    assert loss_of(changes, sign * shear, wide) > 0.8


def test_position_is_nothing_to_follow(changes):
    *_, shear, across = changes.values()
    assert loss_of(changes, shear, across) > 0.8


def test_a_dial_that_does_not_move_has_nothing_to_explain(changes):
    assert loss_of(changes, torch.zeros(N), torch.zeros(N)) == pytest.approx(0, abs=1e-6)


def test_categories_do_not_count_and_without_dials_it_is_0(changes):
    latent = Latent.parse("kind=cat:3", noise=0)
    assert loss_of(changes, latent=latent) == 0


def test_a_batch_may_be_smaller_than_the_unknowns():
    few = draw(FORMS, 2, torch.Generator().manual_seed(0))
    q = torch.randn(2, LATENT.q_dim, generator=torch.Generator().manual_seed(1))
    assert math.isfinite(equivariance_loss(LATENT, q, -q, few).item())


def test_only_the_dials_means_are_moved(changes):
    q = torch.randn(N, LATENT.q_dim, requires_grad=True)
    altered = torch.randn(N, LATENT.q_dim)
    (slope,) = torch.autograd.grad(equivariance_loss(LATENT, q, altered, changes), q)
    assert slope[:, [3, 5]].abs().min(dim=0).values.gt(0).all()
    assert slope[:, [0, 1, 2, 4, 6]].abs().max() == 0
