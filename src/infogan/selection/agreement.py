"""What can be told of runs without labels: their categories and dials on the same real images."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Num

from infogan.inference.mi_bound import information
from infogan.inference.trained_model import Images, Model, to_float, to_uint8
from infogan.metrics.clustering import nmi
from infogan.metrics.consensus import consensus_pairs
from infogan.metrics.information import entropy
from infogan.metrics.udr import udr_pairs
from infogan.transforms.ranges import Augmentation, augment

BATCH = 250
BOUND_IMAGES = 2000
GATE = 0.5
"""Least part of H(c) that the categories must use on real images, and the generator obey."""
ACTIVE = 0.02
"""Least part of the prior's variance in a dial's means; as UDR's .01 nats, −½ log(1 − R²)."""

PairScores = Float[np.ndarray, "runs runs"]
Agreement = Callable[[np.random.Generator | None], PairScores]
"""One number for a run and each other run; of resampled images when given an rng."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What one model's Q says of the images; entropies in nats, summed over the discrete codes."""

    categories: Int[np.ndarray, "n discrete"]
    augmented: Int[np.ndarray, "n discrete"]
    """Categories of the images' augmented copies."""
    dials: Float[np.ndarray, "n continuous"]
    """Means of Q."""
    active: Bool[np.ndarray, " continuous"]
    usage: float
    """Entropy of the categories on these images."""
    mi_bound: float
    """On generated images."""
    entropy: float
    """H(c), the most that both can be."""

    @property
    def gate(self) -> str:
        """Why the model is not to be chosen; empty where it may be."""
        if self.categories.shape[1] == 0:
            return "" if self.active.any() else "no dial moves on real images"
        if self.usage < GATE * self.entropy:
            return f"uses {self.usage:.2f} of {self.entropy:.2f} nats of its categories"
        if self.mi_bound < GATE * self.entropy:
            obeyed = max(0.0, self.mi_bound)
            return f"its generator obeys {obeyed:.2f} of {self.entropy:.2f} nats"
        return ""


def read(model: Model, images: Images, augmented: Images, seed: int) -> Reading:
    """Encode real images and their augmented copies, and measure what the generator obeys."""
    discrete = [code.name for code in model.latent.discrete]
    # Circles of two runs agree up to a turn, which rank correlations do not know.
    continuous = model.latent.with_ends
    encoded, again = _encode(model, images), _encode(model, augmented)
    categories = _columns([encoded[name]["value"] for name in discrete], len(images)).astype(int)
    dials = _columns([encoded[code.name]["mean"] for code in continuous], len(images))
    spread = [code.sample(10_000, _generator(seed)).numpy().var() for code in continuous]
    bounds = information(model, model.latent.sample(BOUND_IMAGES, _generator(seed)))
    return Reading(
        categories=categories,
        augmented=_columns([again[name]["value"] for name in discrete], len(images)).astype(int),
        dials=dials,
        active=dials.var(axis=0) >= ACTIVE * np.array(spread),
        usage=float(entropy(categories).sum()),
        mi_bound=float(sum(bounds[name].mean() for name in discrete)),
        entropy=float(sum(model.latent[name].entropy for name in discrete)),
    )


def gather(readings: Sequence[Reading]) -> dict[str, Agreement]:
    """All that the runs' codes allow: consensus (ARI and NMI), consistency, UDR."""
    agreement: dict[str, Agreement] = {}
    if readings[0].categories.shape[1]:
        partitions = np.stack([reading.categories for reading in readings])
        same = np.stack([(each.categories == each.augmented).mean(axis=1) for each in readings])
        agreement["consensus"] = _resampled(consensus_pairs, partitions)
        agreement["consensus_nmi"] = _resampled(lambda p: consensus_pairs(p, _nmi), partitions)
        agreement["consistency"] = _resampled(_own, same)
    if readings[0].dials.shape[1]:
        active = np.stack([reading.active for reading in readings])
        dials = np.stack([reading.dials for reading in readings])
        agreement["udr"] = _resampled(lambda means: udr_pairs(means, active), dials)
    return agreement


def smallest_ranges(augmentations: Sequence[Augmentation]) -> Augmentation:
    """The runs' own ranges where they share them, else for each change the smallest range.

    All runs are shown the same images: one trained to bear little would otherwise be asked little.
    """
    names = [field.name for field in dataclasses.fields(Augmentation)]
    smallest = {name: min(getattr(each, name) for each in augmentations) for name in names}
    return Augmentation(**smallest)


def augment_images(images: Images, ranges: Augmentation, seed: int) -> Images:
    """Each image once more, changed a little."""
    generator = _generator(seed)
    parts = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
    return np.concatenate([to_uint8(augment(to_float(part), ranges, generator)) for part in parts])


def _encode(model: Model, images: Images) -> dict[str, dict[str, np.ndarray]]:
    return model.encode_all(images[i : i + BATCH] for i in range(0, len(images), BATCH))


def _resampled(
    measure: Callable[[np.ndarray], PairScores], arrays: Num[np.ndarray, "runs n ..."]
) -> Agreement:
    """The measure of all images, or of as many drawn with replacement."""

    def pairs(rng: np.random.Generator | None = None) -> PairScores:
        n = arrays.shape[1]
        return measure(arrays if rng is None else arrays[:, rng.integers(0, n, n)])

    return pairs


def _own(same: Float[np.ndarray, "runs n"]) -> PairScores:
    """A score that asks no other run: the same whichever run it is compared with."""
    return np.repeat(same.mean(axis=1, keepdims=True), len(same), axis=1)


def _nmi(left: Int[np.ndarray, " n"], right: Int[np.ndarray, " n"]) -> float:
    return nmi(left, right).value


def _columns(columns: Sequence[np.ndarray], n: int) -> np.ndarray:
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
