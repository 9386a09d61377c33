"""How many categories? Short runs over several numbers of them, and what speaks for each."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from jaxtyping import Int
from PIL import Image
from tqdm import tqdm

from infogan.codes.discrete import Categorical
from infogan.codes.latent import Latent
from infogan.data.open import open_images
from infogan.data.source import Source
from infogan.errors import UserError
from infogan.figures import draw_codes
from infogan.inference.trained_model import Model
from infogan.metrics.bootstrap import percentiles
from infogan.metrics.consensus import adjusted_rand
from infogan.metrics.samples import draw
from infogan.pictures.line_chart import draw_lines, under_titles
from infogan.selection.agreement import GATE, Reading, augment_images, read
from infogan.selection.resampling import RESAMPLES, UNRELATED, Scores, Word, lead, resample, word
from infogan.storage.averaged_model import averaged_model
from infogan.training.config import TrainConfig
from infogan.training.loop import fit
from infogan.training.state import State

DEAD = 0.1
"""Use of a category, as a part of an even share, below which it is not counted as used."""

Verdict = Word | Literal["unsure"]


@dataclass(frozen=True)
class Scored:
    """What speaks for one number of categories; means over the seeds, shares from 0 to 1."""

    categories: int
    consensus: float
    """Mean ARI of every two seeds' categories on the same real images: no label, no matching."""
    low: float
    high: float
    """Its 95 % interval over the images."""
    consistency: float
    """Share of the images whose augmented copy keeps its category."""
    saturation: float
    """The bound on generated images over log K."""
    usage: float
    """Entropy of the categories on real images over log K."""
    used: float
    """Categories that real images use."""


@dataclass(frozen=True)
class Suggestion:
    """All rows, the number proposed, and how sure that is."""

    rows: list[Scored]
    proposed: int
    word: Verdict
    reason: str
    data: str
    protocol: str

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, eq=False)
class Trial:
    """One short run: what its Q says of the images, and a picture of its categories."""

    categories: int
    seed: int
    reading: Reading
    picture: Image.Image


def suggest(
    data: str,
    *,
    categories: Sequence[int] = (5, 10, 15, 20),
    seeds: int = 2,
    config: TrainConfig | None = None,
    images: int = 2000,
    progress: bool = True,
    after: Callable[[list[Trial]], None] = lambda trials: None,
) -> tuple[Suggestion, Image.Image]:
    """Train short runs of every number of categories, compare them, and draw the evidence.

    `config` is that of the runs, length included; its first category takes the numbers in turn.
    `after` is called with all trials so far whenever a run is finished.
    Raises UserError for fewer than two numbers or seeds, or codes without a category.
    """
    config = dataclasses.replace(config or TrainConfig(), data=data)
    check(categories, seeds, config)
    source = open_images(
        data, split="train", size=config.size, channels=config.channels, rules=config.rules
    )
    rng = np.random.default_rng(config.seed)
    real = source.batch(draw(len(source), images, rng))
    augmented = augment_images(real, config.augmentation, config.seed)
    trials: list[Trial] = []
    total = round(config.kimg * 1000) * len(categories) * seeds
    with tqdm(total=total, unit="img", unit_scale=True, disable=not progress) as bar:
        for k in categories:
            for seed in range(config.seed, config.seed + seeds):
                bar.set_description(f"{k} categories, seed {seed}")
                model = train_briefly(with_categories(config, k, seed), source, bar)
                reading = read(model, real, augmented, seed)
                trials.append(Trial(k, seed, reading, draw_codes(model, columns=6)))
                after(trials)
    protocol = (
        f"{seeds} seeds, {config.kimg:g} kimg each; {len(real):,} real images, train of {data}; "
        f"ARI of every two seeds, intervals from {RESAMPLES} halves of the images"
    )
    suggestion = propose(trials, data, protocol, rng)
    return suggestion, draw_suggestion(suggestion, trials)


def check(categories: Sequence[int], seeds: int, config: TrainConfig) -> None:
    """Raise UserError, before anything is trained, for what cannot be compared."""
    if len(set(categories)) < 2 or min(categories) < 2:
        raise UserError(f"categories {list(categories)}: give two numbers or more, 2 or above")
    if seeds < 2:
        raise UserError(f"seeds {seeds}: agreement between seeds needs at least 2")
    for k in categories:
        with_categories(config, k, config.seed)


def with_categories(config: TrainConfig, k: int, seed: int) -> TrainConfig:
    """The config with another number of categories in its first code that has any."""
    latent = config.model.latent
    first = next((code for code in latent.codes if isinstance(code, Categorical)), None)
    if first is None:
        raise UserError(f"codes {latent}: none is a category, such as kind=cat:10")
    codes = [dataclasses.replace(c, k=k) if c is first else c for c in latent.codes]
    # The compact spelling numbers codes without a name as they stand: c1, c2, …
    spelled = str(Latent(tuple(codes), latent.noise, latent.noise_prior))
    model = dataclasses.replace(config.model, codes=spelled)
    return dataclasses.replace(config, model=model, seed=seed)


def train_briefly(config: TrainConfig, source: Source, bar: "tqdm[Any]") -> Model:
    """A short run in memory; returns the averaged model."""
    model = dataclasses.replace(config.model, image_shape=source.shape)
    state = State.create(dataclasses.replace(config, model=model))
    done = 0
    for _ in fit(state, source):
        bar.update(state.images_seen - done)
        done = state.images_seen
    return averaged_model(state)


def propose(
    trials: Sequence[Trial], data: str, protocol: str, rng: np.random.Generator
) -> Suggestion:
    """The number on which the seeds agree best, and how sure that is."""
    numbers = list(dict.fromkeys(trial.categories for trial in trials))
    by_number = [[t.reading for t in trials if t.categories == k] for k in numbers]
    partitions = [np.stack([r.categories[:, 0] for r in readings]) for readings in by_number]
    point = np.array([agreement(each) for each in partitions])
    n = partitions[0].shape[1]

    def of_a_half() -> Scores:
        # Halves drawn without replacement scatter as whole samples do, and hold no image twice,
        # which would agree with itself.
        half = rng.permutation(n)[: n // 2]
        return np.array([agreement(each[:, half]) for each in partitions])

    resampled = resample(of_a_half)
    low, high = percentiles(resampled)
    rows = [
        _row(k, readings, point[i], low[i], high[i])
        for i, (k, readings) in enumerate(zip(numbers, by_number, strict=True))
    ]
    best = int(point.argmax())
    first = lead(resampled, best, np.arange(len(numbers)) != best).probability
    verdict, reason = _verdict(rows, best, first, seeds=len(by_number[0]))
    return Suggestion(rows, numbers[best], verdict, reason, data, protocol)


def agreement(partitions: Int[np.ndarray, "seeds n"]) -> float:
    """Mean ARI of every two seeds."""
    return float(np.mean([adjusted_rand(a, b) for a, b in combinations(partitions, 2)]))


def _row(k: int, readings: Sequence[Reading], point: float, low: float, high: float) -> Scored:
    shares = [np.bincount(r.categories[:, 0], minlength=k) / len(r.categories) for r in readings]
    return Scored(
        categories=k,
        consensus=float(point),
        low=float(low),
        high=float(high),
        consistency=float(np.mean([(r.categories == r.augmented)[:, 0].mean() for r in readings])),
        saturation=float(np.mean([r.mi_bound / r.entropy for r in readings])),
        usage=float(np.mean([r.usage / r.entropy for r in readings])),
        used=float(np.mean([(share >= DEAD / k).sum() for share in shares])),
    )


def _verdict(rows: Sequence[Scored], best: int, first: float, seeds: int) -> tuple[Verdict, str]:
    """How sure the choice is, and why not surer."""
    row = rows[best]
    if row.consensus < UNRELATED:
        return "unsure", (
            f"the seeds hardly agree with any number (ARI {row.consensus:.2f} at best): the runs "
            "were too short (--kimg), or these images have no kinds"
        )
    if min(row.saturation, row.usage) < GATE:
        return "unsure", "the runs have not learned their categories yet: give a longer --kimg"
    if best in (0, len(rows) - 1):
        end = "smallest" if best == 0 else "largest"
        return "a toss-up", (
            f"the seeds agree best on the {end} number tried: try others beyond it (--categories)"
        )
    again = f"first on {first:.0%} of the halves of the images"
    verdict = word(first, steady=seeds >= 3)
    if verdict == "a toss-up":
        return verdict, f"{again}: the best ones are too close to tell"
    few = "; of other seeds, two say little (--seeds 3)" if seeds < 3 else ""
    return verdict, again + few


def draw_suggestion(suggestion: Suggestion, trials: Sequence[Trial]) -> Image.Image:
    """The rows as lines, and beside them the categories that each number gave."""
    rows = suggestion.rows
    numbers = [row.categories for row in rows]
    lines = {
        "consensus": [row.consensus for row in rows],
        "consistency": [row.consistency for row in rows],
        "bound / log K": [row.saturation for row in rows],
        "usage / log K": [row.usage for row in rows],
    }
    chart = draw_lines(
        numbers,
        lines,
        title=f"{suggestion.data}: {suggestion.proposed} categories, {suggestion.word}",
        axis="categories",
        intervals={"consensus": [(row.low, row.high) for row in rows]},
    )
    firsts = {trial.categories: trial.picture for trial in reversed(trials)}
    return under_titles({"": chart} | {f"cat:{k}": firsts[k].reduce(2) for k in numbers})


def table(suggestion: Suggestion) -> str:
    """The rows as text, and under them what is proposed and how sure that is."""
    heads = ("categories", "consensus", "(95 %)", "consistency", "bound/log K", "usage/log K")
    lines = ["".join(f"{head:>13}" for head in (*heads, "used"))]
    for row in suggestion.rows:
        mark = "  <" if row.categories == suggestion.proposed else ""
        interval = f"{row.low:.2f}-{row.high:.2f}"
        shares = f"{row.consistency:13.2f}{row.saturation:13.2f}{row.usage:13.2f}{row.used:13.1f}"
        lines.append(f"{row.categories:13}{row.consensus:13.2f}{interval:>13}{shares}{mark}")
    proposed = "none" if suggestion.word == "unsure" else f"cat:{suggestion.proposed}"
    lines.append(f"proposed  {proposed}: {suggestion.word}; {suggestion.reason}")
    return "\n".join(lines)
