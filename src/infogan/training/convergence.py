"""Has a run converged? What Q says of the same real images, compared over time, without labels."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from infogan.codes.circular import Circular
from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.data.source import Source
from infogan.inference.trained_model import at_once
from infogan.training.config import TrainConfig

WATCHED = 1000
"""Real images that are watched."""
LOOKS_PER_DOUBLING = 6
"""Looks lie evenly on a logarithmic scale: at the sixth, the run is twice as long."""
CALM_LOOKS = 3
"""Calm looks in succession that make a run converged: together the last 29 % of it."""
CALM = 0.02
"""Largest share of the images that may be unsettled at a calm look."""
YOUNG = 0.2
"""Part of the planned length before which no run is converged."""
SURE = 0.8
"""An image is unsettled where its category has changed, or is less probable than this."""

COUNTS = ("looks", "calm", "converged_at")
"""What a checkpoint holds beside the answers."""

Answers = Float[Tensor, "watched codes"]


@dataclass
class Convergence:
    """What Q said at the last look; part of a run's state.

    Attributes:
        answers: Q's best value of every code for every watched image.
        looks: looks so far.
        calm: calm looks in succession.
        unsettled: share of the images whose category changed since the look before, or is unsure;
            None when it has been told, and until there are two looks.
        converged_at: images seen when the run converged; 0 while it has not.
    """

    answers: Answers
    looks: int = 0
    calm: int = 0
    converged_at: int = 0
    unsettled: float | None = field(default=None, compare=False)

    @classmethod
    def start(cls, latent: Latent) -> "Convergence":
        """Before the first look."""
        return cls(torch.zeros(WATCHED, len(latent.codes)))

    @property
    def numbers(self) -> dict[str, int]:
        """The counts, by name."""
        return {name: getattr(self, name) for name in COUNTS}

    def look(
        self,
        discriminator: nn.Module,
        latent: Latent,
        images: Float[Tensor, "watched c h w"],
        images_seen: int,
        young: bool,
    ) -> None:
        """Compare what Q says now with what it said at the last look, and keep it.

        A young run, in the first fifth of its planned length, cannot converge.
        """
        answers, sure = read(discriminator, latent, images)
        if self.looks:
            self.unsettled = unsettled(latent, self.answers, answers, sure)
            self.calm = self.calm + 1 if self.unsettled <= CALM and not young else 0
            if self.calm >= CALM_LOOKS and not self.converged_at:
                self.converged_at = images_seen
        self.answers.copy_(answers)
        self.looks += 1


def end_of(config: TrainConfig, converged_at: int) -> int:
    """Images after which a run is over: as planned, or sooner where it converged and may stop.

    It then ends as one would that had been planned to decay from there.
    """
    planned, constant = round(config.kimg * 1000), 1 - config.optim.decay
    if config.early_stop and converged_at and constant:
        return min(planned, round(converged_at / constant))
    return planned


def look_due(before: int, after: int) -> bool:
    """Whether a look lies between two numbers of images seen."""
    return after > 0 and _looks_until(after) > _looks_until(before)


def watched_images(
    source: Source, seed: int, n: int = WATCHED
) -> UInt8[np.ndarray, "watched c h w"]:
    """The real images that are watched; some come twice where there are too few."""
    rng = np.random.default_rng((seed, n))
    return source.batch(rng.choice(len(source), n, replace=len(source) < n))


@torch.no_grad()
def read(
    discriminator: nn.Module, latent: Latent, images: Float[Tensor, "n c h w"]
) -> tuple[Float[Tensor, "n codes"], Float[Tensor, "n codes"]]:
    """Q's best value of every code, and how probable it is (1 for a dial)."""
    parts = []
    for part in images.split(at_once(images.shape[-1])):
        q = discriminator(part).q.cpu()
        parts.append([_answer(code, columns) for code, columns in latent.split_q(q)])
    values = torch.cat([torch.stack([value for value, _ in part], dim=1) for part in parts])
    sure = torch.cat([torch.stack([sure for _, sure in part], dim=1) for part in parts])
    return values, sure


def unsettled(
    latent: Latent,
    before: Float[Tensor, "n codes"],
    now: Float[Tensor, "n codes"],
    sure: Float[Tensor, "n codes"],
) -> float:
    """Share of images with a category that changed, or is unsure; of the code where it is largest.

    Without categories: 1 − R² of the dials' values now and before, again the largest.
    """
    discrete = [i for i, code in enumerate(latent.codes) if not code.continuous]
    if discrete:
        restless = (before != now) | (sure < SURE)
        return float(restless[:, discrete].float().mean(dim=0).max())
    return max(1 - _kept(code, before[:, i], now[:, i]) ** 2 for i, code in enumerate(latent.codes))


def _kept(code: Prior, before: Tensor, now: Tensor) -> float:
    """How far a dial's values are those of before: r; of a circle, but for a common turn."""
    if isinstance(code, Circular):
        angle = math.pi * (now - before).double()
        return float(torch.polar(torch.ones_like(angle), angle).mean().abs())
    return _correlation(before, now)


def _answer(code: Prior, q: Tensor) -> tuple[Tensor, Tensor]:
    value = code.estimate(q)
    return value, torch.ones_like(value) if code.continuous else code.log_probs(q).exp().amax(dim=1)


def _correlation(a: Tensor, b: Tensor) -> float:
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    return float((a * b).sum() / (a.norm() * b.norm()).clamp_min(1e-12))


def _looks_until(images: int) -> int:
    return math.floor(LOOKS_PER_DOUBLING * math.log2(max(1, images)))
