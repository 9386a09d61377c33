"""What a model remembers of how its images were read, so that others are read alike."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from infogan.data.array_layout import ArrayLayout
from infogan.data.fingerprint import fingerprint
from infogan.data.ingest_report import IngestReport
from infogan.data.rules import ImageRules
from infogan.data.source import ArraySource, Source
from infogan.errors import UserError

SAMPLE = 1000
"""Images that the statistics are of, evenly spaced over all."""
EXTREMES = 0.5
"""Share of pixels at an end of the range by which sets may differ before it is said."""
LEAST_SHIFT = 0.2
"""Difference of mean brightness (of the whole range) that is never remarked upon."""
SPREADS = 5
"""Standard deviations of images' own means that a set's mean may be away."""


@dataclass(frozen=True)
class ImageStatistics:
    """How a set of images looks as a whole; brightness from 0, black, to 1, white.

    Attributes:
        mean: brightness of all pixels.
        std: standard deviation of all pixels.
        mean_std: standard deviation of the images' own means.
        black: share of pixels that are black.
        white: share of pixels that are white.
    """

    mean: float
    std: float
    mean_std: float
    black: float
    white: float

    @classmethod
    def of(cls, images: UInt8[np.ndarray, "n c h w"]) -> "ImageStatistics":
        """The statistics of some images."""
        means = images.reshape(len(images), -1).mean(axis=1) / 255
        numbers = (images.mean() / 255, images.std() / 255, means.std())
        ends = ((images == 0).mean(), (images == 255).mean())
        return cls(*(round(float(number), 5) for number in (*numbers, *ends)))

    def unlike(self, images: UInt8[np.ndarray, "n c h w"]) -> str:
        """In words, how images differ from these as a whole; empty where they do not."""
        new = ImageStatistics.of(images)
        # One image may well be darker than the mean of all.
        allowed = max(LEAST_SHIFT, SPREADS * self.mean_std)
        if abs(new.mean - self.mean) > allowed:
            return "darker" if new.mean < self.mean else "brighter"
        if new.std < self.std / 8:
            return "flatter"
        if max(abs(new.black - self.black), abs(new.white - self.white)) > EXTREMES:
            return "harder or softer"
        return ""


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """How images become what a model takes.

    Attributes:
        rules: how files and arrays are read.
        statistics: how those looked that it was trained on; None where nobody looked.
        layout: how samples lie in the arrays an estimator was fitted on; None for files.
        read: what was read, in words.
        fingerprint: of what was read, see `infogan.data.fingerprint`; empty in older models.
    """

    rules: ImageRules = field(default_factory=ImageRules)
    statistics: ImageStatistics | None = None
    layout: ArrayLayout | None = None
    read: tuple[str, ...] = ()
    fingerprint: str = ""

    @classmethod
    def of(cls, source: Source, layout: ArrayLayout | None = None) -> "Preprocessing":
        """What is to be remembered of a source that was trained on."""
        report = report_of(source)
        rules = report.rules
        if rules.range is None and layout is not None and layout.pictures:
            rules = replace(rules, range=(float(layout.low), float(layout.high)))
        statistics = ImageStatistics.of(sample(source))
        return cls(rules, statistics, layout, tuple(report.kept()), _fingerprint(source))

    def changed(self, source: Source) -> str:
        """In words, that a source is not the one this was of; empty where it is."""
        if self.fingerprint in ("", found := _fingerprint(source)):
            return ""
        return f"the images have changed (fingerprint {self.fingerprint}, now {found})"

    def warning(self, images: UInt8[np.ndarray, "n c h w"], name: str) -> str:
        """A line where new images do not look like those that were trained on, else empty."""
        how = self.statistics.unlike(images) if self.statistics and len(images) else ""
        if not how:
            return ""
        return (
            f"{name}: these images are {how} than those the model was trained on; where that is "
            "a mistake, name black and white with --range=LOW,HIGH"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            "rules": self.rules.as_dict(),
            "statistics": None if self.statistics is None else asdict(self.statistics),
            "layout": None if self.layout is None else self.layout.as_dict(),
            "read": list(self.read),
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_dict(cls, content: Any) -> "Preprocessing":
        """Of such data, checked; of nothing, what models of old did. Raises UserError."""
        if content is None:
            return cls()
        try:
            statistics, layout = content["statistics"], content["layout"]
            return cls(
                ImageRules.from_dict(content["rules"]),
                None if statistics is None else ImageStatistics(**_numbers(statistics)),
                None if layout is None else ArrayLayout.from_dict(layout),
                tuple(str(line) for line in content["read"]),
                str(content.get("fingerprint", "")),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(f"not how images were read ({error})") from None


def arranged(
    X: Source | np.ndarray,
    *,
    image_shape: tuple[int, ...] | None,
    size: int | None,
    data_range: tuple[float, float] | None,
) -> tuple[Source, Preprocessing]:
    """A user's images to learn from, and how they are read: of a source, or of arrays of samples.

    For arrays see `ArrayLayout.learn`. Raises UserError.
    """
    if isinstance(X, Source):
        return X, Preprocessing.of(X, ArrayLayout.of_images(X.shape))
    layout = ArrayLayout.learn(X, image_shape=image_shape, size=size, data_range=data_range)
    source = ArraySource("array", layout.to_images(X))
    return source, Preprocessing.of(source, layout)


def sample(source: Source) -> UInt8[np.ndarray, "n c h w"]:
    """Some images of a source, evenly spaced."""
    chosen = np.unique(np.linspace(0, len(source) - 1, min(SAMPLE, len(source))).astype(int))
    return source.batch(chosen)


def _fingerprint(source: Source) -> str:
    return fingerprint(source, most=SAMPLE)


def report_of(source: Source) -> IngestReport:
    """What a source says of how it was read; of those that are drawn or known, how many."""
    report = getattr(source, "report", None)
    if isinstance(report, IngestReport):
        return report
    plain = IngestReport(source.name, found=len(source), used=len(source), shape=source.shape)
    plain.darkest, plain.brightest = 0, 255
    return plain


def _numbers(content: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in content.items()}
