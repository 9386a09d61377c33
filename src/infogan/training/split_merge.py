"""Which category holds two kinds, and which two others share one (or which one is empty).

It is told from images and copies of them that are changed in what the code ignores. Of two
categories that cut through a kind many images change from one to the other so; between the halves
of one that holds two kinds hardly any do (split and merge, SMEM: Ueda et al., Neural Computation
12, 2000). Where it is one of those two itself, both cut across the same two kinds.
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
ACROSS, AS_GOOD, WHOLE = 0.06, 1.5, 0.14
"""Share of their images that must cross between two categories to be cut anew; how much larger than
it, and than that of any other category, the share may be that crosses between the halves of one of
them (of categories that are kinds it is three times as large as the first and more, of such as cut
across two kinds the same); and from when on a category is whole."""
LINE = 0.35
"""Share that may cross the line through the other one of them: of images all alike half do."""
TOLD = 0.2
"""Share of a dial's variance in a category from which its halves are places, not kinds."""
SHRUNK, TINY = 0.1, 1e-8
"""Part of their mean that is added to the variances of change, and the least that mean is."""
STARTS, ROUNDS = 6, 25
"""Of 2-means."""


@dataclass(frozen=True, eq=False)
class Regrouping:
    """A category of a code takes half of another one.

    It is free because hardly an image had it, or because it and another one become one: a third,
    or the very one that is halved, and what both held is cut along those halves.

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
        done = "both cut anew" if self.merged == self.split else "regrouped"
        return f"{self.why}: {done}"

    @property
    def why(self) -> str:
        """What speaks for it."""
        if self.merged is None:
            free = f"hardly an image had category {self.free}"
        else:
            first, second = sorted((self.merged, self.free))
            free = (
                f"categories {first} and {second} hardly differed ({self.crossing:.0%} of their "
                f"images change sides when altered in what {self.code} ignores)"
            )
        return f"{self.code}: {free}, and {self.split} held two kinds ({self.torn:.0%})"


@dataclass(frozen=True, eq=False)
class Look:
    """What images and their changed copies tell of a code's categories.

    Attributes:
        code: the code.
        of: the category of each image.
        counts: images and copies of each category, by category.
        crossing: share of the images of two categories that get the other one.
        halves: of each category that may hold two kinds: the share of its images that comes to lie
            in the other half, and which of its images are the second half.
    """

    code: Categorical
    of: Int[Tensor, " n"]
    counts: Int[Tensor, " k"]
    crossing: Float[Tensor, "k k"]
    halves: dict[int, tuple[float, Int[Tensor, " half"]]]

    def parting_least(self, *, but: int | None = None) -> tuple[int, int] | None:
        """The two categories that most images change between, of those that enough images have."""
        used = [k for k in range(self.code.k) if self.counts[k] >= FEWEST and k != but]
        pairs = [(i, j) for i in used for j in used if i < j]
        return max(pairs, key=lambda pair: float(self.crossing[pair]), default=None)

    def second_half(self, split: int) -> Int[Tensor, " half"]:
        """Which of all images they are."""
        return (self.of == split).nonzero()[:, 0][self.halves[split][1]]

    def crossed(self, two: tuple[int, int]) -> tuple[float, float]:
        """The share that crosses between two categories, and its variance."""
        share = float(self.crossing[two])
        return share, _variance(share, int(self.counts[list(two)].sum()))

    def torn(self, split: int) -> tuple[float, float]:
        """The share that crosses between the halves of a category, and its variance."""
        share = self.halves[split][0]
        return share, _variance(share, int(self.counts[split]))


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
    anew: bool,
) -> Regrouping | None:
    """From the categories and features of images, and those of their changed copies.

    The category whose halves hold together best, and of the others the two that part least; else
    the two that part least of all, where one of them is rather cut the other way, if two may be
    cut `anew`. Halves that differ in `place`, what dials read that follow it, are no kinds. A
    category that hardly an image has is free as it is, where the prior is learned; others are
    brought back by even use.
    """
    table = (of * code.k + to).bincount(minlength=code.k**2).reshape(code.k, code.k)
    counts = table.sum(dim=1)
    crossing = (table + table.T) / (counts[:, None] + counts).clamp_min(1)
    halves = {
        k: found
        for k in range(code.k)
        if counts[k] >= FEWEST
        and (found := halved(features[of == k], changed[of == k], rng))
        and told_by(found[1], place[of == k]) < TOLD
    }
    if not halves:
        return None
    look = Look(code, of, counts, crossing, halves)
    done = _filled(look) or _split_and_merged(look)
    return done or (_cut_anew(look, features, changed) if anew else None)


def _filled(look: Look) -> Regrouping | None:
    """An empty category takes half of one that is certain to hold two kinds."""
    code, split, empty = look.code, _best_halved(look), int(look.counts.argmin())
    torn, doubt = look.torn(split)
    is_empty = look.counts[empty] < EMPTY * len(look.of) / code.k
    if code.prior != "learned" or not is_empty or torn >= CUT - CERTAIN * math.sqrt(doubt):
        return None
    targets = look.of.index_fill(0, look.second_half(split), empty)
    return Regrouping(code.name, empty, None, 0.0, split, torn, targets)


def _split_and_merged(look: Look) -> Regrouping | None:
    """Two categories that certainly part less than the halves of a third become one."""
    split = _best_halved(look)
    two = look.parting_least(but=split)
    if two is None:
        return None
    (torn, torn_doubt), (crossing, doubt) = look.torn(split), look.crossed(two)
    if crossing < CUT or crossing - torn < CERTAIN * math.sqrt(doubt + torn_doubt):
        return None
    merged, free = two
    targets = torch.where(look.of == free, merged, look.of)
    targets = targets.index_fill(0, look.second_half(split), free)
    return Regrouping(look.code.name, free, merged, crossing, split, torn, targets)


def _cut_anew(
    look: Look, features: Float[Tensor, "n f"], changed: Float[Tensor, "n f"]
) -> Regrouping | None:
    """Two categories that part no better than the halves of one of them are cut along those.

    Q has learned to hold the two apart, and nothing about the halves: both cut across two kinds.
    They part least of all, and no category's halves part much better, which is so where many kinds
    overlap. The other one is cut along the same line, at its own middle, unless it is all alike
    there; names stay where most images are.
    """
    two = look.parting_least() or ()
    halves = {k: look.torn(k)[0] for k in look.halves}
    split = min(halves.keys() & two, key=halves.__getitem__, default=None)
    if split is None:
        return None
    torn, best, crossing = halves[split], min(halves.values()), float(look.crossing[two])
    if crossing < ACROSS or torn > min(WHOLE, AS_GOOD * crossing, AS_GOOD * best):
        return None
    other = sum(two) - split
    ours, theirs = look.of == split, look.of == other
    second = torch.zeros_like(ours).index_fill(0, look.second_half(split), True)
    line = features[second].mean(dim=0) - features[ours & ~second].mean(dim=0)
    along, middle = features @ line, (features[theirs] @ line).mean()
    beyond = along > middle
    if ((changed @ line > middle) != beyond)[theirs].float().mean() > LINE:
        return None
    second |= theirs & beyond
    moved = (ours & second) | (theirs & ~second)
    if 2 * moved.sum() > (ours | theirs).sum():
        second = ~second
    targets = torch.where(ours | theirs, torch.where(second, other, split), look.of)
    return Regrouping(look.code.name, other, split, crossing, split, torn, targets)


def _best_halved(look: Look) -> int:
    return min(look.halves, key=lambda k: look.halves[k][0])


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
