"""DCI: disentanglement, completeness and informativeness, from the importances of predictors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.samples import Protocol, check, draw, protocol_name, split

Model = Literal["gradient_boosting", "histogram_boosting", "random_forest", "lasso"]

_MODELS: dict[str, tuple[Model, ...]] = {
    "A": ("gradient_boosting", "histogram_boosting"),
    "B": ("lasso", "random_forest"),
}
_IN_SAMPLE = 73_728


@dataclass(frozen=True, eq=False)
class DCI:
    """The three scores; `value` is disentanglement, the figure published as "DCI"."""

    value: float
    disentanglement: float
    """Does each code matter to one factor only? Mean weighted by the codes' importance."""
    completeness: float
    """Does one code alone matter to each factor? 0 where there is a single code."""
    informativeness: float
    """How well the codes predict the factors: accuracy on other images (A), R² in-sample (B)."""
    train_informativeness: float
    """The same on the images the predictors were fitted on."""
    importance: Float[np.ndarray, "d k"]
    """Importance of each code to the predictor of each factor."""
    protocol: str


def dci(
    codes: Float[np.ndarray, "n d"],
    factors: Int[np.ndarray, "n k"],
    *,
    rng: np.random.Generator,
    protocol: Protocol = "A",
    model: Model | None = None,
    train: int = 10_000,
    test: int = 5_000,
    samples: int = _IN_SAMPLE,
) -> DCI:
    """Entropy of each code's importances over the factors, and of each factor's over the codes.

    A: one classifier per factor, fitted on `train` images, tested on `test` others: gradient
    boosting as scikit-learn's `GradientBoostingClassifier` (minutes: it grows 100 trees for every
    value of every factor), or `model="histogram_boosting"`, the same trees over 255 quantile bins
    (seconds), with importances summed from the gains of their splits. B: one regressor per
    standardised factor on `samples` images, in-sample: Lasso (α = .02), or
    `model="random_forest"` of depth 5; its completeness is an unweighted mean over the factors.

    Raises ValueError for unusable codes or factors, or a model the protocol has not. Source:
    Eastwood & Williams (ICLR 2018), section 2.
    """
    name = protocol_name(protocol)
    check(codes, factors, least_factors=2)
    model = model or _MODELS[protocol][0]
    if model not in _MODELS[protocol]:
        raise ValueError(f"model {model!r} is not of {name}: choose from {_MODELS[protocol]}")
    if protocol == "A":
        fit, held = split(len(codes), train, test, rng)
        sizes = f"{len(fit):,} images, tested on {len(held):,} others"
    else:
        codes, factors = _standardise(codes), _standardise(factors)
        fit = held = draw(len(codes), samples, rng)
        sizes = f"{len(fit):,} images, in-sample"
    importance = np.zeros((codes.shape[1], factors.shape[1]))
    fitted, tested = np.zeros(factors.shape[1]), np.zeros(factors.shape[1])
    for j, factor in enumerate(factors.T):
        predictor, importance[:, j] = _FIT[model](codes[fit], factor[fit], int(rng.integers(2**31)))
        fitted[j] = predictor.score(codes[fit], factor[fit])
        tested[j] = fitted[j] if protocol == "B" else predictor.score(codes[held], factor[held])
    disentanglement = _weighted(_concentration(importance), importance.sum(axis=1))
    completeness = _weighted(
        _concentration(importance.T),
        importance.sum(axis=0) if protocol == "A" else np.ones(factors.shape[1]),
    )
    return DCI(
        value=disentanglement,
        disentanglement=disentanglement,
        completeness=completeness,
        informativeness=float(tested.mean()),
        train_informativeness=float(fitted.mean()),
        importance=importance,
        protocol=f"DCI, {name}: {sizes}, {model.replace('_', ' ')}",
    )


def _gradient_boosting(codes: np.ndarray, factor: np.ndarray, seed: int) -> tuple:
    from sklearn.ensemble import GradientBoostingClassifier

    model = GradientBoostingClassifier(random_state=seed).fit(codes, factor)
    return model, model.feature_importances_


def _histogram_boosting(codes: np.ndarray, factor: np.ndarray, seed: int) -> tuple:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_depth=3, max_leaf_nodes=8, min_samples_leaf=1, early_stopping=False, random_state=seed
    ).fit(codes, factor)
    importance = np.zeros(codes.shape[1])
    for tree in (tree for stage in model._predictors for tree in stage):
        splits = tree.nodes[tree.nodes["is_leaf"] == 0]
        np.add.at(importance, splits["feature_idx"], splits["gain"])
    return model, importance / max(importance.sum(), 1e-12)


def _lasso(codes: np.ndarray, factor: np.ndarray, seed: int) -> tuple:
    from sklearn.linear_model import Lasso

    model = Lasso(alpha=0.02, random_state=seed).fit(codes, factor)
    return model, np.abs(model.coef_)


def _random_forest(codes: np.ndarray, factor: np.ndarray, seed: int) -> tuple:
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(max_depth=5, random_state=seed).fit(codes, factor)
    return model, model.feature_importances_


_FIT: dict[str, Callable[[np.ndarray, np.ndarray, int], tuple]] = {
    "gradient_boosting": _gradient_boosting,
    "histogram_boosting": _histogram_boosting,
    "lasso": _lasso,
    "random_forest": _random_forest,
}


def _concentration(importance: np.ndarray) -> Float[np.ndarray, " rows"]:
    """One less the entropy of each row's shares, in units of the largest entropy possible."""
    if importance.shape[1] < 2:
        return np.zeros(len(importance))
    total = importance.sum(axis=1, keepdims=True)
    # A row with no importance at all prefers nothing: equal shares, concentration 0.
    shares = np.divide(
        importance, total, out=np.full_like(importance, 1 / importance.shape[1]), where=total > 0
    )
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return 1 + (shares * logs).sum(axis=1) / np.log(importance.shape[1])


def _weighted(scores: np.ndarray, weights: np.ndarray) -> float:
    return float((scores * weights).sum() / weights.sum()) if weights.sum() > 0 else 0.0


def _standardise(values: np.ndarray) -> Float[np.ndarray, "n d"]:
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
