"""Which gradient reaches which parameters. Every public implementation had this wrong somewhere."""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from infogan.networks.build import Discriminator, build_generator
from infogan.training.config import TrainConfig
from infogan.training.device import Placement
from infogan.training.draws import Batch, Draws
from infogan.training.judging import judge
from infogan.training.loss_config import LossConfig
from infogan.training.scene import Scene
from infogan.training.schedule import Schedule
from infogan.training.state import State
from infogan.training.step import step_loss

NORMS = ("batch", "layer", "spectral", "none")
OFF = {"kind": 0.0, "tilt": 0.0}
ON = {"kind": 1.0, "tilt": 1.0}
Gradients = dict[str, Tensor]
D_STEP, G_STEP = Schedule().parsed


@dataclass
class Game:
    """Tiny networks and one batch."""

    config: TrainConfig
    generator: nn.Module
    discriminator: nn.Module
    real: Tensor
    z: Tensor

    def with_loss(
        self, mi_weights: dict[str, float], consistency: float = 0.0, **options: object
    ) -> TrainConfig:
        loss = LossConfig(mi_weights=mi_weights, consistency=consistency, **options)
        return replace(self.config, loss=loss)


@pytest.fixture
def play(tiny_config):
    """Makes games; the options are those of the model."""

    def make(**model: object) -> Game:
        config = tiny_config(model)
        torch.manual_seed(0)
        generator, discriminator = build_generator(config.model), Discriminator(config.model)
        z = config.model.latent.sample(12, torch.Generator().manual_seed(1))
        return Game(config, generator, discriminator, torch.rand(12, 1, 8, 8) * 2 - 1, z)

    return make


def loss_of(step, game: Game, config: TrainConfig, batch: Batch):
    """What a step minimises on a batch, and the terms."""
    state, told = State.create(config), {}
    state.discriminator, state.rng = game.discriminator, torch.Generator().manual_seed(2)
    return step_loss(Scene(state, step, Draws(state, batch.real), batch, told)), told


def d_gradients(
    game: Game, mi_weights: dict[str, float], consistency: float = 0.0, **loss: object
) -> Gradients:
    """D's, the trunk's and Q's gradients from their loss, by parameter; G must have none."""
    game.discriminator.zero_grad()
    game.generator.zero_grad()
    batch = Batch(game.real, game.generator(game.z).detach(), game.z)
    total, _ = loss_of(D_STEP, game, game.with_loss(mi_weights, consistency, **loss), batch)
    total.backward()
    assert all(p.grad is None for p in game.generator.parameters())
    assert all(p.grad is not None for p in game.discriminator.parameters())
    return {name: p.grad.clone() for name, p in game.discriminator.named_parameters()}


def g_gradients(game: Game, mi_weights: dict[str, float], **loss: object) -> Gradients:
    """G's gradients from its loss, with D held still as the training loop holds it."""
    game.generator.zero_grad()
    game.discriminator.zero_grad()
    game.discriminator.requires_grad_(False)
    batch = Batch(game.real, game.generator(game.z), game.z)
    total, _ = loss_of(G_STEP, game, game.with_loss(mi_weights, **loss), batch)
    total.backward()
    game.discriminator.requires_grad_(True)
    assert all(p.grad is None for p in game.discriminator.parameters())
    assert all(p.grad is not None for p in game.generator.parameters())
    return {name: p.grad.clone() for name, p in game.generator.named_parameters()}


def differ(before: Gradients, after: Gradients) -> set[str]:
    """The parts (trunk, d_head, …) whose gradient differs between two losses."""
    return {
        name.partition(".")[0]
        for name in before
        if not torch.allclose(before[name], after[name], rtol=1e-3, atol=1e-6)
    }


def nonzero(gradients: Gradients) -> set[str]:
    """The parts that have any gradient."""
    return {name.partition(".")[0] for name, gradient in gradients.items() if gradient.any()}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("family", ["mlp", "conv"])
def test_ds_loss_reaches_trunk_d_and_q_and_never_g(play, family, norm):
    gradients = d_gradients(play(family=family, norm=norm), ON, consistency=1.0)
    assert nonzero(gradients) == {"trunk", "d_head", "q_head"}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("family", ["mlp", "conv"])
def test_gs_loss_reaches_g_and_never_d_nor_q(play, family, norm):
    assert nonzero(g_gradients(play(family=family, norm=norm), ON))


def test_mutual_information_reaches_all_by_default(play):
    game = play()
    # All but D's own head, which cannot say what a code is.
    assert differ(d_gradients(game, OFF), d_gradients(game, ON)) == {"trunk", "q_head"}
    assert differ(g_gradients(game, OFF), g_gradients(game, ON))


@pytest.mark.parametrize("consistency", [0.0, 1.0])
def test_generator_and_q_alone_keeps_it_out_of_a_shared_trunk(play, consistency):
    game, option = play(), {"mi_gradient": "generator+q"}
    off, on = d_gradients(game, OFF, **option), d_gradients(game, ON, consistency, **option)
    assert differ(off, on) == {"q_head"}
    assert differ(g_gradients(game, OFF, **option), g_gradients(game, ON, **option))
    # G learns the same either way.
    assert not differ(g_gradients(game, ON), g_gradients(game, ON, **option))


@pytest.mark.parametrize("name", ["consistency", "equivariance"])
def test_losses_of_altered_images_reach_trunk_and_q_from_real_images_alone(play, name):
    game = play()
    with_it = d_gradients(game, OFF, **{name: 1.0})
    assert differ(d_gradients(game, OFF), with_it) == {"trunk", "q_head"}
    added = []
    for scale in (1.0, 0.5):  # of the generator's input: generated images have no part in it
        game.z = game.z * scale
        before, after = d_gradients(game, OFF), d_gradients(game, OFF, **{name: 1.0})
        added.append({name: after[name] - before[name] for name in before})
    assert not differ(*added)


@pytest.mark.parametrize("name", ["follow", "independence"])
def test_dials_learn_to_follow_from_real_images_alone(play, name):
    game, off = play(codes="kind=cat:3,tilt=uni:follow=shear"), {"follow": 1e-9, "independence": 0}
    before, after = (d_gradients(game, OFF, **off | on) for on in ({}, {name: 1.0}))
    assert differ(before, after) == {"trunk", "q_head"}
    game.z = game.z * 0.5  # other generated images
    shifted = [d_gradients(game, OFF, **off | on) for on in ({}, {name: 1.0})]
    added = [{key: b[key] - a[key] for key in a} for a, b in ((before, after), tuple(shifted))]
    assert not differ(*added)


def test_g_obeys_a_following_dial_in_full_and_q_hardly_gives_in(play):
    config = play(codes="kind=cat:3,tilt=uni:follow=shear,free=uni").config
    loss = config.loss
    assert config.mi_weights_g["tilt"] == loss.mi_follow > 10 * config.mi_weights_q["tilt"]
    assert config.mi_weights_g["free"] == loss.mi_continuous > config.mi_weights_q["free"]


def test_an_own_trunk_parts_the_two_games(play):
    game = play(q_trunk="own")
    off = d_gradients(game, OFF)
    assert nonzero(off) == {"trunk", "d_head"}  # D says nothing to Q's networks
    assert differ(off, d_gradients(game, ON, 1.0)) == {"q_trunk", "q_head"}
    # "generator+q" protects a shared trunk: an own one still learns.
    own = d_gradients(game, ON, mi_gradient="generator+q")
    assert differ(off, own) == {"q_trunk", "q_head"}


def test_weight_0_switches_a_code_off_and_only_that_code(play):
    game = play()
    last = "q_head.3.weight"  # rows: three logits of kind, then tilt's mean and log σ
    both = d_gradients(game, ON)[last]
    assert both.any(dim=1).all()
    kind = d_gradients(game, ON | {"tilt": 0.0})[last]
    torch.testing.assert_close(kind[:3], both[:3])
    assert not kind[3:].any()
    tilt = d_gradients(game, ON | {"kind": 0.0})[last]
    torch.testing.assert_close(tilt[3:], both[3:])
    assert not tilt[:3].any()


def test_weights_scale_the_gradient(play):
    game = play()
    half = d_gradients(game, {"kind": 0.5, "tilt": 0.5})["q_head.3.weight"]
    torch.testing.assert_close(d_gradients(game, ON)["q_head.3.weight"], 2 * half)


def test_g_and_q_may_weigh_codes_differently(play):
    game = play()
    loss = {"mi_categorical": 1.0, "mi_continuous": 0.5}
    loss |= {"mi_categorical_q": 0.25, "mi_continuous_q": 0.1}
    of_g, of_q = {"kind": 1.0, "tilt": 0.5}, {"kind": 0.25, "tilt": 0.1}
    assert not differ(d_gradients(game, {}, **loss), d_gradients(game, of_q))
    assert not differ(g_gradients(game, {}, **loss), g_gradients(game, of_g))


@pytest.mark.parametrize(
    ("term", "loss"), [("r1", {}), ("gradient_penalty", {"adversarial": "wasserstein"})]
)
@pytest.mark.parametrize("family", ["mlp", "conv"])
def test_penalties_reach_trunk_and_d_alone(play, term, loss, family):
    game = play(family=family)
    off, on = (d_gradients(game, ON, **loss, **{term: weight}) for weight in (0.0, 2.0))
    assert differ(off, on) == {"trunk", "d_head"}


def test_a_gradient_penalty_belongs_to_wasserstein(play):
    game = play()
    off, on = (d_gradients(game, ON, gradient_penalty=weight) for weight in (0.0, 50.0))
    assert not differ(off, on)


def test_terms_are_what_was_minimised(play):
    game = play()
    fake = game.generator(game.z).detach()
    verdict = game.discriminator(torch.cat([game.real, fake]))
    batch = Batch(game.real, fake, game.z)
    total, terms = loss_of(D_STEP, game, game.with_loss(OFF, 0.5, r1=3.0), batch)
    torch.testing.assert_close(terms["d_real"], verdict.d_logits[:12].sigmoid().mean())
    torch.testing.assert_close(terms["d_fake"], verdict.d_logits[12:].sigmoid().mean())
    d_loss = terms["real_loss"] + terms["fake_loss"]
    expected = d_loss + 0.5 * terms["consistency"] + 3.0 * terms["r1"]
    torch.testing.assert_close(total, expected)

    total, terms = loss_of(G_STEP, game, game.with_loss(ON | {"tilt": 0.5}), batch)
    expected = terms["g_loss"] - terms["mi/kind"] - 0.5 * terms["mi/tilt"]
    torch.testing.assert_close(total, expected)


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_batches_are_judged_as_if_alone(play, norm):
    game = play(norm=norm)
    views = {"real": game.real, "fake": game.generator(game.z).detach()}
    together = judge(game.discriminator, views, False, views, views)
    for name, view in views.items():
        alone = game.discriminator(view)
        torch.testing.assert_close(together[name].d_logits, alone.d_logits, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(together[name].q, alone.q, atol=1e-5, rtol=1e-4)


def test_in_bf16_gradients_of_batches_that_are_judged_apart_are_not_rounded_together(play):
    game = play(norm="batch")
    views = {"real": game.real, "fake": game.generator(game.z).detach()}
    weights = [p for p in game.discriminator.parameters() if p.dim() > 1]
    bf16 = Placement(torch.device("cpu"), "bf16").autocast

    def slopes(**own):
        found = judge(game.discriminator, own, False, own, own, autocast=bf16).values()
        logits = torch.cat([verdict.d_logits for verdict in found])
        return torch.autograd.grad(logits.sum(), weights, allow_unused=True)

    apart = [slopes(**{name: view}) for name, view in views.items()]
    for together, real, fake in zip(slopes(**views), *apart, strict=True):
        if together is not None:
            assert torch.equal(together, real + fake)


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_d_alone_is_asked_about_batches_where_no_loss_is_qs(play, norm):
    game = play(norm=norm)
    views = {"real": game.real, "fake": game.real}
    for verdict in judge(game.discriminator, views, False, views, ()).values():
        assert (len(verdict.d_logits), len(verdict.q)) == (len(game.real), 0)
