"""Dials that follow: how a real image was changed is how its reading changes.

Nothing in InfoGAN's loss ties what a dial does in one category to what it does in another, nor to
anything that has a name. Here Q's reading of a dial is taught from real images: it moves by the
amount of one transformation, and by nothing else; G, which maximises the mutual information, obeys.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from infogan.codes.circular import Circular, points
from infogan.codes.continuous import Gaussian
from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.transforms.table import PLACE, TRANSFORMATIONS, Units

STILL = 1e-4
"""Variance below which readings count as not moving at all."""
MEANT = 0.1
"""Part of its prior's variance from which what a code tells counts in full.

Below it shares are mostly noise of a batch, and their slopes grow as the variance falls: a code
that has just begun to mean something would be shaken back to nothing.
"""

NEAR = 0.3
"""How near in place, or in size, two images are that should be no more alike than any others: in
deviations of what is read."""
OTHERWISE = 0.5
"""How much it weighs where other codes tell what a dial follows and it is not place or size.

Kinds may differ in slant, in thickness or in hue, as digits do, and hardly in where they stand, nor
in size where all sizes are found.
"""


def follow_loss(
    latent: Latent,
    q: Float[Tensor, "n q_dim"],
    q_changed: Float[Tensor, "n q_dim"],
    units: Units,
    ranges: Mapping[str, float],
) -> Float[Tensor, ""]:
    """Σ over following dials of 1 − r, and Σ over free ones of r² with what is not theirs.

    r is the correlation, within the batch, of the change of Q's reading with the amount of a
    transformation: its unit times its range. All transformations act at once, so that whatever
    else moves a dial counts against it. Of a circle r is that of its two outputs, turned by the
    amount, with those for the copy. A free dial ignores what others follow, and what it is
    told to ignore.
    """
    total = q.new_zeros(())
    pairs = zip(latent.split_q(q), latent.split_q(q_changed), strict=True)
    for (code, before), (_, after) in pairs:
        if not code.continuous:
            continue
        for name in code.followed:
            unit = units[name].to(before)
            if isinstance(code, Circular):
                half_turns = unit * ranges[name] / TRANSFORMATIONS[name].circle
                total = total + 1 - _turned(before.float(), half_turns, after.float())
            else:
                total = total + 1 - correlation((after[:, 0] - before[:, 0]).float(), unit)
        if not code.followed:
            moved = _moved(code, before, after)
            for name in [n for n in latent.followed | code.ignored if n in units]:
                r = correlation(moved, units[name].to(moved), MEANT * code.variance)
                total = total + r.square()
    return total


def _moved(
    code: Prior, before: Float[Tensor, "n q_dim"], after: Float[Tensor, "n q_dim"]
) -> Float[Tensor, " n"]:
    """How far a free dial's reading has moved; round a circle, the sine of that."""
    first, second = code.reading(before).float(), code.reading(after).float()
    if isinstance(code, Circular):
        return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return second[:, 0] - first[:, 0]


def _turned(
    first: Float[Tensor, "n 2"], half_turns: Float[Tensor, " n"], second: Float[Tensor, "n 2"]
) -> Float[Tensor, ""]:
    """Correlation, in the plane, of vectors turned by so much with others.

    Of vectors and about their means, not of points on the circle: where all point in nearly the
    same direction, as at first, no small step turns these apart.
    """
    by = points(half_turns)
    first, second = first - first.mean(dim=0), second - second.mean(dim=0)
    along = (first * second).sum(dim=1)
    across = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    sizes = first.square().sum(dim=1).mean() * second.square().sum(dim=1).mean()
    return (along * by[:, 0] + across * by[:, 1]).mean() / sizes.clamp_min(STILL**2).sqrt()


def prior_loss(latent: Latent, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, ""]:
    """Σ over following dials of E(μ₍ᵢ₎ − quantileᵢ)² / Var(prior), the means in order.

    Of circles, which have no order: |E v|² + |E v²|² / (E|v|²)², with v Q's two outputs as a
    complex number, and squares by halves of the batch: a batch's own grow with concentration.

    0 where Q's readings of real images are spread as the prior is: a dial's form of using all
    categories evenly. Without it a dial could tell its transformation in any small part of its
    range, and G would never meet the rest.
    """
    total = q.new_zeros(())
    for code, columns in latent.split_q(q):
        if isinstance(code, Gaussian) and code.followed:
            means = columns[:, 0].float().sort().values
            missed = means - code.quantiles(len(means)).to(means)
            total = total + missed.square().mean() / code.variance
        elif isinstance(code, Circular) and code.followed:
            v = torch.complex(columns[:, 0].float(), columns[:, 1].float())
            size = v.abs().square().mean().clamp_min(STILL)
            once, twice = _squared_mean(v), _squared_mean(v.square())
            total = total + once + twice / size.square()
    return total


def _squared_mean(v: Complex[Tensor, " n"]) -> Float[Tensor, ""]:
    """|E v|², by halves: without bias, so that it may be below 0."""
    half = len(v) // 2
    if not half:
        return v.mean().abs().square()
    return (v[:half].mean() * v[half:].mean().conj()).real


def independence_loss(latent: Latent, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, ""]:
    """How much, on real images, other codes tell of following dials, and these of each other.

    Σ over other codes of the share of their variance (of a category: of all its probabilities
    together) that each following dial explains, or its square or cube or the product of two, which
    also show «middle or edge» and «the upper left», and that images explain which are near in place
    or in size: a category may be small cells of place, of which no power shows much. It is they
    that must give way, so that no gradient reaches the dials. Between two following dials: their
    squared correlation.

    Squares are products of what the two halves of the batch say. A batch's own are above 0 by
    chance as well, by one over its size for each pair: a pressure towards telling nothing at all,
    under which categories were found late, and in some runs not.
    """
    following, about, others = list[Tensor](), list[str](), []
    for code, columns in latent.split_q(q):
        read = code.reading(columns).float()
        if code.followed:
            following += read.unbind(dim=1)
            about += [_about(code)] * read.shape[1]
        else:
            others.append((read, MEANT * code.variance))
    if not following:
        return q.new_zeros(())
    dials = _standardised(torch.stack(following, dim=1))
    among = _squared_covariances(dials, dials).triu(diagonal=1).sum()
    if not others:
        return among
    fixed = dials.detach()
    pairs = torch.combinations(torch.arange(fixed.shape[1]))
    shapes = [fixed, fixed.square(), fixed**3, fixed[:, pairs].prod(dim=2)]
    told = torch.cat([_standardised(shape) for shape in shapes], dim=1)
    each = told.new_tensor([1.0 if whole else OTHERWISE for whole in about])
    weights_told = torch.cat([each.repeat(len(shapes) - 1), each[pairs].amin(dim=1)])
    near = _nearness(fixed, about)
    for read, least in others:
        centred = read - read.mean(dim=0)
        variance = centred.square().mean(dim=0).sum().clamp_min(least)
        shares = _squared_covariances(told, centred).sum(dim=1) / variance
        among = among + (weights_told * shares).sum()
        for weights in near:
            among = among + ((weights @ centred) * centred).sum(dim=1).mean() / variance
    return among


def _about(code: Prior) -> str:
    """Whether a following dial is about place or size; empty where it is about neither."""
    if code.followed.keys() & set(PLACE):
        return "place"
    return "size" if "scale" in code.followed else ""


def _nearness(read: Float[Tensor, "n j"], about: Sequence[str]) -> list[Float[Tensor, "n n"]]:
    """Of place and of size, where followed: how near each image's others are, summing to 1.

    One image alone has no others, and nothing is told.
    """
    weights = []
    for what in ("place", "size"):
        own = read[:, [one == what for one in about]]
        if own.shape[1] and len(own) > 1:
            apart = torch.cdist(own, own).square() / (2 * NEAR**2)
            weights.append(apart.fill_diagonal_(torch.inf).neg().softmax(dim=1))
    return weights


def _squared_covariances(a: Float[Tensor, "n j"], b: Float[Tensor, "n k"]) -> Float[Tensor, "j k"]:
    """Of centred columns, by halves: without bias, so that it may be below 0."""
    half = len(a) // 2
    first, second = (
        x.T @ y / max(1, len(x)) for x, y in ((a[:half], b[:half]), (a[half:], b[half:]))
    )
    return first * second


def correlation(
    a: Float[Tensor, " n"], b: Float[Tensor, " n"], least: float = STILL
) -> Float[Tensor, ""]:
    """Pearson's r, as if the variance of a were `least` at least; 0 where it does not move."""
    first, second = a - a.mean(), _standardised(b[:, None])[:, 0]
    return (first * second).mean() / first.square().mean().clamp_min(least).sqrt()


def _standardised(x: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """Columns less their mean, over their standard deviation."""
    centred = x - x.mean(dim=0)
    return centred / centred.square().mean(dim=0).clamp_min(STILL).sqrt()
