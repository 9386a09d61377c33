"""A learned prior: what it draws and is worth, who teaches it, and where it is kept."""

import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from infogan.codes import Categorical
from infogan.codes.discrete import UNEVEN
from infogan.codes.latent import Latent
from infogan.data.source import ArraySource
from infogan.losses.consistency import consistency_loss
from infogan.losses.mutual_information import mi_bound
from infogan.networks.build import live_latent
from infogan.runs.run import train
from infogan.storage.model_folder import load_model
from infogan.training import priors, step
from infogan.training.loop import fit
from infogan.training.priors import follow_regrouping, follow_use
from infogan.training.schedule import Schedule
from infogan.training.state import State
from infogan.training.step import update

SHARES = torch.tensor([0.7, 0.2, 0.1])
ENTROPY = -sum(p * math.log(p) for p in (0.7, 0.2, 0.1))
LEARNED = {"codes": "kind=cat:3:prior=learned,tilt=uni"}
FREE = {"prior_from": 0.0}


@pytest.fixture
def latent():
    """One category whose prior stands at 70, 20 and 10 %."""
    codes = Latent.parse("kind=cat:3:prior=learned,tilt=uni", noise=2)
    return codes.with_logits([SHARES.log()])


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
    assert torch.equal(z.sum(dim=1), torch.ones(20_000))
    assert set(z.unique().tolist()) == {0.0, 1.0}
    assert z.mean(dim=0).tolist() == pytest.approx([0.7, 0.2, 0.1], abs=0.01)


def test_entropy_and_bound_are_its_own(latent):
    assert latent["kind"].entropy == pytest.approx(ENTROPY)
    z = latent.sample(500, torch.Generator().manual_seed(0))
    certain = torch.cat([50 * z[:, :3], torch.zeros(500, 2)], dim=1)
    # Q that is always right and sure: the bound is all of H(c).
    assert mi_bound(latent, z, certain)["kind"].item() == pytest.approx(ENTROPY, abs=1e-4)


def test_answers_may_differ_from_it_so_far_and_no_farther(latent):
    def spread(shares, latent=latent):
        q = torch.tensor(shares).log().repeat(8, 1)
        q = torch.cat([q, torch.zeros(8, 2)], dim=1).requires_grad_()
        with_it, without = (
            consistency_loss(latent, q, {"kind": q}, {"kind": 0.0}, w) for w in (1.0, 0.0)
        )
        cost = with_it - without
        (gradient,) = torch.autograd.grad(cost, q)
        return cost.item(), gradient.abs().max().item()

    free = UNEVEN - math.log(3)
    for near in ([0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.8, 0.15, 0.05]):
        assert spread(near) == (pytest.approx(free, abs=1e-5), 0.0)
    # −(log k − KL) of farther ones: it draws them back.
    far, farther = spread([0.2, 0.2, 0.6]), spread([0.1, 0.1, 0.8])
    assert free < far[0] < farther[0]
    kl = sum(p * math.log(p / q) for p, q in zip((0.1, 0.1, 0.8), (0.7, 0.2, 0.1), strict=True))
    assert farther[0] == pytest.approx(kl - math.log(3), abs=1e-5)
    assert far[1] > 0
    # An even prior lets nothing go for free.
    even = Latent.parse("kind=cat:3,tilt=uni", noise=2)
    assert spread([0.5, 0.3, 0.2], even)[0] > spread([1 / 3] * 3, even)[0]


# How it is learned


def batch(config):
    return torch.rand(8, *config.model.shape) * 2 - 1


def shares(state):
    return state.latent["kind"].shares


@pytest.fixture
def soon(monkeypatch):
    """Shares that follow within a hundred updates of 8 images."""
    monkeypatch.setattr(priors, "HALF_LIFE", 0.04)


def test_it_follows_how_often_q_gives_the_categories(tiny_config, soon):
    state = State.create(tiny_config(LEARNED, None, FREE))
    q = torch.zeros(10, state.config.model.latent.q_dim)
    q[:6, 0] = q[6:9, 1] = q[9:, 2] = 50.0
    follow_use(state, q)
    first, _, last = shares(state)
    assert first > 1 / 3 > last
    for _ in range(100):
        follow_use(state, q)
    assert shares(state) == pytest.approx([0.6, 0.3, 0.1], abs=1e-3)
    # One that Q does not give at all is drawn now and then: Q may come to use it.
    q[:, 2] = -50.0
    for _ in range(200):
        follow_use(state, q)
    assert 0 < shares(state)[2] < 0.01


def test_of_two_each_follows_its_own_answers(tiny_config, soon):
    codes = "one=cat:3:prior=learned,tilt=uni,even=cat:2,other=cat:2:prior=learned"
    state = State.create(tiny_config({"codes": codes}, None, FREE))
    columns = {code.name: torch.zeros(10, code.q_dim) for code in state.config.model.latent.codes}
    columns["one"][:, 2] = columns["other"][:9, 0] = columns["other"][9:, 1] = 50.0
    columns["even"][:, 1] = 50.0
    for _ in range(100):
        follow_use(state, torch.cat([*columns.values()], dim=1))
    assert state.latent["one"].shares == pytest.approx([0, 0, 1], abs=0.01)
    assert state.latent["other"].shares == pytest.approx([0.9, 0.1], abs=0.01)
    assert state.latent["even"].shares == [0.5, 0.5]


def test_neither_gradient_nor_optimiser_moves_it(tiny_config, monkeypatch):
    monkeypatch.setattr(step, "follow_use", lambda *_: None)
    state = State.create(tiny_config(LEARNED, None, FREE))
    before = {name: p.clone() for name, p in state.generator.named_parameters()}
    for _ in range(3):
        update(state, batch(state.config))
    still = {name for name, p in state.generator.named_parameters() if torch.equal(p, before[name])}
    assert still == {"priors.0"}


def test_a_run_that_ends_early_draws_by_it_all_the_same(tiny_config):
    config = tiny_config(LEARNED, None, {"prior_from": 64.0}, kimg=1.0, early_stop=True)
    state = State.create(config)
    q = torch.zeros(10, config.model.latent.q_dim)
    q[:, 0] = 50.0
    state.images_seen = 300
    follow_use(state, q)
    assert shares(state) == pytest.approx([1 / 3] * 3)
    state.convergence.converged_at = 300
    assert state.end < 600
    follow_use(state, q)
    assert shares(state)[0] > 1 / 3


def test_a_regrouping_gives_it_the_new_shares_at_once(tiny_config):
    state = State.create(tiny_config(LEARNED, None, {"prior_from": 0.1}, kimg=1.0))
    categories = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
    follow_regrouping(state, "kind", categories)
    assert shares(state) == pytest.approx([1 / 3] * 3)  # as long as it stands still
    state.images_seen = 100
    follow_regrouping(state, "kind", categories)
    assert shares(state) == pytest.approx([0.6, 0.3, 0.1])
    averaged = live_latent(state.config.model, state.ema_generator)["kind"]
    assert averaged.shares == pytest.approx([0.6, 0.3, 0.1])


@pytest.mark.parametrize(
    ("prior_from", "kimg", "moved"),
    [
        (0.016, 1000.0, [False, False, True, True]),
        (64.0, 0.048, [False, False, False, True]),  # half of the run
    ],
)
def test_it_stays_even_while_categories_mean_nothing_yet(tiny_config, prior_from, kimg, moved):
    state = State.create(tiny_config(LEARNED, None, {"prior_from": prior_from}, kimg=kimg))
    (logits,) = state.generator.priors
    found = []
    for _ in moved:  # of 8 images each
        update(state, batch(state.config))
        state.images_seen += 8
        found.append(not torch.equal(logits, torch.zeros(3)))
    assert found == moved


@pytest.mark.parametrize(
    "off", [{"loss": {"consistency": 0.0}}, {"schedule": "real+fake > trunk+D, fool+mi > G+Q"}]
)
def test_without_consistency_nothing_would_teach_it(tiny_config, off):
    options = {"schedule": Schedule(off["schedule"])} if "schedule" in off else {}
    with pytest.raises(ValueError, match=r"^codes: a learned prior follows what consistency"):
        tiny_config(LEARNED, off.get("loss"), FREE, **options)


def test_it_finds_out_that_kinds_are_not_equally_frequent(tiny_config, tiny_images):
    rng = np.random.default_rng(0)
    frequent = rng.choice(3, 400, p=[0.7, 0.2, 0.1])
    of_kind = [np.flatnonzero(np.arange(40) % 3 == kind) for kind in range(3)]
    images = tiny_images[[rng.choice(of_kind[kind]) for kind in frequent]]
    optim = FREE | {"lr_g": 4e-3, "lr_d": 4e-3}
    config = tiny_config(LEARNED, None, optim, batch_size=32, kimg=12.0, tick_kimg=12.0)
    state = State.create(config)
    list(fit(state, ArraySource("unbalanced", images)))
    found = sorted(shares(state))
    assert found[2] > 0.5
    assert found[0] < 0.25


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
