"""The bound L_I = H(c) + E log Q(c|x), where it can be worked out by hand."""

import math

import numpy as np
import pytest
import torch

from infogan.codes.latent import Latent
from infogan.losses.log_bounds import LogBounds
from infogan.losses.mutual_information import mi_bound, mi_loss

N = 9_999


def even(quantile) -> torch.Tensor:
    """Codes (N, 1) that lie as a prior's quantile function says, without sampling error."""
    return torch.tensor(quantile((np.arange(N) + 0.5) / N)).float()[:, None]


def bound_of(codes: str, z: torch.Tensor, q: torch.Tensor) -> dict[str, float]:
    return {name: float(v) for name, v in mi_bound(Latent.parse(codes, noise=0), z, q).items()}


def test_a_category_always_guessed_is_worth_log_k():
    one_hot = torch.eye(10)
    assert bound_of("a=cat:10", one_hot, 100 * one_hot)["a"] == pytest.approx(math.log(10))


def test_a_switch_always_guessed_is_worth_its_entropy():
    switch = torch.tensor([[1.0], [0], [0], [0]])
    bound = bound_of("a=bern:0.25", switch, 200 * switch - 100)
    assert bound["a"] == pytest.approx(0.25 * math.log(4) + 0.75 * math.log(4 / 3))


def test_a_q_that_only_knows_the_prior_gets_nothing():
    assert bound_of("a=cat:10", torch.eye(10), torch.zeros(10, 10))["a"] == pytest.approx(
        0, abs=1e-6
    )
    switch, logit = torch.tensor([[1.0], [0], [0], [0]]), math.log(1 / 3)
    bound = bound_of("a=bern:0.25", switch, torch.full((4, 1), logit))
    assert bound["a"] == pytest.approx(0, abs=1e-6)

    from scipy.stats import norm

    bound = bound_of("a=norm", even(norm.ppf), torch.zeros(N, 2))  # mean 0, log σ 0
    assert bound["a"] == pytest.approx(0, abs=2e-3)


def test_the_best_gaussian_without_a_clue_falls_short_of_a_uniform_prior():
    # σ² = 1/3 is the variance on [-1, 1]: L_I = log 2 − ½ log(2πe/3) = −0.1765 nats.
    q = torch.tensor([[0.0, math.log(1 / 3) / 2]]).repeat(N, 1)
    bound = bound_of("a=uni", even(lambda u: 2 * u - 1), q)
    assert bound["a"] == pytest.approx(-0.17648, abs=1e-4)


def test_a_dial_read_with_an_error_of_a_tenth():
    # Q's mean is 0.1 off and σ = 0.1: log 2 − ½ − log 0.1 − ½ log 2π = 1.5768 nats.
    code = even(lambda u: 2 * u - 1)
    q = torch.cat([code + 0.1, torch.full_like(code, math.log(0.1))], dim=1)
    assert bound_of("a=uni", code, q)["a"] == pytest.approx(1.57679, abs=1e-4)
    assert bound_of("a=uni:sigma=0.1", code, q[:, :1])["a"] == pytest.approx(1.57679, abs=1e-4)


def test_a_wrong_guess_is_worse_than_none():
    one_hot = torch.eye(4)
    bound = bound_of("a=cat:4", one_hot, 10 * one_hot.roll(1, dims=1))["a"]
    assert bound == pytest.approx(math.log(4) - 10, abs=1e-3)


def test_each_code_has_its_own_columns():
    latent = Latent.parse("a=cat:3,b=uni:sigma=1,c=bern", noise=2)
    z = latent.sample(20, torch.Generator().manual_seed(0))
    q = torch.zeros(20, latent.q_dim, requires_grad=True)
    bound = mi_bound(latent, z, q)
    assert list(bound) == ["a", "b", "c"]
    assert bound["a"].item() == pytest.approx(0, abs=1e-6)
    expected = math.log(2) - 0.5 * z[:, 3].square().mean().item() - 0.5 * math.log(2 * math.pi)
    assert bound["b"].item() == pytest.approx(expected, abs=1e-5)
    (slope,) = torch.autograd.grad(bound["b"], q)
    assert slope[:, 3].abs().sum() > 0
    assert slope[:, :3].abs().sum() == slope[:, 4:].abs().sum() == 0


def test_loss_is_minus_the_weighted_sum():
    bound = {"a": torch.tensor(2.0), "b": torch.tensor(-0.5), "c": torch.tensor(7.0)}
    assert mi_loss(bound, {"a": 1.0, "b": 0.1, "c": 0.0}).item() == pytest.approx(-1.95)


def test_descending_the_loss_raises_the_bound():
    latent = Latent.parse("a=cat:3,b=uni", noise=0)
    z = latent.sample(64, torch.Generator().manual_seed(0))
    q = torch.zeros(64, latent.q_dim, requires_grad=True)
    loss = mi_loss(mi_bound(latent, z, q), {"a": 1.0, "b": 1.0})
    (slope,) = torch.autograd.grad(loss, q)
    better = mi_bound(latent, z, q - slope)
    assert all(better[name] > nats for name, nats in mi_bound(latent, z, q).items())


def test_epsilon_keeps_the_logarithm_of_a_categorys_probability_finite():
    latent = Latent.parse("kind=cat:2,tilt=uni:sigma=1", noise=0)
    z = torch.tensor([[1.0, 0.0, 0.5]])
    q = torch.tensor([[-300.0, 0.0, 0.5]])  # sure of the other kind, right about the tilt
    bounded = mi_bound(latent, z, q, LogBounds(epsilon=1e-8))
    assert bounded["kind"].item() == pytest.approx(math.log(2) - 8 * math.log(10), rel=1e-6)
    assert torch.equal(bounded["tilt"], mi_bound(latent, z, q)["tilt"])
