"""Runs every measurement that applies to a model and the data at hand, in bounded time."""

import shlex
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from tqdm import tqdm

from infogan.data.factors_csv import Match
from infogan.data.fingerprint import fingerprint
from infogan.data.open import open_images, open_labels
from infogan.data.preprocessing import sample
from infogan.data.rules import ImageRules
from infogan.data.source import FactorSource, Source
from infogan.errors import UserError
from infogan.evaluation.codes import clustering, mutual_information, use
from infogan.evaluation.effort import EFFORTS, Effort, EffortName
from infogan.evaluation.factor_table import FactorResults, beside_factors
from infogan.evaluation.factors import KnownCodes, disentanglement
from infogan.evaluation.images import (
    FEWEST,
    draw_real,
    generated_batches,
    look_at,
    quality,
    real_batches,
    within_categories,
)
from infogan.evaluation.results import Measurement, Report
from infogan.inference.trained_model import Model
from infogan.metrics.features import FeatureExtractor, strokenet
from infogan.versions import versions


def evaluate(
    model: Model,
    data: str,
    *,
    name: str = "",
    split: str = "test",
    effort: EffortName = "standard",
    seed: int = 0,
    features: FeatureExtractor | None = None,
    progress: bool = True,
    rules: ImageRules | None = None,
    factors: str | Path = "",
    match: Match = "exact",
) -> Report:
    """Measure all that applies to a model and the images of a split of `data`.

    Always the bound of every code, the use of its categories, and image quality on `features`
    (the project's own network when not given); ACC, NMI and ARI where labels exist; metrics of
    disentanglement where factors are known. `factors` is a table of what is known of some images,
    `match` how its names fit theirs (`data.factors_csv`). `effort` sets the sample sizes: on MNIST
    quick takes about 15 s, standard a minute; full has the protocols' own. `name` is the run's
    folder, for the report; `rules` say how images are read, where not as in training. Raises
    UserError where the data or the table cannot be read or do not fit the model.
    """
    if effort not in EFFORTS:
        raise UserError(f"effort '{effort}': choose one of {', '.join(EFFORTS)}")
    started, sizes = time.perf_counter(), EFFORTS[effort]
    channels, size, _ = model.config.shape
    remembered = model.config.preprocessing
    rules = (rules or ImageRules()).over(remembered.rules)
    source = open_images(data, split=split, size=size, channels=channels, rules=rules)
    if warning := remembered.warning(sample(source), data):
        warnings.warn(warning, stacklevel=2)
    labels = open_labels(data, split=split, rules=rules)
    resamples, hidden = sizes.resamples, None if progress else True  # None: where nobody watches
    with tqdm(unit="img", file=sys.stderr, disable=hidden, leave=False) as bar:
        table = FactorResults()
        if factors:  # a table that does not fit is told at once
            table = beside_factors(model, source, factors, match=match, effort=sizes, seed=seed)
        bar.set_description("codes of generated images")
        measurements = mutual_information(model, sizes.images, seed, resamples=resamples)
        if labels is not None:
            bar.set_description("categories beside labels")
            measurements += clustering(model, source, labels, resamples=resamples, seed=seed)
        extractor = features or strokenet()
        measurements += _images(model, data, source, split, sizes, seed, extractor, bar)
        if isinstance(source, FactorSource):
            measurements += _disentanglement(KnownCodes(model, source, bar), sizes, seed)
    return Report(
        model=name,
        data=data,
        fingerprint=fingerprint(source),
        split=split,
        images=len(source),
        effort=effort,
        seed=seed,
        command=command(
            name, data, split=split, effort=effort, seed=seed, factors=str(factors), match=match
        ),
        seconds=round(time.perf_counter() - started, 1),
        versions=versions(),
        measurements=measurements + table.measurements,
        words=table.words,
        notes=table.notes,
    )


def _disentanglement(known: KnownCodes, effort: Effort, seed: int) -> list[Measurement]:
    """The metrics over generating factors, under each protocol."""
    found: list[Measurement] = []
    for protocol in effort.protocols:
        found += disentanglement(known, protocol=protocol, effort=effort, seed=seed)
    return found


def command(
    run: str,
    data: str,
    *,
    split: str,
    effort: EffortName,
    seed: int,
    factors: str = "",
    match: Match = "exact",
) -> str:
    """What to type for the same evaluation."""
    words = ["infogan", "evaluate", run or "RUN", "--data", data]
    words += ["--split", split] if split != "test" else []
    words += ["--factors", factors] if factors else []
    words += ["--match", match] if match != "exact" else []
    words += [f"--{effort}"] if effort != "standard" else []
    return shlex.join([*words, "--seed", str(seed)])


def _images(
    model: Model,
    data: str,
    source: Source,
    split: str,
    effort: Effort,
    seed: int,
    extractor: FeatureExtractor,
    bar: "tqdm[Any]",
) -> list[Measurement]:
    """Use of the categories by real images, and generated images beside them."""
    drawn = draw_real(data, source, split, effort.images, seed)
    n = len(drawn.real_indices)
    if n < FEWEST:
        return []
    looks = {
        "real images": real_batches(model, drawn.real, drawn.real_indices),
        "other real images": real_batches(model, drawn.held, drawn.held_indices),
        "generated images": generated_batches(model, n, seed),
    }
    seen = []
    for what, batches in looks.items():
        bar.set_description(what)
        seen.append(look_at(extractor, batches, effort.pairwise, bar))
    real, held, generated = seen
    bar.set_description("generated images beside real ones")
    return [
        *use(model, real.categories, seed=seed),
        *quality(
            real,
            held,
            generated,
            effort=effort,
            features=extractor.name,
            seed=seed,
            note=drawn.note,
        ),
        *within_categories(real, held, generated, seed=seed, note=drawn.note),
    ]
