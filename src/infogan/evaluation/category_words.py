"""What sets each category of a code apart from the others, in words: brighter, wider, has a hole.

Every measure of `infogan.metrics.morphometrics` is compared between a category and all the others,
in spreads (standard deviations over all images). What goes along, from category to category, with
a difference already told is not told again.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from infogan.metrics.morphometrics import PERIODS

LESS_MORE = {
    "scale": ("smaller", "larger"),
    "slant": ("leans left", "leans right"),
    "thickness": ("thinner", "thicker"),
    "width": ("narrower", "wider"),
    "height": ("shorter", "taller"),
    "position x": ("further left", "further right"),
    "position y": ("further up", "further down"),
    "saturation": ("greyer", "more colourful"),
    "sharpness": ("softer", "sharper"),
    "brightness": ("darker", "brighter"),
    "contrast": ("less contrast", "more contrast"),
    "length": ("a shorter outline", "a longer outline"),
    "area": ("covers less", "covers more"),
}
"""What a category is where a measure is less, or more, than in the others; causes come first."""
HUES = {
    "red": 0.0,
    "orange": 30.0,
    "yellow": 60.0,
    "green": 120.0,
    "turquoise": 180.0,
    "blue": 240.0,
    "violet": 275.0,
    "pink": 315.0,
}
LYING = {"lying": 0.0, "rising to the right": 45.0, "upright": 90.0, "rising to the left": 135.0}
ANGLES = {"hue": HUES, "orientation": LYING, "background hue": HUES}
"""Words for directions, in degrees."""
TOLD = 3
"""Differences told of a category."""
APART = 0.5
"""Spreads by which a category must differ."""
BEYOND_CHANCE = 4.0
"""Standard errors by which it must."""
NEAR = 0.9
"""Share of the largest difference from which the first in `LESS_MORE` is told instead."""
TOGETHER = 0.9
"""Correlation of two measures' means over the categories from which one stands for both."""
OF_ONE_KIND, OF_OTHERS = 0.6, 0.3
"""Share of a category's images that have so many holes, or such a hue, and of all the others'."""
COUNTS = ("no hole", "a hole", "two holes", "three holes")

Category = Int[np.ndarray, " n"]
Profile = tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]
"""By category, how far its mean is from the others', and the standard error of that."""


def category_words(
    measured: Mapping[str, Float[np.ndarray, " n"]],
    holes: Int[np.ndarray, " n"],
    category: Category,
    k: int,
) -> tuple[str, ...]:
    """For each of k categories, what sets its images apart; empty where nothing measured does.

    `measured` are the morphometrics of the images, `holes` their holes. Three differences at most,
    the strongest first. Some thirty images a category make a dependable answer.
    """
    told = [_holes(holes, category, i) for i in range(k)]
    for name, words in ANGLES.items():
        if name in measured:
            told = [
                each + _angle(name, words, measured[name], category, i)
                for i, each in enumerate(told)
            ]
    amounts = {name: measured[name] for name in LESS_MORE if name in measured}
    profiles = {name: _profile(values, category, k) for name, values in amounts.items()}
    for i, each in enumerate(told):
        each += [LESS_MORE[name][int(profiles[name][0][i] > 0)] for name in _strongest(profiles, i)]
    return tuple(", ".join(each[:TOLD]) for each in told)


def _strongest(profiles: Mapping[str, Profile], i: int) -> list[str]:
    """The measures in which category i differs most, none of which goes along with another."""
    strength = {
        name: abs(float(z[i]))
        for name, (z, error) in profiles.items()
        if abs(z[i]) >= max(APART, BEYOND_CHANCE * error[i])
    }
    chosen: list[str] = []
    while strength and len(chosen) < TOLD:
        most = max(strength.values())
        best = next(name for name in strength if strength[name] >= NEAR * most)
        chosen.append(best)
        strength = {
            name: value
            for name, value in strength.items()
            if name != best and _correlation(profiles[name][0], profiles[best][0]) < TOGETHER
        }
    return chosen


def _profile(values: Float[np.ndarray, " n"], category: Category, k: int) -> Profile:
    """How far each category's mean is from the others', in spreads, and the standard error."""
    known = np.isfinite(values)
    spread = float(values[known].std()) if known.any() else 0.0
    z, error = np.full(k, np.nan), np.full(k, np.inf)
    for i in range(k):
        ours, others = values[known & (category == i)], values[known & (category != i)]
        if min(len(ours), len(others)) > 1 and spread > 1e-6:
            z[i] = (ours.mean() - others.mean()) / spread
            error[i] = np.sqrt(ours.var() / len(ours) + others.var() / len(others)) / spread
    return z, error


def _holes(counts: Int[np.ndarray, " n"], category: Category, i: int) -> list[str]:
    """The number of holes of most of a category's images, where few others have as many."""
    ours, others = counts[category == i], counts[category != i]
    if not len(ours) or not len(others):
        return []
    usual = int(np.bincount(ours).argmax())
    if _sets_apart(ours == usual, others == usual):
        return [COUNTS[usual] if usual < len(COUNTS) else f"{usual} holes"]
    return []


def _angle(
    name: str, words: dict[str, float], values: Float[np.ndarray, " n"], category: Category, i: int
) -> list[str]:
    """The hue or direction that most of a category's images have, where few others have it."""
    period, places = PERIODS[name], np.array(list(words.values()))
    distance = np.abs((values[:, None] - places + period / 2) % period - period / 2)
    nearest = np.where(np.isfinite(values), np.nan_to_num(distance).argmin(axis=1), -1)
    ours, others = nearest[category == i], nearest[category != i]
    known = ours[ours >= 0]
    if not len(known) or not len(others):
        return []
    usual = int(np.bincount(known).argmax())
    if not _sets_apart(ours == usual, others == usual):
        return []
    word = list(words)[usual]
    return [f"on {word}" if name == "background hue" else word]


def _sets_apart(ours: np.ndarray, others: np.ndarray) -> bool:
    return bool(ours.mean() >= OF_ONE_KIND and others.mean() <= OF_OTHERS)


def _correlation(a: Float[np.ndarray, " k"], b: Float[np.ndarray, " k"]) -> float:
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3:
        return 0.0
    a, b = a[known] - a[known].mean(), b[known] - b[known].mean()
    return float(abs(a @ b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
