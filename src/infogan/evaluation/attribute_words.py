"""What each code says of factors known for some images, in words: "c2=4: men, no lipstick"."""

from collections.abc import Sequence

import numpy as np

from infogan.evaluation.attributes import Attribute, Reading, auc, certain
from infogan.evaluation.results import Measurement

TELLS = {"AUC": 0.65, "NMI": 0.1, "|ρ|": 0.3}
"""Figures from which a code is said to tell a factor."""
CHANCE = {"AUC": 0.5, "NMI": 0.0, "|ρ|": 0.0}
AUC_TOLD = 0.65
"""AUC of one category, against all others, from which a factor is told of it."""
SHARE, LIFT = 0.5, 1.5
"""Share of a category's images that are of one kind, and how many times its usual share."""
APART = 0.5
"""Spreads by which a category's mean amount must differ."""
FEWEST = 10
"""Images of a category below which nothing is said of it."""
TOLD = 3
"""Factors told of a category."""


def attribute_words(
    attributes: Sequence[Attribute], codes: Sequence[Reading], best: Sequence[Measurement]
) -> dict[str, list[str]]:
    """By code: the factors that it tells better than the others, then its categories, a line each.

    `best` is what `best_code` measured of each attribute, in the same order.
    """
    words: dict[str, list[str]] = {}
    for code in codes:
        told = [
            f"{found.name.split(' ', 1)[1]} ({found.name.split(' ', 1)[0]} {found.value:.2f})"
            for found in sorted(best, key=lambda each: -each.value)
            if found.code == code.name and is_told(found)
        ]
        lines = [f"tells {', '.join(told)}"] if told else []
        lines += _directions(code, attributes) if code.probs is None else []
        lines += _categories(code, attributes) if code.probs is not None else []
        if lines:
            words[code.name] = lines
    return words


def is_told(found: Measurement) -> bool:
    """Whether a figure is worth a word, and no chance."""
    figure = found.name.split(" ", 1)[0]
    chance = float(found.detail.get("by_chance", CHANCE[figure]))
    return found.value >= chance + TELLS[figure] - CHANCE[figure] and certain(
        found.interval, chance
    )


def _directions(code: Reading, attributes: Sequence[Attribute]) -> list[str]:
    """What is found at a dial's upper end."""
    assert code.mean is not None
    told: list[tuple[float, str]] = []
    for each in attributes:
        mean = code.mean[each.images]
        if each.kind == "binary":
            found = auc(mean, each.values)
            if max(found, 1 - found) >= AUC_TOLD:
                label = each.labels[1] if found > 0.5 else each.labels[0]
                told.append((max(found, 1 - found), label))
        elif each.kind == "amount":
            rho = _rho(mean, each.values)
            if abs(rho) >= TELLS["|ρ|"]:
                told.append((0.5 + abs(rho) / 2, f"{'more' if rho > 0 else 'less'} {each.name}"))
    told.sort(key=lambda item: -item[0])
    listed = ", ".join(label for _, label in told[:TOLD])
    return [f"{code.name} up: {listed}"] if told else []


def _categories(code: Reading, attributes: Sequence[Attribute]) -> list[str]:
    """What sets the images of each category apart in what is known of them."""
    assert code.probs is not None
    lines = []
    for k in range(code.probs.shape[1]):
        told: list[tuple[float, str]] = []
        for each in attributes:
            score = code.probs[each.images, k]
            ours = code.category[each.images] == k
            if FEWEST <= ours.sum() < len(ours):
                told += _of_category(each, score, ours)
        told.sort(key=lambda item: -item[0])
        if told:
            listed = ", ".join(label for _, label in told[:TOLD])
            lines.append(f"{code.name}={k}: {listed}; AUC {told[0][0]:.2f}")
    return lines


def _of_category(each: Attribute, score: np.ndarray, ours: np.ndarray) -> list[tuple[float, str]]:
    """What is told of one factor of a category's images, and how well the category tells it."""
    if each.kind == "binary":
        found = auc(score, each.values)
        label = each.labels[1] if found > 0.5 else each.labels[0]
        return [(max(found, 1 - found), label)] if max(found, 1 - found) >= AUC_TOLD else []
    if each.kind == "kinds":
        kinds = each.values.astype(np.int64)
        usual = np.bincount(kinds, minlength=len(each.labels)) / len(kinds)
        here = np.bincount(kinds[ours], minlength=len(each.labels)) / ours.sum()
        most = int(here.argmax())
        if here[most] < SHARE or here[most] < LIFT * usual[most]:
            return []
        found = auc(score, (kinds == most).astype(float))
        return [(found, f"{each.name}={each.labels[most]} ({here[most]:.0%})")]
    spread = float(each.values.std())
    away = (each.values[ours].mean() - each.values[~ours].mean()) / max(spread, 1e-12)
    if abs(away) < APART:
        return []
    found = auc(each.values, ours.astype(float))
    return [(max(found, 1 - found), f"{'more' if away > 0 else 'less'} {each.name}")]


def _rho(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)
