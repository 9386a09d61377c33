"""A category that holds two kinds while two others share one: put right while a run goes on.

Chance can give two kinds one category and one kind two. No small step leads out of that, as in
k-means; a large one does: two categories become one, and the free one takes half of a third. Where
the prior is learned, a category that no image has is free, too. And two that cut across the same
two kinds are cut anew.
`split_merge` says which, from real images; here it is asked now and then, and Q is taught.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from infogan.codes.discrete import Categorical
from infogan.data.source import Source, Streamed
from infogan.inference.trained_model import at_once
from infogan.networks.build import Discriminator
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images
from infogan.training.priors import follow_regrouping
from infogan.training.split_merge import Regrouping, best_regrouping, in_units_of
from infogan.training.state import State
from infogan.training.views import View, views_of
from infogan.transforms.table import PLACE

EACH, FEWEST_ASKED, MOST_ASKED = 100, 2000, 10_000
"""Images for each category, and at least and at most, that are looked at."""
RARER = 4
"""Times as many for each category where some kinds may be rare: their prior is learned."""
WIDEST = 1024
"""Features of Q's last layer beyond which nothing is looked at: it would take too long."""
STEPS, RATE, SMOOTHING = 150, 0.02, 0.1
"""With which Q's last layer learns its new categories: they must stay easy to move."""
LOOKS_PER_DOUBLING, UNTIL = 3, 0.5
"""Looks lie evenly on a logarithmic scale, as those of `convergence`, until half of the run."""


def regrouping_due(config: TrainConfig, before: int, after: int) -> bool:
    """Whether a look lies between two numbers of images seen."""
    start = config.optim.regroup_from * 1000
    asked = start and config.learns_categories and after <= UNTIL * config.kimg * 1000
    return bool(asked) and _looks_until(after, start) > _looks_until(before, start)


def n_grouped(config: TrainConfig) -> int:
    """How many real images are looked at, where there are so many; 0 where no look will be."""
    each = {"uniform": EACH, "learned": RARER * EACH}
    asked = max((each[code.prior] * code.k for code in _groupings(config)), default=0)
    last = int(UNTIL * config.kimg * 1000)
    if not asked or not regrouping_due(config, 0, last):
        return 0
    return min(MOST_ASKED, max(FEWEST_ASKED, asked))


def images_to_group(source: Source, config: TrainConfig) -> UInt8[np.ndarray, "n c h w"]:
    """The real images that are looked at; none of a stream, whose first may be all of one kind."""
    n = min(len(source), n_grouped(config))
    if not n or isinstance(source, Streamed):
        return np.empty((0, *source.shape), np.uint8)
    return watched_images(source, config.seed, n)


def regroup(state: State, images: UInt8[np.ndarray, "n c h w"]) -> list[Regrouping]:
    """Put Q's categories right where the averaged Q shows that they are not; G follows.

    The last layer of Q, and of the averaged Q, learn the new ones; all else stays as it is.
    Nothing is regrouped while weights are not finite, nor while a run that stops early slows down.
    """
    found = list[Regrouping]()
    if state.config.early_stop and state.convergence.converged_at:
        return found
    for code, one in _proposed(state, images, _cuts_anew(state)):
        for each in (state.discriminator, state.ema_discriminator):
            teach(each, _columns(state, code), read(each, state, images)[0], one.targets)
        follow_regrouping(state, code.name, one.targets)
        found.append(one)
    if state.processes.any(bool(found)):
        state.share()
    return found


def still_mixed(state: State, images: UInt8[np.ndarray, "n c h w"]) -> tuple[str, ...]:
    """Which categories hold two kinds at the end of a run, in words; nothing is changed."""
    return tuple(one.why for _, one in _proposed(state, images, anew=True))


def _proposed(
    state: State, images: UInt8[np.ndarray, "n c h w"], anew: bool
) -> Iterator[tuple[Categorical, Regrouping]]:
    """Each code whose categories should be regrouped, and how; the first process asks."""
    if not len(images) or not state.finite or not state.processes.first:
        return
    rng = torch.Generator().manual_seed(state.images_seen)
    for code in _open(state):
        views = views_of(state.config.model.latent, state.config.augmentation, images.shape[1])
        view = views.views[views.of_code[code.name]]
        one = propose(state, code, view, images, rng, anew)
        if one is not None:
            yield code, one


def propose(
    state: State,
    code: Categorical,
    view: View,
    images: UInt8[np.ndarray, "n c h w"],
    rng: torch.Generator,
    anew: bool,
) -> Regrouping | None:
    """The regrouping that the averaged Q's answers speak for, if any does for certain."""
    averaged = state.ema_discriminator
    features, q = read(averaged, state, images)
    changed, q_changed = read(averaged, state, images, view, rng)
    about = _columns(state, code)
    of, to = q[:, about].argmax(dim=1), q_changed[:, about].argmax(dim=1)
    if not (features.isfinite().all() and changed.isfinite().all()):
        return None
    scale = in_units_of((changed - features)[of == to])
    of_code = state.config.model.latent.split_q(q)
    places = [columns[:, :1] for each, columns in of_code if each.followed.keys() & set(PLACE)]
    place = torch.cat([*places, q[:, :0]], dim=1)
    return best_regrouping(code, of, to, features @ scale, changed @ scale, place, rng, anew)


def teach(
    discriminator: Discriminator,
    columns: slice,
    features: Float[Tensor, "n f"],
    targets: Int[Tensor, " n"],
) -> None:
    """Have the last layer of Q answer with these categories; its other columns stay."""
    last = _last_layer(discriminator)
    weight, bias = (p[columns].detach().cpu().clone().requires_grad_() for p in last.parameters())
    optimiser = torch.optim.Adam([weight, bias], lr=RATE)
    for _ in range(STEPS):
        answers = nn.functional.linear(features, weight, bias)
        optimiser.zero_grad()
        nn.functional.cross_entropy(answers, targets, label_smoothing=SMOOTHING).backward()
        optimiser.step()
    with torch.no_grad():
        last.weight[columns], last.bias[columns] = weight.to(last.weight), bias.to(last.bias)


@torch.no_grad()
def read(
    discriminator: Discriminator,
    state: State,
    images: UInt8[np.ndarray, "n c h w"],
    view: View | None = None,
    rng: torch.Generator | None = None,
) -> tuple[Float[Tensor, "n f"], Float[Tensor, "n q_dim"]]:
    """What Q's last layer sees of images, or of changed copies, and what it says; on the CPU.

    It is read as in use: in training a batch normalisation would learn from it.
    """
    head, parts, training = discriminator.q_head, [], discriminator.training
    discriminator.eval()
    for part in np.array_split(images, math.ceil(len(images) / at_once(images.shape[-1]))):
        x = state.to_model(part)
        if view is not None and rng is not None:
            x, _ = view.of(x, rng)
        features = discriminator.q_features(x)
        if isinstance(head, nn.Sequential):
            features = head[:-1](features)
        parts.append((features.float().cpu(), _last_layer(discriminator)(features).float().cpu()))
    discriminator.train(training)
    features, q = map(torch.cat, zip(*parts, strict=True))
    return features, q


def _groupings(config: TrainConfig) -> Iterator[Categorical]:
    """The codes whose categories may be regrouped: three or more, from a last layer as it is.

    None where labels, or the model that a run goes on from, say what the categories are.
    """
    plain = config.model.q_means == "linear" and not config.model.norm.startswith("spectral")
    if plain and not (config.labels or config.init_from):
        codes = config.model.latent.codes
        yield from (code for code in codes if isinstance(code, Categorical) and code.k > 2)


def _open(state: State) -> Iterator[Categorical]:
    """Those of them that are: none where a look would take too long."""
    if _last_layer(state.ema_discriminator).in_features <= WIDEST:
        yield from _groupings(state.config)


def _columns(state: State, code: Categorical) -> slice:
    """Where Q's answers about a code stand."""
    start = 0
    for each in state.config.model.latent.codes:
        if each.name == code.name:
            break
        start += each.q_dim
    return slice(start, start + code.q_dim)


def _last_layer(discriminator: Discriminator) -> nn.Linear:
    head = discriminator.q_head
    last = head[-1] if isinstance(head, nn.Sequential) else head
    assert isinstance(last, nn.Linear), "_groupings leaves out all others"
    return last


def _cuts_anew(state: State) -> bool:
    """Whether two categories may be cut anew at this look: at the first of each doubling.

    Where two cuts are as good, the second must not undo the first before G has followed.
    """
    looks = _looks_until(state.images_seen, state.config.optim.regroup_from * 1000)
    return looks % LOOKS_PER_DOUBLING == 1


def _looks_until(images: int, start: float) -> int:
    if images < start:
        return 0
    return 1 + math.floor(LOOKS_PER_DOUBLING * math.log2(images / start))
