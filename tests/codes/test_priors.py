"""A learned prior: what it draws and is worth, who teaches it, and where it is kept."""

import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from infogan.codes import Categorical
from infogan.codes.latent import Latent
from infogan.data.source import ArraySource
from infogan.losses.consistency import consistency_loss
from infogan.losses.mutual_information import mi_bound
from infogan.runs.run import train
from infogan.storage.model_folder import load_model
from infogan.training.loop import fit
from infogan.training.state import State
from infogan.training.step import update

SHARES = torch.tensor([0.7, 0.2, 0.1])
ENTROPY = -sum(p * math.log(p) for p in (0.7, 0.2, 0.1))
LEARNED = {"codes": "kind=cat:3:prior=learned,tilt=uni"}
FREE = {"prior_from": 0.0}


@pytest.fixture
def latent():
    """One category whose prior stands at 70, 20 and 10 %, with a gradient."""
    logits = SHARES.log().requires_grad_()
    return Latent.parse("kind=cat:3:prior=learned,tilt=uni", noise=2).with_logits([logits])


# What it is


def test_it_is_spelled_and_starts_out_even():
    latent = Latent.parse("kind=cat:3:prior=learned,other=cat:4")
    assert latent["kind"] == Categorical("kind", k=3, prior="learned")
    assert str(latent) == "kind=cat:3:prior=learned,other=cat:4"
    assert [code.name for code in latent.learned] == ["kind"]
    assert latent["kind"].shares == pytest.approx([1 / 3] * 3)
    assert latent["kind"].entropy == pytest.approx(math.log(3))
    with pytest.raises(ValueError, match="cat:K takes :prior=learned"):
        Latent.parse("kind=cat:3:prior=even")


def test_it_draws_one_of_each_as_often_as_it_says(latent):
    z = latent.sample(20_000, torch.Generator().manual_seed(0))[:, :3]
    assert torch.equal(z.detach().sum(dim=1), torch.ones(20_000))
    assert set(z.detach().unique().tolist()) == {0.0, 1.0}
    assert z.detach().mean(dim=0).tolist() == pytest.approx([0.7, 0.2, 0.1], abs=0.01)


def test_entropy_and_bound_are_its_own(latent):
    assert latent["kind"].entropy == pytest.approx(ENTROPY)
    z = latent.sample(500, torch.Generator().manual_seed(0)).detach()
    certain = torch.cat([50 * z[:, :3], torch.zeros(500, 2)], dim=1)
    # Q that is always right and sure: the bound is all of H(c), and its gradient evens it out.
    bound = mi_bound(latent, z, certain)["kind"]
    assert bound.item() == pytest.approx(ENTROPY, abs=1e-4)
    (gradient,) = torch.autograd.grad(bound, latent["kind"].logits)
    assert gradient[0] < 0 < gradient[2]


def test_spread_asks_for_the_priors_shares(latent):
    def spread(shares):
        q = torch.tensor(shares).log().repeat(8, 1)
        q = torch.cat([q, torch.zeros(8, 2)], dim=1)
        with_it, without = (consistency_loss(latent, q, {"kind": q}, 0.0, w) for w in (1.0, 0.0))
        return (with_it - without).item()

    # −(log k − KL): least where the answers are spread as the prior is.
    assert spread([0.7, 0.2, 0.1]) == pytest.approx(-math.log(3), abs=1e-5)
    assert spread([1 / 3] * 3) > spread([0.6, 0.2, 0.2]) > spread([0.7, 0.2, 0.1])
    even = Latent.parse("kind=cat:3,tilt=uni", noise=2)
    q = torch.zeros(8, 5)
    assert consistency_loss(even, q, {"kind": q}, 0.0, 1.0).item() == pytest.approx(0.0, abs=1e-6)


# How it is learned


def batch(config):
    return torch.rand(8, *config.model.shape) * 2 - 1


@pytest.mark.parametrize("extra", [{}, {"contrastive": 0.5}])
def test_g_teaches_it_and_d_does_not(tiny_config, extra):
    model = LEARNED | ({"codes": LEARNED["codes"] + ",size=uni"} if extra else {})
    state = State.create(tiny_config(model, extra, FREE))
    (logits,) = state.generator.priors
    assert torch.equal(logits, torch.zeros(3))
    update(state, batch(state.config))
    assert logits.grad is not None
    assert logits.grad.abs().max() > 0
    assert not torch.equal(logits, torch.zeros(3))


def test_it_stays_even_while_categories_mean_nothing_yet(tiny_config):
    state = State.create(tiny_config(LEARNED, None, {"prior_from": 0.016}))
    (logits,) = state.generator.priors
    moved = []
    for _ in range(3):  # of 8 images each
        update(state, batch(state.config))
        state.images_seen += 8
        moved.append(not torch.equal(logits, torch.zeros(3)))
    assert moved == [False, False, True]


def test_several_steps_of_g_share_their_codes(tiny_config):
    from infogan.training.schedule import Schedule

    schedule = Schedule("real+fake+mi > trunk+D+Q, 2*fool+mi > G")
    state = State.create(tiny_config(LEARNED, None, FREE, schedule=schedule))
    update(state, batch(state.config))
    assert not torch.equal(state.generator.priors[0], torch.zeros(3))


def test_it_finds_out_that_kinds_are_not_equally_frequent(tiny_config, tiny_images):
    rng = np.random.default_rng(0)
    frequent = rng.choice(3, 400, p=[0.7, 0.2, 0.1])
    of_kind = [np.flatnonzero(np.arange(40) % 3 == kind) for kind in range(3)]
    images = tiny_images[[rng.choice(of_kind[kind]) for kind in frequent]]
    optim = FREE | {"lr_g": 4e-3, "lr_d": 4e-3}
    config = tiny_config(LEARNED, None, optim, batch_size=32, kimg=12.0, tick_kimg=12.0)
    state = State.create(config)
    list(fit(state, ArraySource("unbalanced", images)))
    shares = sorted(state.latent["kind"].shares)
    assert shares[2] > 0.5
    assert shares[0] < 0.25


# Where it is kept


def test_it_is_in_the_checkpoint_and_in_the_model(tiny_config, tiny_data, tmp_path):
    out = tmp_path / "run"
    model = train(tiny_data, out, config=tiny_config(LEARNED, None, FREE), progress=False)
    weights = load_file(out / "model.safetensors")
    shares = weights["generator.priors.0"].softmax(dim=0).tolist()
    assert model.latent["kind"].shares == pytest.approx(shares)
    assert shares != pytest.approx([1 / 3] * 3, abs=1e-4)
    assert load_model(out).latent["kind"].shares == model.latent["kind"].shares
    images, codes = model.sample(6, seed=1)
    assert images.shape == (6, 1, 8, 8)
    assert set(codes["kind"]) <= {0.0, 1.0, 2.0}
    checkpoint = load_file(max((out / "checkpoints").iterdir()))
    assert {"generator.priors.0", "ema_generator.priors.0"} <= checkpoint.keys()


def test_a_run_without_one_has_none(tiny_run):
    assert not any("priors" in key for key in load_file(tiny_run / "model.safetensors"))
    assert load_model(tiny_run).latent.learned == ()
