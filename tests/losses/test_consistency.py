"""Consistency: its value in known situations, and whom it moves."""

import math

import numpy as np
import pytest
import torch

from infogan.codes.latent import Latent
from infogan.losses.consistency import consistency_loss

SURE = 100.0


def loss_of(codes: str, q, q_augmented, conditional_entropy=0.5, marginal_entropy=0.5) -> float:
    latent = Latent.parse(codes, noise=0)
    return consistency_loss(
        latent,
        torch.tensor(q).float(),
        dict.fromkeys(latent.names, torch.tensor(q_augmented).float()),
        dict.fromkeys(latent.names, conditional_entropy),
        marginal_entropy,
    ).item()


def test_sure_even_and_consistent_answers_are_best():
    q = SURE * np.eye(4)
    assert loss_of("cat:4", q, q) == pytest.approx(-0.5 * math.log(4))
    assert loss_of("cat:4", q, q, conditional_entropy=7.0, marginal_entropy=2.0) == pytest.approx(
        -2 * math.log(4)
    )


def test_no_idea_at_all():
    # CE and both entropies are log k: log k · (1 + conditional_entropy − marginal_entropy).
    q = np.zeros((6, 4))
    assert loss_of("cat:4", q, q) == pytest.approx(math.log(4))
    assert loss_of("cat:4", q, q, conditional_entropy=0.1, marginal_entropy=1.0) == pytest.approx(
        0.1 * math.log(4)
    )


def test_one_answer_for_everything_earns_nothing():
    q = np.tile([SURE, 0, 0, 0], (6, 1))
    assert loss_of("cat:4", q, q) == pytest.approx(0, abs=1e-5)


def test_disagreement_costs_the_cross_entropy():
    # Sure of category 0, but the augmented copy has 1/8 there.
    q, q_augmented = [[SURE, 0.0]], [[0.0, math.log(7)]]
    assert loss_of("cat:2", q, q_augmented) == pytest.approx(math.log(8), rel=1e-5)
    # p = (¾, ¼) and p′ = (½, ½): the cross-entropy is log 2, whatever p.
    q, q_augmented = [[math.log(3), 0.0]], [[0.0, 0.0]]
    assert loss_of("cat:2", q, q_augmented, 0.0, 0.0) == pytest.approx(math.log(2), rel=1e-5)


def test_sureness_and_spread_are_the_two_entropies():
    # Two images with p = (¾, ¼), (¼, ¾): each has H = 0.5623, their mean log 2.
    q = [[math.log(3), 0.0], [0.0, math.log(3)]]
    agreement = loss_of("cat:2", q, q, 0.0, 0.0)
    assert agreement == pytest.approx(0.56234, abs=1e-4)
    assert loss_of("cat:2", q, q, 1.0, 0.0) - agreement == pytest.approx(0.56234, abs=1e-4)
    assert loss_of("cat:2", q, q, 0.0, 1.0) - agreement == pytest.approx(-math.log(2), abs=1e-4)


def test_discrete_codes_add_up_and_continuous_ones_do_not_count():
    rng = np.random.default_rng(0)
    q, other = rng.normal(size=(2, 6, 6))
    parts = loss_of("cat:3", q[:, :3], other[:, :3]) + loss_of("bern", q[:, 5:], other[:, 5:])
    assert loss_of("cat:3,uni,bern", q, other) == pytest.approx(parts, rel=1e-5)
    assert loss_of("uni,norm", q[:, :4], other[:, :4]) == 0


def test_a_switch_is_a_category_of_two():
    q, other = np.random.default_rng(0).normal(size=(2, 6, 1))
    two = [np.concatenate([np.zeros_like(x), x], axis=1) for x in (q, other)]
    assert loss_of("bern", q, other) == pytest.approx(loss_of("cat:2", *two), rel=1e-5)


def test_the_copy_learns_from_the_original_and_not_the_other_way_round():
    latent = Latent.parse("cat:3", noise=0)
    q = torch.tensor([[2.0, 0, 0], [0, 1, 0]], requires_grad=True)
    copy = torch.tensor([[0.0, 1, 0], [0, 0, 3]], requires_grad=True)
    to_q, to_copy = torch.autograd.grad(
        consistency_loss(latent, q, {"c1": copy}, {"c1": 0.0}, 0.0), (q, copy), allow_unused=True
    )
    assert to_q is None or to_q.abs().sum() == 0
    p, p_copy = q.softmax(dim=1), copy.softmax(dim=1)
    torch.testing.assert_close(to_copy, (p_copy - p).detach() / 2)
    (to_q,) = torch.autograd.grad(consistency_loss(latent, q, {"c1": copy}, {"c1": 0.5}, 0.5), q)
    assert to_q.abs().sum() > 0


def test_certainty_has_finite_gradients():
    latent = Latent.parse("cat:3,bern", noise=0)
    q = torch.tensor([[1e4, 0, -1e4, 1e4]] * 2, requires_grad=True)
    (slope,) = torch.autograd.grad(
        consistency_loss(
            latent, q, dict.fromkeys(latent.names, -q), dict.fromkeys(latent.names, 0.5), 0.5
        ),
        q,
    )
    assert slope.isfinite().all()


def test_two_sided_is_the_mean_of_both_ways_and_teaches_images_as_well_as_copies():
    latent = Latent.parse("kind=cat:3,tilt=uni", noise=0)
    q, copy = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
    q.requires_grad_(), copy.requires_grad_()

    def loss(image, changed, two_sided=()):
        return consistency_loss(latent, image, {"kind": changed}, {"kind": 0.7}, 0.4, two_sided)

    both = loss(q, copy, {"kind"})
    torch.testing.assert_close(both, (loss(q, copy) + loss(copy, q)) / 2)
    alone = consistency_loss(latent, q, {"kind": copy}, {"kind": 0.0}, 0.0, {"kind"})
    for slope in torch.autograd.grad(alone, (q, copy)):
        assert slope[:, :3].any()
        assert not slope[:, 3:].any()


def test_to_be_sure_of_images_alone_pays_one_sided_and_not_two_sided():
    """Copies that are known for what they are: Q says nothing of them."""
    latent = Latent.parse("kind=cat:4", noise=0)
    images, copies = SURE * torch.eye(4), torch.zeros(4, 4)

    def loss(image, two_sided):
        return consistency_loss(latent, image, {"kind": copies}, {"kind": 0.5}, 1.0, two_sided)

    assert loss(images, ()) < loss(copies, ()) - 0.5
    assert loss(images, {"kind"}) > loss(copies, {"kind"}) + 0.5
