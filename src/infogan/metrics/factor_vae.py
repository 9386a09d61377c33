"""FactorVAE score: is the code that varies least the one that belongs to the factor held still?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from infogan.metrics.fixed_factor import Encode, Renderer, encode_factors, in_groups, varying
from infogan.metrics.samples import Protocol, protocol_name

_SIZES = {"A": (64, 10_000, 5_000, 10_000), "B": (100, 500, 0, 73_728)}
_PRUNE_STD = 0.05


@dataclass(frozen=True, eq=False)
class FactorVAE:
    """Accuracy of the majority-vote classifier from least-varying code to held factor."""

    value: float
    train_value: float
    """Accuracy on the votes the classifier was made of; B reports this one as `value`."""
    votes: Int[np.ndarray, "k d"]
    """Votes the classifier was made of: held factor (row) and least-varying code (column)."""
    active: Bool[np.ndarray, " d"]
    """Codes that take part (A: standard deviation .05 or more)."""
    protocol: str


def factor_vae(
    source: Renderer,
    encode: Encode,
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    batch: int | None = None,
    train: int | None = None,
    test: int | None = None,
    variance_images: int | None = None,
) -> FactorVAE:
    """Hold a factor still in a batch; the code of least relative variance votes for that factor.

    A: batches of 64, 10,000 votes to fit and 5,000 to score, variances from 10,000 images, codes
    of standard deviation under .05 pruned (0 where none is left). B: batches of 100, 500 votes
    that both fit and score, the factors taking turns, variances from 73,728 images, no pruning.
    Trap: random rotations of the dSprites factors into ten codes score .96 on average (MIG .10),
    and four perfect codes with two of noise, the shape missing, .89: read it beside MIG and DCI.

    Raises UserError where fewer than two factors vary or `encode` returns no (images, codes).
    Source: Kim & Mnih (1802.05983), section 4.
    """
    name = protocol_name(protocol)
    asked = (batch, train, test, variance_images)
    batch, train, test, images = (
        default if given is None else given
        for given, default in zip(asked, _SIZES[protocol], strict=True)
    )
    codes = encode_factors(source, encode, source.sample_factors(images, rng))
    variances = codes.var(axis=0, ddof=1)
    active = np.sqrt(variances) >= _PRUNE_STD if protocol == "A" else variances > 0
    take_turns = protocol == "B"
    votes = _votes(source, encode, rng, variances, active, batch, train, take_turns)
    winners = votes.argmax(axis=0)
    fitted = value = _agreement(votes, winners)
    sizes = f"{batch} images a vote, {train:,} votes"
    if test:
        held = _votes(source, encode, rng, variances, active, batch, test, take_turns)
        value = _agreement(held, winners)
        sizes += f", scored on {test:,} others"
    else:
        sizes += ", in-sample"
    sizes += f", variances from {images:,} images, {int(active.sum())} of {len(active)} codes kept"
    return FactorVAE(value, fitted, votes, active, protocol=f"FactorVAE, {name}: {sizes}")


def _votes(
    source: Renderer,
    encode: Encode,
    rng: np.random.Generator,
    variances: Float[np.ndarray, " d"],
    active: Bool[np.ndarray, " d"],
    batch: int,
    total: int,
    take_turns: bool,
) -> Int[np.ndarray, "k d"]:
    """Count, for each held factor, how often each code varied least relative to its variance."""
    votes = np.zeros((len(source.factor_sizes), len(variances)), dtype=np.int64)
    if not active.any():
        return votes
    choices = np.array(varying(source))
    held = choices[np.arange(total) % len(choices)] if take_turns else rng.choice(choices, total)
    done = 0
    for groups in in_groups(total, batch):
        factors = source.sample_factors(groups * batch, rng).reshape(groups, batch, -1)
        kept = held[done : done + groups]
        rows = np.arange(groups)
        factors[rows, :, kept] = factors[rows, 0, kept][:, None]
        codes = encode_factors(source, encode, factors.reshape(groups * batch, -1))
        local = codes.reshape(groups, batch, -1).var(axis=1, ddof=1)
        relative = np.full(local.shape, np.inf)
        relative[:, active] = local[:, active] / variances[active]
        np.add.at(votes, (kept, relative.argmin(axis=1)), 1)
        done += groups
    return votes


def _agreement(votes: Int[np.ndarray, "k d"], winners: Int[np.ndarray, " d"]) -> float:
    right = votes[winners, np.arange(len(winners))].sum()
    return float(right / max(1, votes.sum()))
