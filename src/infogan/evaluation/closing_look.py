"""A last look at a trained model beside real images, for a verdict in words; no label is read."""

import dataclasses
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from infogan.codes.circular import Circular
from infogan.inference.inversion import invert
from infogan.inference.mi_bound import information
from infogan.inference.trained_model import Images, Model, latents
from infogan.metrics.features import strokenet
from infogan.metrics.morphometrics import PERIODS, morphometrics
from infogan.metrics.precision_recall import precision_recall

DRAWS = 1000
"""Images generated to compare with the real ones."""
PAIRS = 64
"""Images of which each dial is turned from end to end."""
SURE = 0.8
"""An image is unsure where its category is less probable than this."""
REBUILT, STEPS, TRIES = 16, 60, 16
"""Real images that are rebuilt, and how hard it is tried: a quick look, no `infogan project`."""
NEIGHBOURS = 15
"""Images that vote on what the category of one like them is."""
BATCH = 100


@dataclass(frozen=True)
class Likeness:
    """Two dials, and how alike the changes are that they make: the cosine, from −1 to 1."""

    first: str
    second: str
    cosine: float


@dataclass(frozen=True)
class Shortcut:
    """The measure that alone tells most of a code's categories.

    Attributes:
        measure: which one, such as brightness, or background colour.
        accuracy: share of the images whose category their neighbours in this measure have, each
            category counting alike.
    """

    measure: str
    accuracy: float


@dataclass(frozen=True)
class ClosingLook:
    """What was seen.

    Attributes:
        bounds: by code, L_I in nats on generated images.
        unsure: by code with categories, the share of real images whose category is less probable
            than 0.8.
        alike: every two dials.
        shortcuts: by code with categories; empty where images are no pictures, or too few.
        precision: share of generated images that lie among real ones, on strokenet's features;
            None where images are no pictures, or too few.
        floor: the same of other real images.
        grain: how far a pixel is from those around it in generated images, over the same in real
            ones: 1 where they are as smooth; None where images are no pictures.
        rebuilt: variance of real images that their reconstruction explains, from 0 to 1 (below 0
            where it is worse than their mean); None where it was not tried.
        names: by dial, the measure of the image it controls; None where none was found.
    """

    bounds: dict[str, float]
    unsure: dict[str, float]
    alike: list[Likeness]
    shortcuts: dict[str, Shortcut]
    precision: float | None
    floor: float | None
    grain: float | None
    rebuilt: float | None
    names: dict[str, str | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)


def closing_look(
    model: Model,
    real: Images,
    *,
    names: dict[str, str | None] | None = None,
    pictures: bool = True,
    rebuild: bool = True,
    seed: int = 0,
) -> ClosingLook:
    """Look at a finished model beside up to a thousand real images: some seconds of work.

    `names` are the measures that the dials were found to control, `pictures` says whether
    neighbouring pixels belong together, `rebuild` whether to try to reproduce some of the images,
    which takes about half of the time.
    """
    z = latents(model.latent, DRAWS, seed, {})
    bounds = {name: round(float(each.mean()), 4) for name, each in information(model, z).items()}
    encoded = model.encode_all(iter(np.array_split(real, max(1, len(real) // BATCH))))
    probs = {code.name: encoded[code.name]["probs"] for code in model.latent.discrete}
    generated = model.generate(z)
    precision, floor = _among_real(generated, real) if pictures else (None, None)
    rebuilt = None
    if rebuild and model.latent.noise:
        rebuilt = _rebuilt(model, real[:: max(1, len(real) // REBUILT)][:REBUILT])
    enough = pictures and len(real) > 2 * NEIGHBOURS
    measures = simple_measures(real) if enough else {}
    return ClosingLook(
        bounds=bounds,
        unsure={
            name: round(float((each.max(axis=1) < SURE).mean()), 4) for name, each in probs.items()
        },
        alike=_alike(model, seed),
        shortcuts={
            name: shortcut(measures, each.argmax(axis=1))
            for name, each in probs.items()
            if measures
        },
        precision=precision,
        floor=floor,
        grain=round(_roughness(generated) / max(_roughness(real), 1e-6), 4) if pictures else None,
        rebuilt=rebuilt,
        names=names or {},
    )


def shortcut(
    measures: dict[str, Float[np.ndarray, "n d"]], category: Int[np.ndarray, " n"]
) -> Shortcut:
    """Which measure alone tells the categories best, each image told by those nearest to it."""
    found = [Shortcut(name, _told(values, category)) for name, values in measures.items()]
    return max(found, key=lambda each: each.accuracy)


def _told(values: Float[np.ndarray, "n d"], category: Int[np.ndarray, " n"]) -> float:
    """Balanced accuracy of a vote among an image's nearest neighbours, itself left out."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(values).kneighbors(return_distance=False)
    counts = np.bincount(category)
    # A rare category's vote counts for more, or a frequent one would be told everywhere.
    votes = np.zeros((len(values), len(counts)))
    rows = np.repeat(np.arange(len(values)), near.shape[1])
    np.add.at(votes, (rows, category[near].ravel()), 1 / counts[category[near].ravel()])
    right = votes.argmax(axis=1) == category
    return round(float(np.mean([right[category == i].mean() for i in np.unique(category)])), 4)


def simple_measures(images: Images) -> dict[str, Float[np.ndarray, "n d"]]:
    """What the categories might be nothing but, in spreads."""
    border = np.concatenate(
        [images[:, :, 0], images[:, :, -1], images[:, :, :, 0], images[:, :, :, -1]], axis=2
    ).mean(axis=2)
    found = {
        "brightness": images.mean(axis=(1, 2, 3))[:, None] / 255,
        "background": border / 255,
    }
    if images.shape[1] == 3:
        found["colour"] = images.mean(axis=(2, 3)) / 255
    for name, values in morphometrics(images).items():
        if name not in (*found, "background hue"):
            found[name] = _points(values, PERIODS.get(name))
    return {
        name: (values - values.mean(axis=0)) / max(values.std(), 1e-9)
        for name, values in found.items()
    }


def _points(values: Float[np.ndarray, " n"], period: float | None) -> Float[np.ndarray, "n d"]:
    """A measure as points that lie near each other where images are alike; angles on a circle."""
    known = np.isfinite(values)
    angle = 2 * np.pi * np.where(known, values, 0) / (period or 1)
    if period is not None:
        return np.where(known[:, None], np.stack([np.cos(angle), np.sin(angle)], axis=1), 0)
    middle = values[known].mean() if known.any() else 0.0
    return np.where(known, values, middle)[:, None]


def _alike(model: Model, seed: int) -> list[Likeness]:
    """How alike the changes are that every two dials make to the same images."""
    base, changes = latents(model.latent, PAIRS, seed, {}), {}
    for code in model.latent.codes:
        if code.continuous:
            # A quarter of a circle: after half of it many things look as before.
            circle = isinstance(code, Circular)
            apart = code.traversal(4)[:2] if circle else (code.low, code.high)
            ends = [
                model.generate(model.latent.set_code(base, code.name, torch.full((PAIRS,), end)))
                for end in apart
            ]
            changes[code.name] = (ends[1].astype(np.float64) - ends[0]).reshape(PAIRS, -1)
    return [
        Likeness(first, second, round(_cosine(changes[first], changes[second]), 4))
        for first, second in combinations(changes, 2)
    ]


def _cosine(a: Float[np.ndarray, "n p"], b: Float[np.ndarray, "n p"]) -> float:
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / norms) if norms else 0.0


def _among_real(
    generated: UInt8[np.ndarray, "m c h w"], real: Images
) -> tuple[float | None, float | None]:
    """Share of generated images that lie among half of the real ones, and of the other half."""
    half = len(real) // 2
    if half < 2 * NEIGHBOURS:
        return None, None
    features = strokenet()
    ours, others = features(real[:half]), features(real[half : 2 * half])
    theirs = features(generated[:half])
    found = [precision_recall(ours, each).precision for each in (theirs, others)]
    return round(found[0], 4), round(found[1], 4)


def _roughness(images: Images) -> float:
    """Mean distance of a pixel from the mean of its four neighbours, 0 to 255."""
    total = 0.0
    for part in np.array_split(images, max(1, len(images) // BATCH)):
        x = part.astype(np.float32)
        around = x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
        total += len(part) * float(np.abs(x[..., 1:-1, 1:-1] - around / 4).mean())
    return total / len(images)


def _rebuilt(model: Model, images: Images) -> float:
    found = invert(model, images, steps=STEPS, tries=TRIES)
    variance = (images / 255.0).var(axis=0).mean()
    return round(1 - float(found.error.mean() / max(variance, 1e-6)), 4)
