"""Dials that follow: how a real image was changed is how its reading changes.

Nothing in InfoGAN's loss ties what a dial does in one category to what it does in another, nor to
anything that has a name. Here Q's reading of a dial is taught from real images: it moves by the
amount of one transformation, and by nothing else; G, which maximises the mutual information, obeys.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.circular import Circular, points
from infogan.codes.continuous import Gaussian
from infogan.codes.latent import Latent
from infogan.transforms.table import PLACE, TRANSFORMATIONS, Units

STILL = 1e-4
"""Variance below which readings count as not moving at all."""
MEANT = 0.1
"""Part of its prior's variance from which what a code tells counts in full.

Below it shares are mostly noise of a batch, and their slopes grow as the variance falls: a code
that has just begun to mean something would be shaken back to nothing.
"""

OTHERWISE = 0.5
"""How much it weighs where other codes tell what a dial follows and it is not place.

Kinds may differ in slant, in thickness or in hue, as digits do, and hardly in where they stand.
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
    else moves a dial counts against it. A circle that follows must turn by that amount: 1 − mean
    cos of the angle by which it is missed. A free dial ignores what others follow, and what it is
    told to ignore.
    """
    total = q.new_zeros(())
    pairs = zip(latent.split_q(q), latent.split_q(q_changed), strict=True)
    for (code, before), (_, after) in pairs:
        if not code.continuous:
            continue
        first, second = code.reading(before).float(), code.reading(after).float()
        for name in code.followed:
            if isinstance(code, Circular):
                half_turns = units[name] * ranges[name] / TRANSFORMATIONS[name].circle
                total = total + 1 - _turned(first, half_turns.to(first), second)
            else:
                total = total + 1 - correlation(second[:, 0] - first[:, 0], units[name].to(first))
        if not code.followed:
            for name in [n for n in latent.followed | code.ignored if n in units]:
                for moved in (second - first).unbind(dim=1):
                    least = MEANT * code.variance
                    total = total + correlation(moved, units[name].to(moved), least).square()
    return total


def _turned(
    first: Float[Tensor, "n 2"], half_turns: Float[Tensor, " n"], second: Float[Tensor, "n 2"]
) -> Float[Tensor, ""]:
    """Mean cosine of the angles between points of a circle, turned by so much, and others."""
    by = points(half_turns)
    along = (first * second).sum(dim=1)
    across = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return (along * by[:, 0] + across * by[:, 1]).mean()


def prior_loss(latent: Latent, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, ""]:
    """Σ over following dials of E(μ₍ᵢ₎ − quantileᵢ)² / Var(prior), the means in order.

    Of circles, which have no order: |E e^{iθ}|² + |E e^{2iθ}|².

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
            cos, sin = code.reading(columns).float().unbind(dim=1)
            twice = torch.stack([cos.square() - sin.square(), 2 * cos * sin])
            for point in (torch.stack([cos, sin]), twice):
                total = total + point.mean(dim=1).square().sum()
    return total


def independence_loss(latent: Latent, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, ""]:
    """How much, on real images, other codes tell of following dials, and these of each other.

    Σ over other codes of the share of their variance (of a category: of all its probabilities
    together) that each following dial explains, or its square or cube or the product of two, which
    also show «middle or edge» and «the upper left»; it is they that must give way, so that no
    gradient reaches the dials. Between two following dials: their squared correlation.

    Squares are products of what the two halves of the batch say. A batch's own are above 0 by
    chance as well, by one over its size for each pair: a pressure towards telling nothing at all,
    under which categories were found late, and in some runs not.
    """
    following, weights, others = list[Tensor](), list[float](), []
    for code, columns in latent.split_q(q):
        read = code.reading(columns).float()
        if code.followed:
            following += read.unbind(dim=1)
            weight = 1.0 if code.followed.keys() & set(PLACE) else OTHERWISE
            weights += [weight] * read.shape[1]
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
    each = told.new_tensor(weights)
    weights_told = torch.cat([each.repeat(len(shapes) - 1), each[pairs].amin(dim=1)])
    for read, least in others:
        centred = read - read.mean(dim=0)
        variance = centred.square().mean(dim=0).sum().clamp_min(least)
        shares = _squared_covariances(told, centred).sum(dim=1) / variance
        among = among + (weights_told * shares).sum()
    return among


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
