"""Choose among runs without a label: which agrees best with the others, and how sure that is."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from tqdm import tqdm

from infogan.codes.latent import Latent
from infogan.data.open import open_images
from infogan.errors import UserError
from infogan.inference.trained_model import Images
from infogan.metrics.samples import draw
from infogan.selection.agreement import (
    ACTIVE,
    BOUND_IMAGES,
    GATE,
    Agreement,
    PairScores,
    Reading,
    augment_images,
    gather,
    read,
    smallest_ranges,
)
from infogan.selection.candidates import Candidate, check_alike
from infogan.selection.centrality import cross_encode
from infogan.selection.resampling import (
    LIKELY,
    RESAMPLES,
    SURE,
    TIE,
    UNRELATED,
    Word,
    lead,
    resample,
    word,
)
from infogan.transforms.ranges import Augmentation
from infogan.versions import versions

Criterion = Literal["auto", "consensus", "consistency", "centrality", "udr"]
Mask = Bool[np.ndarray, " runs"]
Scores = Float[np.ndarray, " runs"]

COLUMNS = {
    "consensus": "consensus",
    "consensus_nmi": "by NMI",
    "consistency": "consistency",
    "centrality": "centrality",
    "udr": "UDR",
}


@dataclass(frozen=True)
class Standing:
    """One run among the others; None for what its codes do not allow, or was not asked."""

    name: str
    score: float
    """Of the criterion that ranks."""
    gate: str
    """Why the run stands behind those that pass; empty where it passes."""
    consensus: float | None
    consensus_nmi: float | None
    consistency: float | None
    centrality: float | None
    udr: float | None
    usage: float
    """Entropy of the categories on real images, in nats."""
    mi_bound: float
    """Of the categories, on generated images, in nats: a gate, never a ranking."""
    entropy: float
    """H(c), the most that both can be."""


@dataclass(frozen=True)
class Confidence:
    """How sure the choice is among these runs; it says nothing of how good the criterion is."""

    word: Word
    probability: float
    """That the winner comes first when the images (centrality: the votes) are drawn again."""
    lead: float
    """Of the winner's score over the next best, and its 95 % interval."""
    low: float
    high: float
    kept: int
    """In how many of `left_out` cases the winner stays first without one of the other runs."""
    left_out: int


@dataclass(frozen=True)
class Selection:
    """Runs in order, the best first; how sure that is, and what it was measured on."""

    chosen: str
    by: Criterion
    confidence: Confidence
    standings: list[Standing]
    pairs: list[list[float]]
    """What the scores are means of: how each run does with each other, in the same order."""
    notes: list[str]
    protocol: dict[str, str]
    data: str
    split: str
    images: int
    seed: int
    versions: dict[str, str]

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)


def select(
    candidates: Sequence[Candidate],
    data: str = "",
    *,
    by: Criterion = "auto",
    split: str = "train",
    images: int = 5000,
    votes: int = 200,
    seed: int = 0,
    progress: bool = False,
) -> Selection:
    """Rank models trained on the same images by how well they agree, without a label.

    `by="auto"` ranks by consensus where there are categories (two runs by consistency, since two
    always agree as much with each other), else by centrality, else by UDR. Runs that fail the gate
    come last, and judge no others while three that pass are left. `images` real images are drawn
    from `data`, by default the runs' own. Centrality takes `votes` votes a pair, and is computed
    only where it ranks, being slow. Raises UserError for runs that cannot be compared.
    """
    check_alike(candidates, data)
    by, notes = criterion(by, candidates[0].model.latent, len(candidates))
    data = data or candidates[0].config.data
    rng = np.random.default_rng(seed)
    pixels = _real_images(candidates[0], data, split, images, rng)
    readings = _read_all(candidates, pixels, seed, progress)
    agreement = gather(readings)
    protocol = _protocol(agreement, candidates, f"{len(pixels):,} real images, {split} of {data}")
    if by == "centrality":
        models = [candidate.model for candidate in candidates]
        crossed = cross_encode(models, votes=votes, seed=seed, progress=progress)
        agreement["centrality"] = crossed.pairs
        protocol["centrality"] = f"mean of (A_ij + A_ji)/2 over the others; {crossed.protocol}"

    passes = np.array([not reading.gate for reading in readings])
    eligible = passes if passes.any() else ~passes
    judges = eligible if eligible.sum() >= 3 else np.ones_like(eligible)
    pairs = {name: gathered(None) for name, gathered in agreement.items()}
    scores = {name: judged(name, table, judges) for name, table in pairs.items()}
    order = np.lexsort((-scores[by], ~eligible)).tolist()
    sure = confidence(by, agreement[by], judges, eligible, rng)
    if not passes.any():
        notes.append("no run passes the gate: none is worth choosing yet, train longer")
        sure = dataclasses.replace(sure, word="a toss-up")
    if by == "consensus" and scores["consensus"].max() < UNRELATED:
        notes.append("the runs hardly agree, so that the one that agrees best means little")
    return Selection(
        chosen=candidates[order[0]].name,
        by=by,
        confidence=sure,
        standings=[_standing(candidates[i].name, readings[i], by, scores, i) for i in order],
        pairs=pairs[by][np.ix_(order, order)].tolist(),
        notes=notes,
        protocol=protocol,
        data=data,
        split=split,
        images=len(pixels),
        seed=seed,
        versions=versions(),
    )


def criterion(by: Criterion, latent: Latent, runs: int) -> tuple[Criterion, list[str]]:
    """What ranks so many runs with these codes, and notes on why; UserError where nothing can."""
    dials, categories = len(latent.with_ends), len(latent.discrete)
    if by == "auto" and categories and runs == 2:
        note = "two runs always agree equally with each other: ranked by consistency instead"
        return "consistency", [note]
    if by == "auto":
        by = "consensus" if categories else "centrality" if dials > 1 else "udr"
    allowed = {"consensus": categories > 0, "consistency": categories > 0}
    allowed |= {"centrality": dials > 1, "udr": dials > 0}
    if not allowed[by]:
        raise UserError(
            f"codes {latent} do not allow ranking by {by}: consensus and consistency need a "
            "category, udr a continuous code, centrality two"
        )
    if runs == 2 and by != "consistency":
        raise UserError(
            f"two runs always agree equally with each other, {by} cannot rank them: "
            "give three or more"
        )
    return by, []


def judged(by: str, pairs: PairScores, judges: Mask) -> Scores:
    """A run's score: the mean (UDR: the median) of its pairs with the judges, itself left out."""
    average = np.median if by == "udr" else np.mean
    others = judges & ~np.eye(len(pairs), dtype=bool)
    return np.array([average(row[mask]) for row, mask in zip(pairs, others, strict=True)])


def confidence(
    by: str, agreement: Agreement, judges: Mask, eligible: Mask, rng: np.random.Generator
) -> Confidence:
    """Draw the images again, and leave out the other runs in turn: does the winner stay first?

    Sure is a probability of .95 or more and first whichever run is left out (asked of four runs or
    more: of two that are left, each agrees as much with the other); likely is .8 or more.
    """
    point = agreement(None)
    scores = judged(by, point, judges)
    winner = int(np.where(eligible, scores, -np.inf).argmax())
    rivals = eligible.copy()
    rivals[winner] = False
    if not rivals.any():
        return Confidence("sure", 1.0, 0.0, 0.0, 0.0, 0, 0)
    found = lead(resample(lambda: judged(by, agreement(rng), judges)), winner, rivals)

    # Consistency asks no other run; of two runs that are left, each agrees as much with the other.
    asks_others = by != "consistency" and judges.sum() >= 4
    left_out = [k for k in np.flatnonzero(judges) if k != winner] if asks_others else []
    kept = 0
    for k in left_out:
        remain = np.arange(len(judges)) != k
        without = judged(by, point, judges & remain)
        kept += bool(without[winner] >= without[eligible & remain].max() - TIE)
    return Confidence(
        word=word(found.probability, steady=kept == len(left_out)),
        probability=found.probability,
        lead=float(scores[winner] - scores[rivals].max()),
        low=found.low,
        high=found.high,
        kept=kept,
        left_out=len(left_out),
    )


def _real_images(
    candidate: Candidate, data: str, split: str, n: int, rng: np.random.Generator
) -> Images:
    """Up to n images, drawn without replacement, as the candidate takes them."""
    if n < 2:
        raise UserError(f"images={n}: at least 2 are needed")
    channels, size, _ = candidate.model.config.shape
    rules = candidate.model.config.preprocessing.rules
    source = open_images(data, split=split, size=size, channels=channels, rules=rules)
    return source.batch(draw(len(source), n, rng))


def _read_all(
    candidates: Sequence[Candidate], pixels: Images, seed: int, progress: bool
) -> list[Reading]:
    augmented = augment_images(pixels, _ranges(candidates), seed)
    return [
        read(candidate.model, pixels, augmented, seed)
        for candidate in tqdm(candidates, desc="reading", disable=not progress)
    ]


def _ranges(candidates: Sequence[Candidate]) -> Augmentation:
    return smallest_ranges([candidate.config.augmentation for candidate in candidates])


def _standing(
    name: str, reading: Reading, by: Criterion, scores: dict[str, Scores], run: int
) -> Standing:
    return Standing(
        name=name,
        score=float(scores[by][run]),
        gate=reading.gate,
        usage=reading.usage,
        mi_bound=reading.mi_bound,
        entropy=reading.entropy,
        **{key: float(scores[key][run]) if key in scores else None for key in COLUMNS},
    )


def _protocol(scores: Iterable[str], candidates: Sequence[Candidate], where: str) -> dict[str, str]:
    """How each figure came about."""
    ranges = dataclasses.asdict(_ranges(candidates))
    changes = ", ".join(f"{name} {value:g}" for name, value in ranges.items())
    matched = "over the other runs of argmax Q(c|x), codes matched one to one"
    known = {
        "consensus": f"mean ARI {matched}; {where}",
        "consensus_nmi": f"mean arithmetic NMI {matched}; {where}",
        "consistency": f"share of images whose copy keeps argmax Q(c|x); {changes}; {where}",
        "udr": "median over the other runs of UDR (Spearman), dials whose means have "
        f"{ACTIVE:.0%} of the prior's variance; {where}",
    }
    return {key: known[key] for key in scores} | {
        "gate": f"entropy of argmax Q(c|x) on the real images, and MI bound on {BOUND_IMAGES:,} "
        f"generated ones, at least {GATE:g} H(c); runs that fail stand last, and judge no others "
        "while three that pass are left",
        "confidence": f"{RESAMPLES} resamples of the images (centrality: of the votes); sure from "
        f"{SURE}, and first whichever other run is left out of four or more; likely from {LIKELY}",
    }


def table(selection: Selection) -> str:
    """The ranking as text, and under it the choice with how sure it is."""
    asked = [name for name in COLUMNS if getattr(selection.standings[0], name) is not None]
    width = max(len(each.name) for each in selection.standings)
    heads = "".join(f"{COLUMNS[name]:>13}" for name in asked)
    lines = [f"{'':>3} {'run':<{width}}{heads}{'usage, nats':>16}{'MI, nats':>16}"]
    for rank, each in enumerate(selection.standings, start=1):
        figures = "".join(f"{getattr(each, name):13.3f}" for name in asked)
        nats = [f"{value:.2f} of {each.entropy:.2f}" for value in (each.usage, each.mi_bound)]
        failed = f"  fails the gate: {each.gate}" if each.gate else ""
        lines.append(f"{rank:>3} {each.name:<{width}}{figures}{nats[0]:>16}{nats[1]:>16}{failed}")
    sure = selection.confidence
    lines += [
        f"chosen  {selection.chosen}, by {selection.by}: {sure.word}",
        f"        first in {sure.probability:.0%} of the resamples; ahead by {sure.lead:.3f} "
        f"({sure.low:.3f} to {sure.high:.3f})",
    ]
    if sure.left_out:
        lines.append(f"        first in {sure.kept} of {sure.left_out} cases with a run left out")
    return "\n".join(lines + [f"note    {note}" for note in selection.notes])
