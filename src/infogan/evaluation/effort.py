"""How much work an evaluation may be: a quick look, the default, or the protocols' own sizes."""

from dataclasses import dataclass
from typing import Literal

from infogan.metrics.samples import Protocol

EffortName = Literal["quick", "standard", "full"]


@dataclass(frozen=True)
class Effort:
    """Sample sizes, in images unless told otherwise."""

    images: int
    """A side, for FID and KID; also for the bound and the use of categories."""
    pairwise: int
    """A side, for what compares every pair of images: precision, recall, diversity."""
    kid_subsets: int
    kid_size: int
    resamples: int
    """Of each bootstrap."""
    codes: int
    """For the metrics over codes and factors; under protocol A, as all below."""
    votes: tuple[int, int]
    """FactorVAE's votes and BetaVAE's points, to fit and to score."""
    variance_images: int
    """From which FactorVAE has each code's variance."""
    protocols: tuple[Protocol, ...] = ("A",)


EFFORTS: dict[EffortName, Effort] = {
    "quick": Effort(
        images=2_000,
        pairwise=1_000,
        kid_subsets=20,
        kid_size=500,
        resamples=100,
        codes=2_000,
        votes=(100, 50),
        variance_images=2_000,
    ),
    "standard": Effort(
        images=10_000,
        pairwise=5_000,
        kid_subsets=50,
        kid_size=1_000,
        resamples=400,
        codes=6_000,
        votes=(400, 200),
        variance_images=5_000,
    ),
    "full": Effort(
        images=50_000,
        pairwise=10_000,
        kid_subsets=100,
        kid_size=1_000,
        resamples=1_000,
        codes=15_000,
        votes=(10_000, 5_000),
        variance_images=10_000,
        protocols=("A", "B"),
    ),
}
