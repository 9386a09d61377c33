"""A look at a model beside real images, cheap enough to take while it trains; no label is read."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from infogan.inference.trained_model import Images, Model, to_float, to_uint8
from infogan.transforms.ranges import Augmentation, augment

DRAWS = 500
"""Images generated to compare with the real ones."""
SETTINGS, VARIANTS = 16, 16
"""Settings of the codes, and draws of the noise for each."""
OVERLAP = 0.05
"""Overlaps below this are not worth noting."""
MOST_PAIRS = 50
"""Overlaps of a code that are noted: of a thousand categories there are half a million."""
PIXELS_AT_ONCE = 2**12
"""Pixels of all images that are taken as numbers at a time."""
FEWEST = 8
"""Images of a category below which its spread is not measured."""


@dataclass(frozen=True)
class Diagnostics:
    """What was seen; `as_dict` is what a run's log keeps of it.

    Attributes:
        usage: by code, the share of the real images in each of its categories.
        prior: by code, the share each category has of the generated images.
        overlap: by code, how far Q gives two categories to the same real images: cosine between
            the two columns of its probabilities, 0 where it tells them apart, by "i-j", i < j.
        sure: by code, the mean probability of the category Q decides for.
        restless: by code, the share of real images whose augmented copy gets another category.
        spread: of the generated images within a category over that of the real ones, the mean over
            the categories; 0 where every image is the same. Spread is the root of the pixels'
            total variance.
        noise: share of the pixels' variance among generated images that remains while the codes
            are held; None without noise.
    """

    usage: dict[str, list[float]]
    prior: dict[str, list[float]]
    overlap: dict[str, dict[str, float]]
    sure: dict[str, float]
    restless: dict[str, float]
    spread: float
    noise: float | None

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)


@torch.inference_mode()
def look_at(model: Model, real: Images, augmentation: Augmentation, seed: int = 0) -> Diagnostics:
    """Look at a model beside real images: what it uses, tells apart, and varies.

    `augmentation` says what alters an image without changing its category.
    """
    generator = torch.Generator().manual_seed(seed)
    encoded = model.encode_all(iter(np.array_split(real, 4)))
    augmented = [
        to_uint8(augment(to_float(part), augmentation, generator))
        for part in np.array_split(real, 4)
    ]
    again = model.encode_all(iter(augmented))
    z = model.latent.sample(DRAWS, generator)
    generated, codes = model.generate(z), model.latent.code_values(z)
    probs = {
        code.name: encoded[code.name]["probs"].astype(np.float64)
        for code in model.latent.codes
        if not code.continuous
    }
    leading = next(iter(probs), None)
    ours = np.zeros(len(real), int) if leading is None else probs[leading].argmax(axis=1)
    theirs = np.zeros(DRAWS, int) if leading is None else codes[leading].numpy().astype(int)
    return Diagnostics(
        usage={name: _rounded(_shares(p.argmax(axis=1), p.shape[1])) for name, p in probs.items()},
        prior={name: _rounded(model.latent[name].shares) for name in probs},
        overlap={name: overlaps(p) for name, p in probs.items()},
        restless={
            name: round(float((encoded[name]["value"] != again[name]["value"]).mean()), 4)
            for name in probs
        },
        sure={name: round(float(p.max(axis=1).mean()), 4) for name, p in probs.items()},
        spread=round(relative_spread(real, ours, generated, theirs), 4),
        noise=_noise_share(model, generator) if model.latent.noise else None,
    )


def overlaps(probs: Float[np.ndarray, "n k"]) -> dict[str, float]:
    """Cosine between two columns of probabilities: those most worth noting, largest first."""
    together = probs.T @ probs
    norms = np.sqrt(np.maximum(np.diag(together), 1e-12))
    cosine = together / np.outer(norms, norms)
    i, j = np.nonzero(np.triu(cosine, 1) > OVERLAP)
    pairs = sorted(((float(cosine[a, b]), f"{a}-{b}") for a, b in zip(i, j, strict=True)))
    return {name: round(value, 4) for value, name in pairs[: -MOST_PAIRS - 1 : -1]}


def relative_spread(
    real: UInt8[np.ndarray, "n c h w"],
    real_category: Int[np.ndarray, " n"],
    generated: UInt8[np.ndarray, "m c h w"],
    category: Int[np.ndarray, " m"],
) -> float:
    """Spread of generated over that of real images within a category, the mean over categories.

    All images count as one category where none has enough of both kinds.
    """
    pairs = [(real, generated)]
    for k in np.unique(category).tolist():
        ours, theirs = real[real_category == k], generated[category == k]
        if min(len(ours), len(theirs)) >= FEWEST:
            pairs.append((ours, theirs))
    within = pairs[1:] or pairs
    varied = [(spread, _spread(theirs)) for ours, theirs in within if (spread := _spread(ours)) > 0]
    return float(np.mean([theirs / ours for ours, theirs in varied])) if varied else 1.0


def _noise_share(model: Model, generator: torch.Generator) -> float:
    latent = model.latent
    z = latent.sample(SETTINGS, generator).repeat_interleave(VARIANTS, dim=0)
    z[:, latent.code_dim :] = latent.sample(len(z), generator)[:, latent.code_dim :]
    by_noise = total = 0.0
    for pixels in _pixels(model.generate(z)):
        total += float(pixels.var(axis=0).sum())
        each = pixels.reshape(SETTINGS, VARIANTS, -1).var(axis=1)
        by_noise += float(each.sum(axis=-1).mean())
    return round(by_noise / max(total, 1e-6), 4)


def _spread(images: Images) -> float:
    return math.sqrt(sum(part.var(axis=0, ddof=1).sum() for part in _pixels(images)))


def _pixels(images: Images) -> Iterator[Float[np.ndarray, "n some"]]:
    """Some pixels of all images at a time: as numbers they all take eight times as much memory."""
    flat = images.reshape(len(images), -1)
    for start in range(0, flat.shape[1], PIXELS_AT_ONCE):
        yield flat[:, start : start + PIXELS_AT_ONCE].astype(np.float64)


def _shares(values: Int[np.ndarray, " n"], k: int) -> Float[np.ndarray, " k"]:
    return np.bincount(values, minlength=k) / len(values)


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
