"""DCI: disentanglement, completeness and informativeness, from the importances of predictors."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.boosting import boost
from infogan.metrics.samples import Protocol, check, draw, protocol_name, split

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
    train: int = 10_000,
    test: int = 5_000,
    samples: int = _IN_SAMPLE,
    regressor: Literal["lasso", "random_forest"] = "lasso",
) -> DCI:
    """Entropy of each code's importances over the factors, and of each factor's over the codes.

    A: a gradient boosting classifier per factor, fitted on `train` images, tested on `test`
    others; about a minute with ten codes, dSprites' factors and the sizes by default. B: a
    `regressor` per standardised factor on `samples` images, in-sample: Lasso (α = .02) or a
    random forest of depth 5 (minutes); its completeness is an unweighted mean over the factors.

    Raises UserError for unusable codes or factors. Source: Eastwood & Williams (ICLR 2018),
    section 2.
    """
    name = protocol_name(protocol)
    check(codes, factors, least_factors=2)
    if protocol == "A":
        fit, held = split(len(codes), train, test, rng)
        sizes = f"{len(fit):,} images, tested on {len(held):,} others, gradient boosting"
        columns = [_classify(codes[fit], f[fit], codes[held], f[held]) for f in factors.T]
    else:
        fit = draw(len(codes), samples, rng)
        sizes = f"{len(fit):,} images, in-sample, {regressor.replace('_', ' ')}"
        scaled, targets = _standardise(codes[fit]), _standardise(factors[fit])
        columns = [_regress(scaled, target, regressor, rng) for target in targets.T]
    importance = np.stack([column[0] for column in columns], axis=1)
    disentanglement = _weighted(_concentration(importance), importance.sum(axis=1))
    weights = importance.sum(axis=0) if protocol == "A" else np.ones(len(columns))
    return DCI(
        value=disentanglement,
        disentanglement=disentanglement,
        completeness=_weighted(_concentration(importance.T), weights),
        informativeness=float(np.mean([tested for _, _, tested in columns])),
        train_informativeness=float(np.mean([fitted for _, fitted, _ in columns])),
        importance=importance,
        protocol=f"DCI, {name}: {sizes}",
    )


def _classify(
    codes: np.ndarray, factor: np.ndarray, held_codes: np.ndarray, held_factor: np.ndarray
) -> tuple[Float[np.ndarray, " d"], float, float]:
    """Importances, accuracy on the fitted images, accuracy on the others."""
    model = boost(codes, factor, held_codes)
    fitted, tested = np.mean(model.fitted == factor), np.mean(model.held == held_factor)
    return model.importance, float(fitted), float(tested)


def _regress(
    codes: np.ndarray, target: np.ndarray, regressor: str, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " d"], float, float]:
    """Importances, and R² twice: the images fitted are the images tested."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Lasso

    if regressor == "lasso":
        line = Lasso(alpha=0.02).fit(codes, target)
        importance, score = np.abs(line.coef_), float(line.score(codes, target))
    else:
        seed = int(rng.integers(2**31))
        forest = RandomForestRegressor(max_depth=5, random_state=seed).fit(codes, target)
        importance, score = forest.feature_importances_, float(forest.score(codes, target))
    return importance, score, score


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
    scores: np.ndarray = 1 + (shares * logs).sum(axis=1) / np.log(importance.shape[1])
    return scores


def _weighted(scores: np.ndarray, weights: np.ndarray) -> float:
    return float((scores * weights).sum() / weights.sum()) if weights.sum() > 0 else 0.0


def _standardise(values: np.ndarray) -> Float[np.ndarray, "n d"]:
    spread = values.std(axis=0)
    scaled: np.ndarray = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return scaled
