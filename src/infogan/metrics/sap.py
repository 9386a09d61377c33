"""SAP: how far the best single code is ahead of the second best at predicting a factor."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError
from infogan.metrics.samples import Protocol, check, draw, protocol_name, split

_IN_SAMPLE = 73_728


@dataclass(frozen=True, eq=False)
class SAP:
    """Separated attribute predictability, mean over the factors."""

    value: float
    per_factor: Float[np.ndarray, " k"]
    scores: Float[np.ndarray, "d k"]
    """How well each code alone predicts each factor: accuracy, or R² of a continuous factor."""
    protocol: str


def sap(
    codes: Float[np.ndarray, "n d"],
    factors: Int[np.ndarray, "n k"],
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    train: int = 10_000,
    test: int = 5_000,
    samples: int = _IN_SAMPLE,
    discrete: Collection[int] = (),
) -> SAP:
    """Gap between the two best single-code predictors of each factor, mean over the factors.

    A: every factor is a class, predicted by a linear SVM (C = .01, balanced) fitted on `train`
    images and scored by accuracy on `test` others. B: R² of a straight line on `samples` images;
    the columns in `discrete` (a shape, say) take the SVM instead, scored on the same images.
    A single code is compared with 0. A's ceiling is low: one line per value cannot cut a range
    into 40 values, so a perfect dSprites code scores far below 1.

    Raises UserError for unusable codes or factors. Source: Kumar et al. (1711.00848), section 3.
    """
    name = protocol_name(protocol)
    check(codes, factors)
    classes = set(range(factors.shape[1])) if protocol == "A" else set(discrete)
    if not classes <= set(range(factors.shape[1])):
        raise UserError(f"discrete={sorted(classes)}: {factors.shape[1]} factors, count from 0")
    if protocol == "A":
        fit, held = split(len(codes), train, test, rng)
        sizes = f"{len(fit):,} images, accuracy on {len(held):,} others, linear SVM C=.01"
    else:
        fit = held = draw(len(codes), samples, rng)
        sizes = f"{len(fit):,} images, in-sample, R²"
        sizes += f" (SVM accuracy for factors {sorted(classes)})" if classes else ""
    scores = np.empty((codes.shape[1], factors.shape[1]))
    for i, code in enumerate(codes.T):
        for j, factor in enumerate(factors.T):
            if j in classes:
                scores[i, j] = _accuracy(code[fit], factor[fit], code[held], factor[held])
            else:
                scores[i, j] = _r_squared(code[fit], factor[fit])
    ranked = np.sort(np.vstack([scores, np.zeros(factors.shape[1])]), axis=0)
    gaps = ranked[-1] - ranked[-2]
    return SAP(float(gaps.mean()), gaps, scores, protocol=f"SAP, {name}: {sizes}")


def _accuracy(
    code: np.ndarray, factor: np.ndarray, held_code: np.ndarray, held_factor: np.ndarray
) -> float:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=0.01, class_weight="balanced", dual=False)
    machine.fit(code[:, None], factor)
    return float(np.mean(machine.predict(held_code[:, None]) == held_factor))


def _r_squared(code: np.ndarray, factor: np.ndarray) -> float:
    (spread, shared), (_, variance) = np.cov(code, factor)
    return float(shared**2 / (spread * variance)) if spread > 1e-12 else 0.0
