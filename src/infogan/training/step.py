"""One update: the steps of the schedule in turn, each the weighed sum of its losses.

`update` runs the steps. `TERMS` says what each word of the schedule minimises, and how heavily.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import nll_loss

from infogan.losses.consistency import consistency_loss
from infogan.losses.contrastive import contrastive_loss
from infogan.losses.equivariance import equivariance_loss
from infogan.losses.follow import follow_loss, independence_loss, prior_loss
from infogan.losses.gradient_penalty import r1, wgan_gp
from infogan.losses.mutual_information import mi_bound, mi_loss
from infogan.networks.build import Verdict
from infogan.training.draws import Draws
from infogan.training.micro_batches import mean_in_parts
from infogan.training.priors import follow_use
from infogan.training.scene import Scene
from infogan.training.schedule import Loss
from infogan.training.state import State

Images = Float[Tensor, "n c h w"]
Scalar = Float[Tensor, ""]
Told = dict[str, Tensor]


def update(state: State, real: Images) -> Told:
    """Run every step of the schedule once, on these real images; returns what to log.

    With several processes `real` is this one's part of the batch, and so is some of what to log.
    """
    draws, told = Draws(state, real), Told()
    for step in state.config.schedule.parsed:
        if step.optimiser not in state.optims:
            continue
        state.let_learn(step.moves)
        scene = Scene(state, step, draws, draws.batch(step), told)
        total = step_loss(scene)
        # Terms that are off may leave none on which the step's parts have a bearing.
        if total is None or not total.requires_grad:
            continue
        optimiser = state.optims[step.optimiser]
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        moved = (p for group in optimiser.param_groups for p in group["params"])
        state.processes.average(p.grad for p in moved if p.grad is not None)
        optimiser.step()
        if "consistency" in step.losses:
            follow_use(state, scene.q["real"])
        if "G" in step.moves:
            draws.forget_images()
    for norm, weight in state.spectral:
        norm.advance(weight)
    state.let_learn(None)
    if {"real_loss", "fake_loss"} <= told.keys():
        told["d_loss"] = told["real_loss"] + told["fake_loss"]
    return told


def step_loss(scene: Scene) -> Scalar | None:
    """The weighed sum of a step's losses; None where none of them is switched on."""
    weights = {term: term.weight(scene) for term in TERMS if term.loss in scene.step.losses}
    on = [term for term, weight in weights.items() if weight]
    scene.look(
        {name for term in on for name in term.asks_d},
        {name for term in on for name in term.asks_q(scene)},
    )
    found = [weights[term] * term.value(scene) for term in on]
    return sum(found[1:], start=found[0]) if found else None


def _real(s: Scene) -> Scalar:
    logits = s.d_logits("real")
    s.told["real_loss"] = s.game.real(logits)
    s.told["d_real"] = logits.sigmoid().mean()
    return s.told["real_loss"]


def _fake(s: Scene) -> Scalar:
    logits = s.d_logits("fake")
    s.told["fake_loss"] = s.game.fake(logits)
    s.told["d_fake"] = logits.sigmoid().mean()
    return s.told["fake_loss"]


def _fool(s: Scene) -> Scalar:
    logits = s.d_logits("fake")
    s.told["g_loss"] = s.game.generator(logits)
    return s.told["g_loss"]


def _mi(s: Scene) -> Scalar:
    bounds, q = s.config.loss.log_bounds, s.verdicts["fake"].q
    bound = mi_bound(s.latent, s.batch.z, q, bounds)
    s.told |= {f"mi/{name}": nats for name, nats in bound.items()}
    return mi_loss(bound, s.config.mi_weights_g if s.moves_g else s.config.mi_weights_q)


def _consistency(s: Scene) -> Scalar:
    loss, two_sided = s.config.loss, s.two_sided
    changed = {name: s.q[view] for name, view in s.views.of_code.items()}
    sure = {
        name: loss.conditional_entropy_at(s.state.images_seen, name in two_sided)
        for name in changed
    }
    s.told["consistency"] = consistency_loss(
        s.latent, s.q["real"], changed, sure, loss.marginal_entropy, two_sided
    )
    return s.told["consistency"]


def _equivariance(s: Scene) -> Scalar:
    view = s.views.dials
    s.told["equivariance"] = equivariance_loss(s.latent, s.q["real"], s.q[view], s.units[view])
    return s.told["equivariance"]


def _follow(s: Scene) -> Scalar:
    view = s.views.dials
    ranges = s.views.views[view].ranges
    s.told["follow"] = follow_loss(s.latent, s.q["real"], s.q[view], s.units[view], ranges)
    return s.told["follow"] + prior_loss(s.latent, s.q["real"])


def _independence(s: Scene) -> Scalar:
    s.told["independence"] = independence_loss(s.latent, s.q["real"])
    return s.told["independence"]


def _r1(s: Scene) -> Scalar:
    penalty, most = partial(r1, _critic(s)), s.config.micro_batch
    s.told["r1"] = mean_in_parts(penalty, most, s.batch.real)
    return s.told["r1"]


def _wgan_gp(s: Scene) -> Scalar:
    processes, real = s.state.processes, s.batch.real
    mix = torch.rand(len(real) * processes.count, 1, 1, 1, generator=s.state.rng)
    penalty, images = partial(wgan_gp, _critic(s)), (real, s.batch.fake, processes.own(mix))
    s.told["gradient_penalty"] = mean_in_parts(penalty, s.config.micro_batch, *images)
    return s.told["gradient_penalty"]


def _supervised(s: Scene) -> Scalar:
    """−log Q(label | x) of a few labelled images, augmented as those of the consistency are."""
    state, labelled = s.state, s.state.labelled
    assert labelled is not None, "its weight is 0 without labels"
    drawn = labelled.draw(s.config.batch_size, state.rng)
    images, categories = map(state.processes.own, drawn)
    view = s.views.views[s.views.of_code[labelled.code]]
    views, _ = view.of(state.to_device(images), state.rng, state.processes)
    with state.placement.autocast():
        answers = state.discriminator(views, ask_d=False).q
    read = {code.name: (code, q) for code, q in s.latent.split_q(answers)}
    code, q = read[labelled.code]
    s.told["supervised"] = nll_loss(code.log_probs(q), state.to_device(categories))
    return s.told["supervised"]


def _contrastive(s: Scene) -> Scalar:
    pairs = s.draws.pairs(s.moves_g)
    with s.state.placement.autocast():
        found = contrastive_loss(s.state.pair_judge, pairs)
    if not s.moves_g:
        s.told["contrastive"] = found
    return found


def _consistency_weight(s: Scene) -> float:
    return s.config.loss.consistency if s.latent.discrete else 0.0


def _equivariance_weight(s: Scene) -> float:
    return s.config.loss.equivariance if s.latent.continuous else 0.0


def _follow_weight(s: Scene) -> float:
    told = s.latent.followed or any(code.ignored for code in s.latent.continuous)
    return s.config.loss.follow if told else 0.0


def _independence_weight(s: Scene) -> float:
    return s.config.loss.independence if s.latent.followed else 0.0


def _r1_weight(s: Scene) -> float:
    """Lazily (StyleGAN2, 1912.04958, section 3.1): D hardly changes from one update to the next."""
    every = s.config.loss.r1_every
    due = s.state.images_seen // s.config.real_batch % every == 0
    return (s.config.loss.r1 or 0.0) * every if due else 0.0


def _wgan_gp_weight(s: Scene) -> float:
    loss = s.config.loss
    return loss.gradient_penalty if loss.adversarial == "wasserstein" else 0.0


def _supervised_weight(s: Scene) -> float:
    return 0.0 if s.state.labelled is None else s.config.loss.supervised


def _contrastive_weight(s: Scene) -> float:
    loss = s.config.loss
    if s.state.progress < loss.contrastive_from:
        return 0.0
    # The judge of pairs learns at full weight, however little G is made to care.
    return loss.contrastive if s.moves_g else float(loss.contrastive > 0)


@dataclass(frozen=True)
class Term:
    """One thing that is minimised.

    Attributes:
        loss: the word of the schedule that asks for it.
        weight: 0 switches it off.
        value: the term itself, which also tells what is worth logging.
        asks_d: images that D must have judged before.
        asks_q: images that Q must have read before, given the scene.
    """

    loss: Loss
    weight: Callable[[Scene], float]
    value: Callable[[Scene], Scalar]
    asks_d: tuple[str, ...] = ()
    asks_q: Callable[[Scene], Collection[str]] = lambda _: ()


def _one(_: Scene) -> float:
    return 1.0


def _fakes(_: Scene) -> Collection[str]:
    return ("fake",)


def _reals(_: Scene) -> Collection[str]:
    return ("real",)


def _categories(s: Scene) -> Collection[str]:
    return {"real", *s.views.of_code.values()}


def _dials(s: Scene) -> Collection[str]:
    return {"real", s.views.dials}


TERMS = (
    Term("real", _one, _real, ("real",)),
    Term("fake", _one, _fake, ("fake",)),
    Term("fool", _one, _fool, ("fake",)),
    Term("mi", _one, _mi, asks_q=_fakes),  # weighed code by code, in mi_loss
    Term("consistency", _consistency_weight, _consistency, asks_q=_categories),
    Term("equivariance", _equivariance_weight, _equivariance, asks_q=_dials),
    Term("equivariance", _follow_weight, _follow, asks_q=_dials),
    Term("equivariance", _independence_weight, _independence, asks_q=_reals),
    Term("penalty", _r1_weight, _r1),
    Term("penalty", _wgan_gp_weight, _wgan_gp),
    Term("consistency", _supervised_weight, _supervised),
    Term("contrast", _contrastive_weight, _contrastive),
)


def _critic(s: Scene) -> Callable[[Images], Float[Tensor, " n"]]:
    """D in full precision: the slope of a slope would suffer from rounding."""

    def critic(x: Images) -> Float[Tensor, " n"]:
        verdict: Verdict = s.state.discriminator(x, ask_q=False)
        return verdict.d_logits

    return critic
