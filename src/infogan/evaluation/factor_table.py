"""A table of factors beside a model's codes: matched with the images, measured, told in words."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from infogan.data.factors_csv import Match, match_files, names_of, read_factors
from infogan.data.source import Source
from infogan.evaluation.attribute_words import attribute_words
from infogan.evaluation.attributes import (
    Attribute,
    as_attribute,
    best_code,
    check_any,
    readings,
    separation,
)
from infogan.evaluation.codes import BATCH
from infogan.evaluation.effort import Effort
from infogan.evaluation.results import Measurement
from infogan.inference.trained_model import Model


@dataclass(frozen=True)
class FactorResults:
    """What was measured of the factors, said of each code, and found in the table."""

    measurements: list[Measurement] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def beside_factors(
    model: Model, source: Source, table: str | Path, *, match: Match, effort: Effort, seed: int
) -> FactorResults:
    """Which code tells which factor of a table, how well, and in words. Raises UserError."""
    attributes, notes = attributes_of(table, source, match, effort, seed)
    images = np.unique(np.concatenate([each.images for each in attributes]))
    parts = (source.batch(part) for part in np.array_split(images, -(-len(images) // BATCH)))
    codes = readings(model.encode_all(parts))
    known = [replace(each, images=np.searchsorted(images, each.images)) for each in attributes]
    best = [best_code(each, codes, resamples=effort.resamples, seed=seed) for each in known]
    found = [*best, *separation(known, codes, effort=effort, seed=seed)]
    return FactorResults(found, attribute_words(known, codes, best), notes)


def attributes_of(
    path: str | Path, source: Source, match: Match, effort: Effort, seed: int
) -> tuple[list[Attribute], list[str]]:
    """The factors of a table that can be measured, and what was found. Raises UserError."""
    table = read_factors(path)
    matched = match_files(table, names_of(source), match)
    chosen = np.arange(len(matched.images))
    if len(chosen) > effort.images:
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(chosen), effort.images, replace=False))
    images, lines = matched.images[chosen], matched.lines[chosen]
    read = [
        as_attribute(name, [cells[i] for i in lines], images)
        for name, cells in table.columns.items()
    ]
    left_out = [each for each in read if isinstance(each, str)]
    found = [each for each in read if isinstance(each, Attribute)]
    check_any(found, left_out, str(table.path))
    partly = [
        f"{each.name} of {len(each.images):,}" for each in found if len(each.images) < len(images)
    ]
    notes = [matched.told]
    notes += (
        [f"{len(images):,} of these images were taken"] if len(images) < len(matched.images) else []
    )
    notes += [f"known of some only: {', '.join(partly)}"] if partly else []
    notes += [f"left out: {'; '.join(left_out)}"] if left_out else []
    return found, notes
