"""BetaVAE score: can a linear classifier tell which factor a pair of images shares?"""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.fixed_factor import Encode, Renderer, encode_factors, in_groups, varying
from infogan.metrics.samples import Protocol, protocol_name

_SIZES = {"A": (64, 10_000, 5_000), "B": (50, 500, 0)}


@dataclass(frozen=True)
class BetaVAE:
    """Accuracy of the classifier from mean code differences to the shared factor."""

    value: float
    train_value: float
    """Accuracy on the points the classifier was fitted on; B reports this one as `value`."""
    protocol: str


def beta_vae(
    source: Renderer,
    encode: Encode,
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    pairs: int | None = None,
    train: int | None = None,
    test: int | None = None,
) -> BetaVAE:
    """Mean absolute code difference over pairs sharing one factor → logistic regression.

    A: 64 pairs a point, each pair with a value of its own, 10,000 points to fit and 5,000 to
    score. B: 50 pairs a point, all with the same value, the factors taking turns, 500 points
    that both fit and score. The classifier is scikit-learn's with its defaults.

    Raises UserError where fewer than two factors vary or `encode` returns no (images, codes).
    Source: Higgins et al., "beta-VAE" (ICLR 2017), section 3.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    name = protocol_name(protocol)
    asked = (pairs, train, test)
    pairs, train, test = (
        default if given is None else given
        for given, default in zip(asked, _SIZES[protocol], strict=True)
    )
    points, shared = _points(source, encode, rng, pairs, train, protocol)
    model = LogisticRegression()
    with warnings.catch_warnings():
        # Both code bases stop at scikit-learn's 100 steps and score what they then have.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points, shared)
    fitted = value = float(model.score(points, shared))
    sizes = f"{pairs} pairs a point, {train:,} points"
    if test:
        value = float(model.score(*_points(source, encode, rng, pairs, test, protocol)))
        sizes += f", scored on {test:,} others"
    else:
        sizes += ", in-sample"
    return BetaVAE(value, fitted, protocol=f"BetaVAE, {name}: {sizes}")


def _points(
    source: Renderer,
    encode: Encode,
    rng: np.random.Generator,
    pairs: int,
    total: int,
    protocol: Protocol,
) -> tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]:
    """Mean absolute differences of `total` sets of pairs, and the factor each set shares."""
    choices = np.array(varying(source))
    turns = choices[np.arange(total) % len(choices)]
    shared = turns if protocol == "B" else rng.choice(choices, total)
    points: list[np.ndarray] = []
    for groups in in_groups(total, 2 * pairs):
        factors = source.sample_factors(groups * 2 * pairs, rng).reshape(groups, pairs, 2, -1)
        rows, kept = np.arange(groups), shared[len(points) : len(points) + groups]
        if protocol == "B":
            factors[rows, :, :, kept] = factors[rows, 0, 0, kept][:, None, None]
        else:
            factors[rows, :, 1, kept] = factors[rows, :, 0, kept]
        codes = encode_factors(source, encode, factors.reshape(groups * 2 * pairs, -1))
        codes = codes.reshape(groups, pairs, 2, -1)
        points.extend(np.abs(codes[:, :, 0] - codes[:, :, 1]).mean(axis=1))
    return np.array(points), shared
