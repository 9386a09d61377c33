"""Explicitness: can a linear classifier read each factor from all the codes together?"""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError
from infogan.metrics.samples import Protocol, check, draw, protocol_name, split

_IN_SAMPLE = 73_728


@dataclass(frozen=True, eq=False)
class Explicitness:
    """Explicitness, mean over the factors; .5 is chance."""

    value: float
    per_factor: Float[np.ndarray, " k"]
    train_value: float
    """The same on the images the classifier was fitted on."""
    protocol: str


def explicitness(
    codes: Float[np.ndarray, "n d"],
    factors: Int[np.ndarray, "n k"],
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    train: int = 10_000,
    test: int = 5_000,
    samples: int = _IN_SAMPLE,
) -> Explicitness:
    """One-vs-rest ROC-AUC of a logistic regression from all codes to each factor, .5 to 1.

    A: standardised codes, fitted on `train` images and scored on `test` others. B: codes as they
    are, fitted and scored on the same `samples` images. It measures what can be read, not whether
    codes are disentangled: any invertible linear mixture scores as well as the factors.

    Raises UserError for unusable codes or factors. Source: Ridgeway & Mozer (1802.05312),
    section 3.
    """
    name = protocol_name(protocol)
    check(codes, factors)
    if protocol == "A":
        fit, held = split(len(codes), train, test, rng)
        spread = codes[fit].std(axis=0)
        codes = (codes - codes[fit].mean(axis=0)) / np.where(spread > 0, spread, 1)
        sizes = f"fitted on {len(fit):,} images, scored on {len(held):,} others"
    else:
        fit = held = draw(len(codes), samples, rng)
        sizes = f"{len(fit):,} images, in-sample"
    pairs = [_auc(codes[fit], factor[fit], codes[held], factor[held]) for factor in factors.T]
    fitted, scored = np.array(pairs).T
    return Explicitness(
        value=float(scored.mean()),
        per_factor=scored,
        train_value=float(fitted.mean()),
        protocol=f"explicitness, {name}: {sizes}, logistic regression, one-vs-rest ROC-AUC",
    )


def _auc(
    codes: np.ndarray, factor: np.ndarray, held_codes: np.ndarray, held_factor: np.ndarray
) -> tuple[float, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression()
    with warnings.catch_warnings():
        # Both code bases stop at scikit-learn's 100 steps and score what they then have.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(codes, factor)
    fitted = _mean_auc(factor, model.predict_proba(codes), model.classes_)
    return fitted, _mean_auc(held_factor, model.predict_proba(held_codes), model.classes_)


def _mean_auc(factor: np.ndarray, probability: np.ndarray, classes: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    present = np.isin(classes, factor)
    if present.sum() < 2:
        raise UserError("the test images show a single value of a factor: give more images")
    columns = zip(classes[present], probability.T[present], strict=True)
    return float(np.mean([roc_auc_score(factor == value, p) for value, p in columns]))
