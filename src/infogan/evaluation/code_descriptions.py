"""What one code does, in words: which measures of the image follow it, and a name for it.

A continuous code is named after a measure of `infogan.metrics.morphometrics` in four steps.

1. The measure follows the code: within each row (one noise, one setting of the other codes) their
   rank correlation, averaged over the rows, is at least 0.8.
2. The change matters: from one end to the other it is at least half the spread (standard deviation)
   of that measure over all images.
3. It is not chance: with the steps of each row in random order, the correlation is as strong in
   less than 1 % of the orders, shared among all measures (Bonferroni).
4. It is the cause, not a consequence. A bolder pen also adds area and brightness, but these depend
   on the glyph too, so in spreads they change less: only measures within 10 % of the largest change
   are considered. Of those, the first in `CAUSES` is taken that its own side effects confirm (a
   shear keeps heights, a rotation keeps the scale, a scaling changes all lengths in proportion,
   a pen thickens before anything widens, a light brightens as much as it adds contrast).

No measure passing means no name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from infogan.errors import UserError
from infogan.evaluation.category_words import category_words
from infogan.metrics.morphometrics import PERIODS, holes, morphometrics

MIN_RHO = 0.8
MIN_EFFECT = 0.5
MIN_ETA2 = 0.25
MIN_ROWS = 3
NEAR = 0.9
"""Share of the largest effect from which a measure is considered too."""
UNCHANGED = 0.2
"""Below this many spreads a measure's variation along the traversal counts as none."""
INVISIBLE = 0.5
"""Images that change by less than this many of 255 levels, on average, do not change."""
ALPHA = 0.01
ORDERS, PART = 1999, 250
CAUSES = (
    "scale", "slant", "orientation", "thickness", "width", "height", "position x", "position y",
    "background hue", "hue", "saturation", "sharpness", "brightness", "contrast", "length", "area",
)  # fmt: skip
"""All measures; whatever moves one of them tends to move those after it as well."""

Kind = Literal["continuous", "categorical"]
Series = Float[np.ndarray, "... rows steps"]


@dataclass(frozen=True)
class Change:
    """How one measure changes along a traversal."""

    measure: str
    eta2: float
    """Share of the measure's variance over the traversals that the step accounts for, 0 to 1."""
    rho: float | None
    """Spearman correlation with the code within a row, mean over rows; None for categories."""
    effect: float | None
    """Change from the first value to the last, in spreads of the measure; None for categories."""

    @property
    def follows(self) -> bool:
        """Whether the measure goes with a dial, and far enough to be seen."""
        return abs(self.rho or 0) >= MIN_RHO and abs(self.effect or 0) >= MIN_EFFECT


@dataclass(frozen=True)
class CodeDescription:
    """What one code does."""

    kind: Kind
    name: str | None
    """The measure the code controls; None where there is none, and for categories."""
    text: str
    """The description in one line, such as "slant, ρ = 0.97"."""
    changes: tuple[Change, ...]
    """Every measure that a quarter of the rows have at each step, the strongest first."""
    unchanged: tuple[str, ...]
    """Measures that stay as they are along the traversal."""
    difference: float
    """Mean absolute difference of a pixel, 0 to 255, between images half a traversal apart."""
    categories: tuple[str, ...] = ()
    """What sets each category apart from the others; empty for dials."""


def describe_code(
    images: UInt8[np.ndarray, "rows steps c h w"],
    values: Float[np.ndarray, " steps"],
    *,
    kind: Kind,
    reference: UInt8[np.ndarray, "n c h w"] | None = None,
) -> CodeDescription:
    """Say what a code does from traversals: one row a noise, one step a value of the code.

    About ten rows with different noise and other codes and ten steps make a dependable answer.
    The spread of a measure is taken over `reference` (real images, say) or else over `images`.
    Raises `ValueError` for fewer than three rows, or unless there are as many values as steps, all
    different, at least three for a continuous code and two for a categorical one.
    """
    rows, steps = images.shape[:2]
    if rows < MIN_ROWS:
        raise UserError(f"describe_code: {rows} rows; give at least {MIN_ROWS}, better 10")
    needed = 3 if kind == "continuous" else 2
    if len(values) != steps or len(np.unique(values)) != steps or steps < needed:
        raise UserError(
            f"describe_code: {len(values)} values for {steps} steps of a {kind} code; "
            f"give one value a step, all different, at least {needed}"
        )
    flat = images.reshape(rows * steps, *images.shape[2:])
    measured = morphometrics(flat)
    pool = measured if reference is None else morphometrics(reference)
    by_row = {name: measured[name].reshape(rows, steps) for name in CAUSES if name in measured}
    complete = {name: series[np.isfinite(series).all(axis=1)] for name, series in by_row.items()}
    enough = max(MIN_ROWS, rows / 4)
    found = {name: series for name, series in complete.items() if len(series) >= enough}
    apart = np.roll(images, steps // 2, axis=1).astype(np.int16)
    difference = float(np.abs(images - apart).mean())
    describe = _continuous if kind == "continuous" else _categorical
    changes, name, text = describe(found, values, pool)
    moving = {change.measure for change in changes if change.follows}
    unchanged = tuple(
        name
        for name, series in found.items()
        if name not in moving and _variation(name, series, pool[name]) < UNCHANGED
    )
    if difference < INVISIBLE:
        name, text = None, "does nothing"
    apart_by: tuple[str, ...] = ()
    if kind == "categorical":
        apart_by = category_words(measured, holes(flat), np.tile(np.arange(steps), rows), steps)
    return CodeDescription(kind, name, text, changes, unchanged, difference, apart_by)


def _continuous(
    found: dict[str, Series], values: Float[np.ndarray, " steps"], pool: dict[str, np.ndarray]
) -> tuple[tuple[Change, ...], str | None, str]:
    changes = []
    for name, series in found.items():
        rho = float(_rank_correlation(series, name, values))
        effect = _effect(name, series, values, pool[name])
        changes.append(Change(name, float(_eta2(series, name)), rho, effect))
    changes.sort(key=lambda change: -abs(change.effect or 0))
    following = {
        change.measure: change
        for change in changes
        if change.follows
        and _beats_chance(
            partial(_rank_correlation, name=change.measure, values=values), found[change.measure]
        )
    }
    if not following:
        return tuple(changes), None, "no measure follows it"
    cause = following[_cause(following, found)]
    return tuple(changes), cause.measure, f"{cause.measure}, ρ = {cause.rho:.2f}"


def _categorical(
    found: dict[str, Series], values: Float[np.ndarray, " steps"], pool: dict[str, np.ndarray]
) -> tuple[tuple[Change, ...], None, str]:
    changes = [
        Change(name, float(_eta2(series, name)), None, None) for name, series in found.items()
    ]
    changes.sort(key=lambda change: -change.eta2)
    telling = [
        f"{change.measure} (η² = {change.eta2:.2f})"
        for change in changes
        if change.eta2 >= MIN_ETA2
        and _beats_chance(partial(_eta2, name=change.measure), found[change.measure])
    ]
    told = ", ".join(telling[:3]) or "no measure"
    verb = "tell" if len(telling) > 1 else "tells"
    return tuple(changes), None, f"{len(values)} categories; {told} {verb} them apart"


def _cause(following: dict[str, Change], found: dict[str, Series]) -> str:
    """The measure that explains the others that follow the code."""
    effects = {name: change.effect or 0.0 for name, change in following.items()}
    largest = max(effects, key=lambda name: abs(effects[name]))
    near = [n for n in CAUSES if abs(effects.get(n, 0)) >= NEAR * abs(effects[largest])]
    moved = {
        name: float((found[name].std(axis=1) / found[name].mean(axis=1)).mean())
        for name in ("scale", "thickness", "width", "height", "brightness", "contrast")
    }
    sides = [np.sign(effects.get(name, 0)) for name in ("width", "height")]
    confirmed = {
        "scale": sides == [np.sign(effects.get("scale", 0))] * 2
        and min(moved["width"], moved["height"]) > moved["scale"] / 2
        and moved["thickness"] < 1.5 * moved["scale"],
        "slant": moved["height"] < moved["scale"],
        "orientation": moved["scale"] < moved["height"],
        "thickness": moved["thickness"] > max(moved["width"], moved["height"]),
        "brightness": moved["brightness"] > 0.9 * moved["contrast"],
    }
    return next((name for name in near if confirmed.get(name, True)), largest)


def _rank_correlation(
    series: Series, name: str, values: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "..."]:
    """Spearman's ρ within each row, mean over rows; a row that does not change counts as 0."""
    from scipy.stats import rankdata

    middle = (len(values) + 1) / 2
    code, ranks = rankdata(values) - middle, rankdata(_unwrapped(name, series), axis=-1) - middle
    norm = np.sqrt((ranks**2).sum(axis=-1) * (code**2).sum())
    return np.asarray((ranks @ code / np.maximum(norm, 1e-12)).mean(axis=-1))


def _eta2(series: Series, name: str) -> Float[np.ndarray, "..."]:
    """Variance of the steps' means over the variance of all."""
    points = _points(name, series)
    between = points.mean(axis=-2).var(axis=-1)
    total = points.reshape(*points.shape[:-2], -1).var(axis=-1)
    return np.asarray(between / np.maximum(total, 1e-12))


def _beats_chance(statistic: Callable[[Series], np.ndarray], series: Series) -> bool:
    """Whether the statistic is stronger than with the steps of each row in random order."""
    # Always the same orders: a description depends on the images alone.
    rng, found, as_strong = np.random.default_rng(0), np.abs(statistic(series)), 0
    allowed = int((1 + ORDERS) * ALPHA / len(CAUSES)) - 1
    for start in range(0, ORDERS, PART):
        orders = np.broadcast_to(series, (min(PART, ORDERS - start), *series.shape))
        by_chance = statistic(rng.permuted(orders, axis=-1))
        as_strong += int(np.sum(np.abs(by_chance) >= found - 1e-9))
        if as_strong > allowed:  # most measures are let go at the first part
            return False
    return True


def _effect(
    name: str, series: Series, values: Float[np.ndarray, " steps"], pool: Float[np.ndarray, " n"]
) -> float:
    """Change from the lowest value to the highest along the line of best fit, in spreads."""
    centred = values - values.mean()
    slope = float((_unwrapped(name, series) @ centred).mean() / (centred @ centred))
    period, pool = PERIODS.get(name), pool[np.isfinite(pool)]
    spread = float(pool.std()) if len(pool) else 0.0
    if period is not None and len(pool):
        length = abs(_points(name, pool).mean())
        circular = period / (2 * np.pi) * np.sqrt(-2 * np.log(np.clip(length, 1e-9, 1)))
        spread = float(min(circular, period / np.sqrt(12)))  # at most that of all angles alike
    return slope * float(np.ptp(values)) / spread if spread > 1e-9 else 0.0


def _variation(name: str, series: Series, pool: Float[np.ndarray, " n"]) -> float:
    """Standard deviation along the rows, in spreads."""
    within = _points(name, series).var(axis=-1).mean()
    total = _points(name, pool[np.isfinite(pool)]).var() if np.isfinite(pool).any() else 0.0
    return float(np.sqrt(within / total)) if total > 1e-12 else 0.0


def _unwrapped(name: str, series: Series) -> Series:
    """Angles made to run on past their period; other measures as they are."""
    period = PERIODS.get(name)
    return series if period is None else np.unwrap(series, axis=-1, period=period)


def _points(name: str, series: np.ndarray) -> np.ndarray:
    """Angles as points on the unit circle, so that means and variances make sense."""
    period = PERIODS.get(name)
    return series if period is None else np.exp(2j * np.pi / period * series)
