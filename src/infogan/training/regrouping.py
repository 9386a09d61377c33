"""A category that holds two kinds while two others share one: seen on real images, and put right.

Chance can give two kinds one category and one kind two. No small step leads out of that, as in
k-means; a large one does: two categories become one, and the free one takes half of a third
(split and merge, SMEM: Ueda et al., Neural Computation 12, 2000). Which, the images say, by what
a category ignores: of two categories that cut through a kind many images change from one to the
other when they are changed so, and between the halves of one that holds two kinds hardly any do.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from infogan.codes.discrete import Categorical
from infogan.data.source import Source
from infogan.inference.trained_model import at_once
from infogan.networks.build import Discriminator
from infogan.training.config import TrainConfig
from infogan.training.state import State
from infogan.training.views import View, views_of

EACH, FEWEST_ASKED = 100, 2000
"""Images for each category, and at least, that are looked at."""
FEWEST, SMALLEST = 20, 0.1
"""Images of a category, and part of it that is a half, below which nothing is said of it."""
CERTAIN = 3.0
"""Standard errors by which the halves must hold together better than the two categories part."""
SHRUNK, TINY = 0.1, 1e-8
"""Part of their mean that is added to the variances of change, and the least that mean is."""
STARTS, ROUNDS = 6, 25
"""Of 2-means."""
STEPS, RATE, SMOOTHING = 150, 0.02, 0.1
"""With which Q's last layer learns its new categories: they must stay easy to move."""
LOOKS_PER_DOUBLING, UNTIL = 3, 0.5
"""Looks lie evenly on a logarithmic scale, as those of `convergence`, until half of the run."""


@dataclass(frozen=True, eq=False)
class Regrouping:
    """Two categories of a code become one, and the second takes half of a third.

    Attributes:
        code: its name.
        merged: the two.
        crossing: share of their images that get the other one when changed in what the code
            ignores.
        split: the third.
        torn: share of its images that then come to lie in the other half.
        targets: the new category of each image that was looked at.
    """

    code: str
    merged: tuple[int, int]
    crossing: float
    split: int
    torn: float
    targets: Int[Tensor, " n"]

    def __str__(self) -> str:
        first, second = sorted(self.merged)
        return (
            f"{self.code}: categories {first} and {second} hardly differed ({self.crossing:.0%} of "
            f"their images change sides when altered in what {self.code} ignores), and "
            f"{self.split} held two kinds ({self.torn:.0%}): regrouped"
        )


def regrouping_due(config: TrainConfig, before: int, after: int) -> bool:
    """Whether a look lies between two numbers of images seen."""
    start = config.optim.regroup_from * 1000
    asked = start and config.loss.consistency and after <= UNTIL * config.kimg * 1000
    return bool(asked) and _looks_until(after, start) > _looks_until(before, start)


def n_grouped(config: TrainConfig) -> int:
    """How many real images are looked at, where there are so many; 0 where no look will be."""
    most = max((code.n_categories for code in _groupings(config)), default=0)
    last = int(UNTIL * config.kimg * 1000)
    return max(FEWEST_ASKED, EACH * most) if most and regrouping_due(config, 0, last) else 0


def images_to_group(source: Source, config: TrainConfig) -> UInt8[np.ndarray, "n c h w"]:
    """The real images that are looked at."""
    n = min(len(source), n_grouped(config))
    if not n:
        return np.empty((0, *source.shape), np.uint8)
    rng = np.random.default_rng((config.seed, FEWEST_ASKED))
    return source.batch(rng.choice(len(source), n, replace=False))


def regroup(state: State, images: UInt8[np.ndarray, "n c h w"]) -> list[Regrouping]:
    """Put Q's categories right where the averaged Q shows that they are not; G follows.

    The last layer of Q, and of the averaged Q, learn the new ones; all else stays as it is.
    """
    found = []
    rng = torch.Generator().manual_seed(state.images_seen)
    for code in _groupings(state.config) if state.processes.first else ():
        views = views_of(state.config.model.latent, state.config.augmentation, images.shape[1])
        view = views.views[views.of_code[code.name]]
        one = propose(state, code, view, images, rng)
        if one is not None:
            for each in _judges(state):
                teach(each, _columns(state, code), read(each, state, images)[0], one.targets)
            found.append(one)
    if state.processes.any(bool(found)):
        state.share()
    return found


def propose(
    state: State,
    code: Categorical,
    view: View,
    images: UInt8[np.ndarray, "n c h w"],
    rng: torch.Generator,
) -> Regrouping | None:
    """The regrouping that the averaged Q's answers speak for, if any does for certain."""
    _, averaged = _judges(state)
    features, q = read(averaged, state, images)
    changed, q_changed = read(averaged, state, images, view, rng)
    columns = _columns(state, code)
    of, to = q[:, columns].argmax(dim=1), q_changed[:, columns].argmax(dim=1)
    scale = in_units_of((changed - features)[of == to])
    return best_regrouping(code, of, to, features @ scale, changed @ scale, rng)


def in_units_of(change: Float[Tensor, "m f"]) -> Float[Tensor, "f f"]:
    """What makes a typical change as long in every direction; features are multiplied by it.

    So what a code ignores is near by, and what it does not is far, as in within-class covariance
    normalisation (Hatch et al., Interspeech 2006).
    """
    covariance = change.T @ change / max(1, len(change))
    mean = covariance.diagonal().mean().clamp_min(TINY)
    eye = torch.eye(len(covariance))
    values, vectors = torch.linalg.eigh(covariance + SHRUNK * mean * eye)
    scale: Tensor = vectors * values.rsqrt()
    return scale


def best_regrouping(
    code: Categorical,
    of: Int[Tensor, " n"],
    to: Int[Tensor, " n"],
    features: Float[Tensor, "n f"],
    changed: Float[Tensor, "n f"],
    rng: torch.Generator,
) -> Regrouping | None:
    """From the categories and features of images, and those of their changed copies.

    The category whose halves hold together best, and of the others the two that part least.
    """
    counts = of.bincount(minlength=code.k)
    used = [k for k in range(code.k) if counts[k] >= FEWEST]
    halves = {k: found for k in used if (found := halved(features[of == k], changed[of == k], rng))}
    if not halves:
        return None
    split = min(halves, key=lambda k: halves[k][0])
    torn, second_half = halves[split]
    pairs = [(i, j) for i in used for j in used if i < j and split not in (i, j)]
    if not pairs:
        return None
    crossed = {(i, j): int(((of == i) & (to == j) | (of == j) & (to == i)).sum()) for i, j in pairs}
    sizes = {(i, j): int(counts[i] + counts[j]) for i, j in pairs}
    merged = max(pairs, key=lambda pair: crossed[pair] / sizes[pair])
    crossing = crossed[merged] / sizes[merged]
    error = math.sqrt(_variance(torn, int(counts[split])) + _variance(crossing, sizes[merged]))
    if crossing - torn < CERTAIN * error:
        return None
    first, freed = merged
    targets = torch.where(of == freed, first, of)
    targets[(of == split).nonzero()[:, 0][second_half]] = freed
    return Regrouping(code.name, merged, crossing, split, torn, targets)


def halved(
    features: Float[Tensor, "m f"], changed: Float[Tensor, "m f"], rng: torch.Generator
) -> tuple[float, Int[Tensor, " half"]] | None:
    """2-means: the share of images whose changed copy lies in the other half, and the second half.

    None where one half is too small to be a kind.
    """
    best, least = None, math.inf
    for _ in range(STARTS):
        centres = features[torch.randperm(len(features), generator=rng)[:2]]
        for _ in range(ROUNDS):
            half = torch.cdist(features, centres).argmin(dim=1)
            if half.bincount(minlength=2).min() < max(2, SMALLEST * len(half)):
                break
            centres = torch.stack([features[half == i].mean(dim=0) for i in (0, 1)])
        else:
            cost = float((features - centres[half]).square().sum())
            if cost < least:
                best, least = (half, centres), cost
    if best is None:
        return None
    half, centres = best
    torn = torch.cdist(changed, centres).argmin(dim=1) != half
    return float(torn.float().mean()), half.nonzero()[:, 0]


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
    """What Q's last layer sees of images, or of changed copies, and what it says; on the CPU."""
    head, parts = discriminator.q_head, []
    for part in np.array_split(images, math.ceil(len(images) / at_once(images.shape[-1]))):
        x = state.to_model(part)
        if view is not None and rng is not None:
            x, _ = view.of(x, rng)
        features = discriminator.q_features(x)
        if isinstance(head, nn.Sequential):
            features = head[:-1](features)
        parts.append((features.float().cpu(), _last_layer(discriminator)(features).float().cpu()))
    features, q = map(torch.cat, zip(*parts, strict=True))
    return features, q


def _groupings(config: TrainConfig) -> Iterator[Categorical]:
    """The codes whose categories may be regrouped: three or more, from a last layer as it is."""
    if config.model.q_means == "linear" and not config.model.norm.startswith("spectral"):
        codes = config.model.latent.codes
        yield from (code for code in codes if isinstance(code, Categorical) and code.k > 2)


def _judges(state: State) -> tuple[Discriminator, Discriminator]:
    """D and Q as they train, and their average."""
    live = getattr(state.discriminator, "module", state.discriminator)
    assert isinstance(live, Discriminator)
    assert isinstance(state.ema_discriminator, Discriminator)
    return live, state.ema_discriminator


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


def _variance(share: float, n: int) -> float:
    """Of a share of n images, as if two more had said yes and two no (Agresti and Coull, 1998)."""
    share = (share * n + 2) / (n + 4)
    return share * (1 - share) / (n + 4)


def _looks_until(images: int, start: float) -> int:
    if images < start:
        return 0
    return 1 + math.floor(LOOKS_PER_DOUBLING * math.log2(images / start))
