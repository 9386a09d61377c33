"""Factors known for some images beside what Q reads off them: which code tells which, how well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError
from infogan.evaluation.effort import Effort
from infogan.evaluation.results import Measurement
from infogan.metrics.bootstrap import Interval, percentiles
from infogan.metrics.clustering import accuracy, nmi
from infogan.metrics.dci import dci
from infogan.metrics.mig import mig
from infogan.metrics.sap import sap

GROUP = "codes beside factors known of the images"
FOLDS = 5
BINS = 10
"""Parts of equal frequency into which a dial is cut to be compared with kinds."""
FEWEST = 5
"""Images that each kind must have on average; with fewer the cells are names, not kinds."""
SHUFFLES = 20
"""Random orders from which an NMI by chance is known."""
BOTH = 10
"""Images of a second value that metrics over several factors need."""
COMPLETE = 200
"""Images that must have all factors for these metrics."""
YES = ("1", "yes", "true", "y", "t", "+1", "1.0")
NO = ("0", "-1", "no", "false", "n", "f", "0.0", "-1.0")
FIGURES = {"binary": "AUC", "kinds": "NMI", "amount": "|ρ|"}
PROTOCOLS = {
    "binary": "AUC of one code for two values, 0.5 is chance: a dial as read by Q, in the "
    f"direction that fits; of categories how often each has it, {FOLDS}-fold cross-fitted",
    "kinds": f"NMI of the kinds with a code's categories, or {BINS} equally frequent parts of a "
    "dial; accuracy: of the most frequent kind in each",
    "amount": "rank correlation of a dial with the amount; of categories that of their mean rank, "
    f"{FOLDS}-fold cross-fitted",
}

Kind = Literal["binary", "kinds", "amount"]


@dataclass(frozen=True, eq=False)
class Attribute:
    """One factor of the images.

    Attributes:
        name: its column's.
        kind: two values, several kinds, or an amount.
        images: numbers of the images of which it is known.
        values: 0 or 1, the number of the kind, or the amount, of each of these.
        labels: what the values 0, 1, … are called; empty for amounts.
    """

    name: str
    kind: Kind
    images: Int[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    labels: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What is told of it: sunglasses, eyes=sunglasses, pose."""
        return self.labels[1] if self.kind == "binary" else self.name


@dataclass(frozen=True, eq=False)
class Reading:
    """What Q reads of one code: a dial's mean, or the probability of every category."""

    name: str
    mean: Float[np.ndarray, " n"] | None
    probs: Float[np.ndarray, "n k"] | None

    def of(self, images: Int[np.ndarray, " m"]) -> "Reading":
        """The same of some of the images."""
        return Reading(
            self.name,
            None if self.mean is None else self.mean[images],
            None if self.probs is None else self.probs[images],
        )

    @property
    def category(self) -> Int[np.ndarray, " n"]:
        """The best category, or the part of a dial."""
        if self.probs is not None:
            best: np.ndarray = self.probs.argmax(axis=1)
            return best
        assert self.mean is not None
        edges = np.quantile(self.mean, np.linspace(0, 1, BINS + 1)[1:-1])
        return np.searchsorted(edges, self.mean, side="right")


def readings(encoded: Mapping[str, Mapping[str, np.ndarray]]) -> list[Reading]:
    """The codes of images as `Model.encode_all` gives them."""
    return [
        Reading(name, None, fields["probs"].astype(np.float64))
        if "probs" in fields
        else Reading(name, fields["mean"].astype(np.float64), None)
        for name, fields in encoded.items()
    ]


def as_attribute(
    name: str, cells: Sequence[str | None], images: Int[np.ndarray, " n"]
) -> Attribute | str:
    """A column, one cell for each of the images; or why nothing can be told of it."""
    known = np.array([i for i, cell in enumerate(cells) if cell is not None], np.int64)
    texts = [cell for cell in cells if cell is not None]
    different = sorted(set(texts))
    if len(different) < 2:
        what = f"always {different[0]}" if different else "never known"
        return f"{name} is {what}"
    if len(different) == 2:
        return _binary(name, texts, different, images[known])
    try:
        amounts = np.array([float(text) for text in texts])
    except ValueError:
        if len(texts) < FEWEST * len(different):
            return (
                f"{name} has {len(different):,} values for {len(texts):,} images: names, no kinds"
            )
        numbers = np.searchsorted(different, texts).astype(float)
        return Attribute(name, "kinds", images[known], numbers, tuple(different))
    if not np.isfinite(amounts).all():
        return f"{name} holds an infinite number"
    return Attribute(name, "amount", images[known], amounts)


def _binary(
    name: str, texts: Sequence[str], different: Sequence[str], images: Int[np.ndarray, " n"]
) -> Attribute:
    """Two values: yes and no, or the rarer one and the other."""
    first, second = different
    if {first.lower(), second.lower()} <= {*YES, *NO} and first.lower() != second.lower():
        one = next((each for each in different if each.lower() in YES), second)
        labels = (f"no {name}", name)
    else:
        one = min(reversed(different), key=texts.count)
        other = first if one == second else second
        labels = (f"{name}={other}", f"{name}={one}")
    values = np.array([float(text == one) for text in texts])
    return Attribute(name, "binary", images, values, labels)


def figure(attribute: Attribute, reading: Reading) -> tuple[float, Callable[..., float]]:
    """How well a code tells a factor, and the statistic of some of the images.

    `reading` is of the attribute's images alone.
    """
    values = attribute.values
    if attribute.kind == "kinds":
        kinds, parts = values.astype(np.int64), reading.category

        def shared(rows: Int[np.ndarray, " n"]) -> float:
            return nmi(kinds[rows], parts[rows]).value

        return shared(np.arange(len(values))), shared
    told = values if attribute.kind == "binary" else _ranks(values)
    score = reading.mean if reading.probs is None else _cross_fitted(reading.probs, told)
    assert score is not None
    of = auc if attribute.kind == "binary" else _correlation
    middle = 0.5 if attribute.kind == "binary" else 0.0
    score = score if attribute.kind == "binary" else _ranks(score)
    # A dial may run either way; what categories say has been fitted, and has its direction.
    turned = reading.probs is None and of(score, told) < middle
    score = -score if turned else score

    def found(rows: Int[np.ndarray, " n"]) -> float:
        return of(score[rows], told[rows])

    return found(np.arange(len(values))), found


def auc(score: Float[np.ndarray, " n"], positive: Float[np.ndarray, " n"]) -> float:
    """Chance that a positive has a higher score than a negative, ties counting half."""
    ones = int(positive.sum())
    if ones in (0, len(positive)):
        return 0.5
    above = _ranks(score)[positive > 0].sum() - ones * (ones + 1) / 2
    return float(above / (ones * (len(positive) - ones)))


def best_code(
    attribute: Attribute, codes: Sequence[Reading], *, resamples: int, seed: int
) -> Measurement:
    """The code that tells a factor best, as a measurement with its interval."""
    own = [code.of(attribute.images) for code in codes]
    scored = [(figure(attribute, each), each) for each in own]
    (value, statistic), code = max(scored, key=lambda each: each[0][0])
    n, interval = len(attribute.values), None
    if resamples and n > 3:
        interval = _interval(statistic, value, n, resamples, np.random.default_rng(seed))
    detail: dict[str, Any] = {"by_code": {each.name: told for (told, _), each in scored}}
    if attribute.kind == "kinds":
        kinds = attribute.values.astype(np.int64)
        detail["by_chance"] = _shuffled_nmi(kinds, code.category, np.random.default_rng(seed))
        detail["accuracy"] = accuracy(kinds, code.category).many_to_one
        detail["chance"] = float(np.bincount(kinds).max() / n)
    return Measurement(
        f"{FIGURES[attribute.kind]} {attribute.label}",
        value,
        PROTOCOLS[attribute.kind],
        n,
        code=code.name,
        group=GROUP,
        interval=interval,
        detail=detail,
        seed=seed,
    )


def _interval(
    statistic: Callable[..., float],
    value: float,
    n: int,
    resamples: int,
    rng: np.random.Generator,
) -> Interval:
    """The 95 % interval of a figure that lies from 0 to 1, from random halves of the images.

    A half drawn without replacement varies as much as the whole does; a bootstrap's repeated
    images would raise an NMI. Source: Shao & Wu, the delete-d jackknife (1989).
    """
    drawn = np.array([statistic(rng.permutation(n)[: n // 2]) for _ in range(resamples)])
    low, high = np.clip(value + percentiles(drawn - drawn.mean()), 0, 1)
    protocol = f"95% interval from {resamples:,} random halves of {n:,} images"
    return Interval(value, float(low), float(high), 0.95, resamples, protocol)


def _shuffled_nmi(
    kinds: Int[np.ndarray, " n"], parts: Int[np.ndarray, " n"], rng: np.random.Generator
) -> float:
    """The NMI that so many kinds and categories have without any relation."""
    shuffles = [nmi(rng.permutation(kinds), parts).value for _ in range(SHUFFLES)]
    return float(np.mean(shuffles))


def separation(
    attributes: Sequence[Attribute], codes: Sequence[Reading], *, effort: Effort, seed: int
) -> list[Measurement]:
    """MIG, DCI and SAP over the images of which all factors are known; none where too few are."""
    rows = np.unique(np.concatenate([each.images for each in attributes]))
    for each in attributes:
        rows = np.intersect1d(rows, each.images)
    rows = np.random.default_rng(seed).permutation(rows)[: effort.codes]
    columns = [_levels(each, rows) for each in attributes]
    columns = [each for each in columns if len(each) and np.sort(np.bincount(each))[-2:][0] >= BOTH]
    columns = [each for each in columns if len(np.unique(each)) > 1]
    if len(columns) < 2 or len(rows) < COMPLETE or len(codes) < 2:
        return []
    factors = np.stack(columns, axis=1)
    values = np.stack(
        [(c.category.astype(float) if c.mean is None else c.mean)[rows] for c in codes], axis=1
    )
    values = values / np.maximum(values.std(axis=0), 1e-9)
    metrics: dict[str, Callable[..., Any]] = {"mig": mig, "dci": dci, "sap": sap}
    return [
        Measurement(
            name,
            float(score(values, factors, rng=np.random.default_rng(seed)).value),
            f"{name.upper()} of {len(columns)} factors as they occur, which may depend on each "
            f"other; amounts cut into {BINS} equally frequent parts; a column a code; as in "
            "disentanglement_lib",
            len(rows),
            group=GROUP,
            seed=seed,
        )
        for name, score in metrics.items()
    ]


def _levels(attribute: Attribute, images: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The values of some of the images as whole numbers; amounts cut into parts."""
    values = attribute.values[np.searchsorted(attribute.images, images)]
    if attribute.kind == "amount" and len(np.unique(values)) > BINS and len(values):
        edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
        return np.searchsorted(edges, values, side="right")
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _cross_fitted(
    probs: Float[np.ndarray, "n k"], told: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """What the categories of an image say of a factor, learned from the other images alone.

    Each fold's scores are taken around the mean of what they were learned from, or that alone,
    which is lower where the fold itself has more, would turn chance into its contrary.
    """
    fold = np.random.default_rng(0).permutation(len(told)) % FOLDS
    score = np.zeros(len(told))
    for each in range(FOLDS):
        rest = fold != each
        mean = told[rest].mean() if rest.any() else 0.0
        weight = probs[rest].sum(axis=0)
        level = (probs[rest].T @ (told[rest] - mean)) / (weight + 1.0)
        score[~rest] = probs[~rest] @ level
    return score


def _ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    from scipy.stats import rankdata

    ranks: np.ndarray = rankdata(values)
    return ranks


def _correlation(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))


def check_any(found: Sequence[Attribute], left_out: Sequence[str], path: str) -> None:
    """Raise UserError where nothing can be measured."""
    if not found:
        raise UserError(f"{path}: none of its factors can be measured ({'; '.join(left_out)})")


def certain(interval: Interval | None, chance: float) -> bool:
    """Whether a figure is above chance for all that its interval says."""
    return interval is None or interval.low > chance
