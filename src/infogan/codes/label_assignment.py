"""Names for categories from a handful of labelled images, and where these do not suffice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from infogan.errors import UserError

SURE = 0.75
"""Share of what is labelled in a category that must agree on its name."""
EVIDENCE = 0.5
"""Labelled images, counted by their probability, that must be in it at all."""


@dataclass(frozen=True)
class CategoryLabels:
    """What the labelled images say about one category."""

    value: int
    name: str
    """Empty where nothing speaks for any."""
    held: dict[str, int]
    """Labelled images in it, by their label, most frequent first."""
    doubt: str
    """Why the name may be wrong; empty where nothing speaks against it."""


def assign(probs: Float[np.ndarray, "n k"], labels: Sequence[str]) -> list[CategoryLabels]:
    """Give each of k categories the label that fits, by what Q says of n labelled images.

    The assignment is the one-to-one map of greatest total probability (Kuhn 1955). Categories left
    over, where they are more than the labels, take the label most of their images carry, numbered
    ("eight 2"), or stay without a name. Raises UserError for no images.
    """
    from scipy.optimize import linear_sum_assignment

    if len(labels) == 0:
        raise UserError("no labelled images: give at least one of each kind")
    kinds = sorted(set(labels))
    member = np.array([[label == kind for kind in kinds] for label in labels], float)
    mass = member.T @ probs  # of each label (row) in each category (column)
    rows, columns = linear_sum_assignment(mass, maximize=True)
    kind_of = {int(value): kinds[row] for row, value in zip(rows, columns, strict=True)}
    names, times = dict(kind_of), Counter(kind_of.values())
    for value in range(probs.shape[1]):
        if value not in names and mass[:, value].max() >= EVIDENCE:
            kind = kinds[int(mass[:, value].argmax())]
            times[kind] += 1
            kind_of[value] = kind
            names[value] = f"{kind} {times[kind]}"
    inside: dict[int, Counter[str]] = {value: Counter() for value in range(probs.shape[1])}
    for label, value in zip(labels, probs.argmax(axis=1).tolist(), strict=True):
        inside[value][label] += 1
    findings = []
    for value, held in inside.items():
        kind = kind_of.get(value, "")
        support = mass[kinds.index(kind), value] if kind else 0.0
        ranked = dict(sorted(held.items(), key=lambda item: (-item[1], item[0])))
        doubt = _doubt(kind, support, mass[:, value].sum(), ranked)
        findings.append(CategoryLabels(value, names.get(value, ""), ranked, doubt))
    return findings


def _doubt(kind: str, support: float, total: float, held: dict[str, int]) -> str:
    """Why a category's name may be wrong: nothing in it, something else, or not that alone."""
    contents = " and ".join(f"{count} {label}" for label, count in held.items())
    if not kind:
        return "no labelled image is in it"
    if support < EVIDENCE:
        return f"by elimination: it holds {contents or 'no labelled image'}"
    if support < SURE * total:
        return f"it holds {contents}"
    return ""
