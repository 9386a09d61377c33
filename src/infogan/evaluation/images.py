"""Generated images beside real ones: on a feature network, and in pixels within each category."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch.nn.functional import adaptive_avg_pool2d
from tqdm import tqdm

from infogan.data.fingerprint import fingerprint
from infogan.data.open import open_images
from infogan.data.preprocessing import report_of
from infogan.data.source import Source
from infogan.evaluation.codes import BATCH, Partition, categories
from infogan.evaluation.effort import Effort
from infogan.evaluation.results import Measurement, settings_of
from infogan.inference.trained_model import Images, Model, latents
from infogan.metrics.diversity import diversity
from infogan.metrics.features import FeatureExtractor
from infogan.metrics.fid import fid
from infogan.metrics.floor import floor
from infogan.metrics.kid import kid
from infogan.metrics.precision_recall import precision_recall

QUALITY = "generated images beside real ones"
WITHIN = "generated images beside real ones, within each category"
PIXELS = 32
"""Side to which larger images are shrunk before their pixels are compared."""
FEWEST = 10
"""Images a side below which nothing is compared."""

Batches = Iterable[tuple[Images, dict[str, Partition]]]


@dataclass(frozen=True, eq=False)
class RealImages:
    """Real images to compare with, and others to take the generator's place for the floor."""

    real: Source
    real_indices: Int[np.ndarray, " n"]
    held: Source
    held_indices: Int[np.ndarray, " n"]
    note: str
    """For the protocol, where the data has one split only."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is kept of a set of images, which may be too many to keep themselves."""

    features: Float[np.ndarray, "n d"]
    pixels: Float32[np.ndarray, "m p"]
    """Of the first m."""
    categories: dict[str, Int[np.ndarray, " n"]]
    """Of each code: what Q says of real images, and what generated ones were made with."""


def draw_real(data: str, real: Source, split: str, n: int, seed: int) -> RealImages:
    """n images of the split and n of the other one, or fewer where either has fewer.

    Data with a single split is cut into halves.
    """
    rng = np.random.default_rng(seed)
    try:
        channels, size, _ = real.shape
        other = "train" if split == "test" else "test"
        rules = report_of(real).rules
        held = open_images(data, split=other, size=size, channels=channels, rules=rules)
    except ValueError:  # the folder holds the files of one split only
        held = real
    if held is real or fingerprint(held) == fingerprint(real):
        n = min(n, len(real) // 2)
        order = rng.permutation(len(real))
        note = "; the data has one split, these are two halves of it"
        return RealImages(real, order[:n], real, order[n : 2 * n], note)
    n = min(n, len(real), len(held))
    drawn = [rng.permutation(len(source))[:n] for source in (real, held)]
    return RealImages(real, drawn[0], held, drawn[1], "")


def real_batches(model: Model, source: Source, indices: Int[np.ndarray, " n"]) -> Batches:
    """Real images, with the categories Q gives them."""
    for start in range(0, len(indices), BATCH):
        batch = source.batch(indices[start : start + BATCH])
        yield batch, categories(model, [batch])


def generated_batches(model: Model, n: int, seed: int) -> Batches:
    """Generated images, with the categories they were made with."""
    discrete = [code.name for code in model.latent.discrete]
    for z in latents(model.latent, n, seed, {}).split(BATCH):
        values = model.latent.code_values(z)
        yield model.generate(z), {code: values[code].long().numpy() for code in discrete}


def look_at(extractor: FeatureExtractor, batches: Batches, closely: int, bar: "tqdm[Any]") -> Seen:
    """Features and categories of all images, and the pixels of the first `closely`."""
    features, pixels, found, seen = [], [], [], 0
    for images, made in batches:
        features.append(extractor(images))
        found.append(made)
        if seen < closely:
            pixels.append(_pixels(images[: closely - seen]))
        seen += len(images)
        bar.update(len(images))
    together = {code: np.concatenate([part[code] for part in found]) for code in found[0]}
    return Seen(np.concatenate(features), np.concatenate(pixels), together)


def quality(
    real: Seen, held: Seen, generated: Seen, *, effort: Effort, features: str, seed: int, note: str
) -> list[Measurement]:
    """FID, KID, precision and recall on features, each with its floor."""
    rng = np.random.default_rng(seed)
    subsets, size = effort.kid_subsets, effort.kid_size
    kids = partial(kid, rng=rng, subsets=subsets, size=size, features=features)
    n, close = len(generated.features), len(generated.pixels)
    measurements = []
    for metric, images, fields, details in (
        (partial(fid, features=features), n, {"fid": "value"}, ("mean_part", "covariance_part")),
        (kids, n, {"kid": "value"}, ("std",)),
        (
            partial(precision_recall, features=features),
            close,
            {"precision": "precision", "recall": "recall"},
            (),
        ),
    ):
        ours, theirs = real.features[:images], generated.features[:images]
        scored = metric(ours, theirs)
        least = floor(metric, held.features[:images], ours, images=images, rng=rng)
        measurements += [
            Measurement(
                name,
                getattr(scored, field),
                scored.protocol + note,
                images,
                group=QUALITY,
                floor=getattr(least, field),
                detail={detail: getattr(scored, detail) for detail in details},
                seed=seed,
            )
            for name, field in fields.items()
        ]
    return measurements


def within_categories(
    real: Seen, held: Seen, generated: Seen, *, seed: int, note: str
) -> list[Measurement]:
    """Spread and coverage of the real images in each category, in pixels, with their floors.

    In pixels, since the feature network is blind to style. A code none of whose categories has
    enough images is left out.
    """
    n = len(generated.pixels)
    features = f"pixels, sides of {PIXELS} at most"
    measurements = []
    for code in generated.categories:
        try:
            scored, least = (
                diversity(
                    real.pixels,
                    real.categories[code][:n],
                    other.pixels,
                    other.categories[code][:n],
                    features=features,
                )
                for other in (generated, held)
            )
        except ValueError:  # no category has enough images on both sides
            continue
        for name, ours, floors in (
            ("diversity", scored.spread, least.spread),
            ("diversity_coverage", scored.coverage, least.coverage),
        ):
            detail = {
                "least": min(ours.values()),
                "in_category": min(ours, key=lambda category: ours[category]),
                "categories": {str(category): value for category, value in ours.items()},
                "missing": list(scored.missing),
            }
            measurements.append(
                Measurement(
                    name,
                    float(np.mean(list(ours.values()))),
                    settings_of(scored.protocol) + note,
                    n,
                    code=code,
                    group=WITHIN,
                    floor=float(np.mean(list(floors.values()))),
                    detail=detail,
                    seed=seed,
                )
            )
    return measurements


def _pixels(images: Images) -> Float32[np.ndarray, "n p"]:
    """Images flattened to numbers in [0, 1], larger ones shrunk first."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)).float().div_(255)
    if pixels.shape[-1] > PIXELS:
        pixels = adaptive_avg_pool2d(pixels, PIXELS)
    return pixels.flatten(1).numpy()
