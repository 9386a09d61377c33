"""Which category holds two kinds, and which two others share one (or which one is empty).

It is told from images and copies of them that are changed in what the code ignores. Of two
categories that cut through a kind many images change from one to the other so; between the halves
of one that holds two kinds hardly any do (split and merge, SMEM: Ueda et al., Neural Computation
12, 2000).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from infogan.codes.discrete import Categorical

FEWEST, SMALLEST = 20, 0.1
"""Images of a category, and part of it that is a half, below which nothing is said of it."""
EMPTY = 0.05
"""Part of an even share below which hardly an image has a category."""
CUT, CERTAIN = 0.1, 3.0
"""Share of their images that must cross between two categories to be one; standard errors by which
the halves of a third must hold together better."""
TOLD = 0.2
"""Share of a dial's variance in a category from which its halves are places, not kinds."""
SHRUNK, TINY = 0.1, 1e-8
"""Part of their mean that is added to the variances of change, and the least that mean is."""
STARTS, ROUNDS = 6, 25
"""Of 2-means."""


@dataclass(frozen=True, eq=False)
class Regrouping:
    """A category of a code takes half of another one.

    It is free because hardly an image had it, or because it and a third one become one.

    Attributes:
        code: its name.
        free: the category.
        merged: the one that it becomes one with; None where hardly an image had it.
        crossing: share of the images of those two that get the other one when changed in what the
            code ignores.
        split: the one that is halved.
        torn: share of its images that then come to lie in the other half.
        targets: the new category of each image that was looked at.
    """

    code: str
    free: int
    merged: int | None
    crossing: float
    split: int
    torn: float
    targets: Int[Tensor, " n"]

    def __str__(self) -> str:
        if self.merged is None:
            why = f"hardly an image had category {self.free}"
        else:
            first, second = sorted((self.merged, self.free))
            why = (
                f"categories {first} and {second} hardly differed ({self.crossing:.0%} of their "
                f"images change sides when altered in what {self.code} ignores)"
            )
        return f"{self.code}: {why}, and {self.split} held two kinds ({self.torn:.0%}): regrouped"


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
    place: Float[Tensor, "n d"],
    rng: torch.Generator,
) -> Regrouping | None:
    """From the categories and features of images, and those of their changed copies.

    The category whose halves hold together best, and of the others the two that part least. Halves
    that differ in `place`, what dials read that follow it, are no kinds. A category that hardly an
    image has is free as it is, where the prior is learned; others are brought back by even use.
    """
    table = (of * code.k + to).bincount(minlength=code.k**2).reshape(code.k, code.k)
    counts = table.sum(dim=1)
    used = [k for k in range(code.k) if counts[k] >= FEWEST]
    halves = {
        k: found
        for k in used
        if (found := halved(features[of == k], changed[of == k], rng))
        and told_by(found[1], place[of == k]) < TOLD
    }
    if not halves:
        return None
    split = min(halves, key=lambda k: halves[k][0])
    torn, second_half = halves[split]
    taken = (of == split).nonzero()[:, 0][second_half]
    doubt = _variance(torn, int(counts[split]))
    empty, certain = int(counts.argmin()), torn < CUT - CERTAIN * math.sqrt(doubt)
    if code.prior == "learned" and counts[empty] < EMPTY * len(of) / code.k and certain:
        targets = of.index_fill(0, taken, empty)
        return Regrouping(code.name, empty, None, 0.0, split, torn, targets)
    shares = (table + table.T) / (counts[:, None] + counts).clamp_min(1)
    pairs = [(i, j) for i in used for j in used if i < j and split not in (i, j)]
    two = max(pairs, key=lambda pair: float(shares[pair]), default=None)
    if two is None:
        return None
    crossing = float(shares[two])
    doubt += _variance(crossing, int(counts[list(two)].sum()))
    if crossing < CUT or crossing - torn < CERTAIN * math.sqrt(doubt):
        return None
    merged, free = two
    targets = torch.where(of == free, merged, of).index_fill(0, taken, free)
    return Regrouping(code.name, free, merged, crossing, split, torn, targets)


def halved(
    features: Float[Tensor, "m f"], changed: Float[Tensor, "m f"], rng: torch.Generator
) -> tuple[float, Int[Tensor, " half"]] | None:
    """2-means: the share of images whose changed copy lies in the other half, and the second half.

    None where one half is too small to be a kind.
    """
    best, least = None, math.inf
    for _ in range(STARTS):
        centres = features[torch.randperm(len(features), generator=rng)[:2]]
        half = two_means(features, centres)
        if half.bincount(minlength=2).min() < max(2, SMALLEST * len(half)):
            continue
        centres = torch.stack([features[half == i].mean(dim=0) for i in (0, 1)])
        cost = float((features - centres[half]).square().sum())
        if cost < least:
            best, least = (half, centres), cost
    if best is None:
        return None
    half, centres = best
    torn = torch.cdist(changed, centres).argmin(dim=1) != half
    return float(torn.float().mean()), half.nonzero()[:, 0]


def told_by(second_half: Int[Tensor, " half"], dials: Float[Tensor, "m d"]) -> float:
    """The largest share of a dial's variance that lies between the halves; 0 without dials."""
    if not dials.shape[1]:
        return 0.0
    of = torch.zeros(len(dials), dtype=torch.bool)
    of[second_half] = True
    part = float(of.float().mean())
    between = part * (1 - part) * (dials[of].mean(dim=0) - dials[~of].mean(dim=0)).square()
    shares = between / dials.var(dim=0, unbiased=False).clamp_min(TINY)
    return float(shares.max())


def two_means(features: Float[Tensor, "m f"], centres: Float[Tensor, "2 f"]) -> Int[Tensor, " m"]:
    """Which of two halves each belongs to, from these centres on; it ends where one is empty."""
    half = torch.cdist(features, centres).argmin(dim=1)
    for _ in range(ROUNDS):
        if half.bincount(minlength=2).min() == 0:
            break
        centres = torch.stack([features[half == i].mean(dim=0) for i in (0, 1)])
        before, half = half, torch.cdist(features, centres).argmin(dim=1)
        if torch.equal(before, half):
            break
    return half


def _variance(share: float, n: int) -> float:
    """Of a share of n images, as if two more had said yes and two no (Agresti and Coull, 1998)."""
    share = (share * n + 2) / (n + 4)
    return share * (1 - share) / (n + 4)
