"""What a trained run's codes have to do with the factors of images: every code with every factor.

    python benchmarks/factor_tables.py RUN
    python benchmarks/factor_tables.py RUN --data heads --faces FOLDER --out table.md

Q reads real images of a source with known factors (without --data, the one the run learnt from).
A continuous code gets |ρ| with an ordered factor (Spearman), R with one that is a circle
(circular-linear correlation, Mardia 1976), and η with one of kinds (correlation ratio): all from 0
to 1. A categorical code gets its mutual information with each factor in nats, and for kinds ACC
too, under the best one-to-one map. --faces is a folder with `factors.csv` (image, then attributes)
and `images`: categorical codes get NMI with each attribute, continuous ones the AUC of the value
they tell best from the rest. Where that folder is missing, so is its table.

Kinds seen by chance score above 0 (η of a useless code: about √((kinds − 1) / images); the best of
many AUCs lies above 0.5): read small values beside the number of images.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from infogan.data.collection import CollectionSource
from infogan.data.open import open_images
from infogan.data.source import FactorSource, Source
from infogan.evaluation.factors import WITHOUT_ORDER
from infogan.inference.trained_model import Model
from infogan.metrics.clustering import accuracy, nmi
from infogan.metrics.information import mutual_information
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder

CIRCLES = {
    ("sprites", "orientation"),
    ("scenes", "floor_hue"),
    ("scenes", "wall_hue"),
    ("scenes", "object_hue"),
    ("chairs-drawn", "rotation"),
    ("street-numbers", "digit_hue"),
    ("street-numbers", "plate_hue"),
    ("street-numbers", "light_direction"),
}
"""Source and factor whose last value is next to its first."""
COINCIDING = {("sprites", "orientation")}
"""Circles whose last value is the first again."""
BATCH = 250
Scores = dict[str, dict[str, str]]
"""Code by factor, in words such as "ρ 0.93"."""


def main() -> None:
    """Print the tables, and write them where --out says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", help="the run's folder")
    parser.add_argument("--data", help="a source with known factors; the run's own without")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faces", help="a folder with factors.csv and images")
    parser.add_argument("--out", help="a Markdown file")
    args = parser.parse_args()
    model = load_model(args.run)
    channels, size, _ = model.config.image_shape
    parts = []
    data = args.data or RunFolder(Path(args.run)).read_config().data
    source = open_images(data, size=size, channels=channels)
    if isinstance(source, FactorSource):
        rows = factor_scores(model, source, args.images, args.seed)
        parts.append(markdown(f"{source.name}, {args.images:,} images", rows))
    else:
        parts.append(f"{data}: no known factors.")
    if args.faces and (Path(args.faces) / "factors.csv").is_file():
        faces = Path(args.faces)
        n = len(open_images(faces / "images"))
        parts.append(markdown(f"{faces.name}, {n:,} images", attribute_scores(model, faces)))
    text = "\n\n".join(parts) + "\n"
    print(text)
    if args.out:
        Path(args.out).write_text(text)


def factor_scores(model: Model, source: FactorSource, n: int, seed: int) -> Scores:
    """Draw factors, read their images, and score every code with every factor."""
    factors = source.sample_factors(n, np.random.default_rng(seed))
    numbers = np.ravel_multi_index(tuple(factors.T), source.factor_sizes)
    codes = read_codes(model, source, numbers)
    columns = list(zip(source.factor_names, factors.T, source.factor_sizes, strict=True))
    return {
        name: {
            what: score(
                code, factor, kind_of_factor(source.name, what), size, continuous(model, name)
            )
            for what, factor, size in columns
        }
        for name, code in codes.items()
    }


def read_codes(
    model: Model, source: Source, numbers: Int[np.ndarray, " n"]
) -> dict[str, Float[np.ndarray, " n"]]:
    """Q's best guess of every code of these images."""
    parts = np.array_split(numbers, max(1, len(numbers) // BATCH))
    encoded = model.encode_all(source.batch(part) for part in parts)
    return {name: fields["value"] for name, fields in encoded.items()}


def continuous(model: Model, name: str) -> bool:
    """Whether a code is a dial, not a choice."""
    return model.latent[name].continuous


def kind_of_factor(source: str, factor: str) -> str:
    """Whether a factor's values are kinds, a circle, a circle closed twice, or ordered."""
    if factor in WITHOUT_ORDER:
        return "kinds"
    if (source, factor) in CIRCLES:
        return "closed circle" if (source, factor) in COINCIDING else "circle"
    return "ordered"


def score(
    code: Float[np.ndarray, " n"],
    factor: Int[np.ndarray, " n"],
    kind: str,
    size: int,
    is_continuous: bool,
) -> str:
    """How a code goes with a factor of so many values, by the kinds of both."""
    if not is_continuous:
        clusters = code.astype(np.int64)
        nats = mutual_information(clusters[:, None], factor[:, None])[0, 0]
        if kind != "kinds":
            return f"{nats:.2f} nats"
        return f"{nats:.2f} nats, ACC {100 * accuracy(factor, clusters).value:.1f} %"
    if kind == "kinds":
        return f"η {correlation_ratio(code, factor):.2f}"
    if kind == "ordered":
        return f"ρ {rank_correlation(code, factor):.2f}"
    turn = 2 * np.pi * factor / (size - (kind == "closed circle"))
    return f"R {circular_linear_correlation(code, turn):.2f}"


def rank_correlation(code: Float[np.ndarray, " n"], factor: Int[np.ndarray, " n"]) -> float:
    """|ρ| of Spearman, 0 where either is constant."""
    from scipy.stats import rankdata

    return _correlation(rankdata(code), rankdata(factor))


def circular_linear_correlation(
    x: Float[np.ndarray, " n"], angle: Float[np.ndarray, " n"]
) -> float:
    """Multiple correlation of x with the cosine and sine of an angle in radians, 0 to 1.

    Source: Mardia, "Linear-circular correlation coefficients and rhythmometry" (1976). A code that
    rises evenly once round the circle and falls back scores √6/π = 0.78, a cosine 1.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    design = np.stack([np.ones_like(cos), cos, sin], axis=1)
    fitted = design @ np.linalg.lstsq(design, x, rcond=None)[0]
    return _correlation(x, fitted)


def correlation_ratio(code: Float[np.ndarray, " n"], kinds: Int[np.ndarray, " n"]) -> float:
    """η: the root of the share of a code's variance that lies between kinds, 0 to 1."""
    _, which = np.unique(kinds, return_inverse=True)
    means = np.bincount(which, code) / np.bincount(which)
    return _correlation(code, means[which])


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """|r| of Pearson, 0 where either is constant."""
    if np.ptp(x) <= 1e-12 * np.abs(x).max() or np.ptp(y) <= 1e-12 * np.abs(y).max():
        return 0.0
    return float(abs(np.corrcoef(x, y)[0, 1]))


def best_auc(code: Float[np.ndarray, " n"], attribute: Sequence[str]) -> tuple[float, str]:
    """The greatest area under the curve of a value against the rest, and that value.

    0.5 tells nothing; a code that falls with the value counts as one that rises.
    """
    from scipy.stats import rankdata

    ranks, values = rankdata(code), np.array(attribute)
    best = (0.5, "")
    for value in np.unique(values).tolist():
        of = values == value
        a, b = of.sum(), (~of).sum()
        if a and b:
            area = (ranks[of].sum() - a * (a + 1) / 2) / (a * b)
            best = max(best, (float(max(area, 1 - area)), value))
    return best


def attribute_scores(model: Model, folder: Path) -> Scores:
    """Every code with every attribute of a folder of faces."""
    channels, size, _ = model.config.image_shape
    source = open_images(folder / "images", size=size, channels=channels)
    assert isinstance(source, CollectionSource), f"{folder}/images holds image files"
    attributes = read_attributes(folder / "factors.csv", [path.name for path in source.paths])
    codes = read_codes(model, source, np.arange(len(source)))
    return {
        name: {
            what: attribute_score(code, values, continuous(model, name))
            for what, values in attributes.items()
        }
        for name, code in codes.items()
    }


def read_attributes(path: Path, images: Sequence[str]) -> dict[str, list[str]]:
    """Each attribute's value for these images, in their order."""
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    by_image = {line["image"]: line for line in lines}
    names = [name for name in lines[0] if name != "image"]
    return {name: [by_image[image][name] for image in images] for name in names}


def attribute_score(
    code: Float[np.ndarray, " n"], values: Sequence[str], is_continuous: bool
) -> str:
    """NMI of a categorical code with an attribute, or the best AUC of a continuous one."""
    if is_continuous:
        area, value = best_auc(code, values)
        return f"AUC {area:.2f} {value}".rstrip()
    _, numbers = np.unique(values, return_inverse=True)
    return f"NMI {nmi(numbers, code.astype(np.int64)).value:.2f}"


def markdown(title: str, rows: Scores) -> str:
    """A table with the codes down its side."""
    columns = list(next(iter(rows.values())))
    lines = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(cells.values())} |" for name, cells in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
