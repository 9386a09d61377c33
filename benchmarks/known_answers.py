"""What the disentanglement metrics say of codes whose worth is known beforehand, at full size.

    python benchmarks/known_answers.py

Codes are made from dSprites' own grid of factors: the factors themselves (perfect), every factor
twice (redundant), noise (useless), and random linear mixtures of the factors into ten codes, which
FactorVAE takes for nearly perfect and MIG does not.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from infogan.metrics.beta_vae import beta_vae
from infogan.metrics.dci import dci
from infogan.metrics.explicitness import explicitness
from infogan.metrics.factor_vae import factor_vae
from infogan.metrics.infomec import infomec
from infogan.metrics.mig import mig
from infogan.metrics.modularity import modularity
from infogan.metrics.sap import sap
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
ON_ARRAYS = {
    "MIG": mig,
    "DCI": dci,
    "SAP": sap,
    "modularity": modularity,
    "explicitness": explicitness,
    "InfoMEC": infomec,
}
ON_BATCHES = {"FactorVAE": factor_vae, "BetaVAE": beta_vae}
Encode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Grid:
    """dSprites' grid of factors, whose "images" are the factors themselves: nothing is drawn."""

    factor_sizes: tuple[int, ...] = (3, 6, 40, 32, 32)

    def sample_factors(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Factors of n images, drawn evenly."""
        return np.stack([rng.integers(size, size=n) for size in self.factor_sizes], axis=1)

    def render(self, factors: np.ndarray) -> np.ndarray:
        """The factors, in the shape of images."""
        return factors[:, None, None, :]


def main() -> None:
    """Measure every kind of code, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=16, help="mixtures drawn")
    parser.add_argument("--images", type=int, default=10_000, help="for the metrics on arrays")
    parser.add_argument("--out", default=str(RESULTS / "known-answers.json"))
    args = parser.parse_args()
    results = {
        "command": f"python benchmarks/known_answers.py --seeds {args.seeds}",
        "machine": machine(),
        "codes": {name: measure(encode, args.images) for name, encode in known().items()},
        "mixtures": {
            kind: mixtures(kind, args.seeds, args.images) for kind in ("rotations", "gaussian")
        },
    }
    Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def known() -> dict[str, Encode]:
    """Encoders of known worth."""
    noise = np.random.default_rng(1)
    return {
        "perfect": read,
        "redundant": lambda x: np.hstack([read(x), read(x)]),
        "useless": lambda x: noise.normal(size=(len(x), 5)),
    }


def read(images: np.ndarray) -> np.ndarray:
    """The factors themselves."""
    return images[:, 0, 0, :].astype(float)


def measure(encode: Encode, images: int) -> dict[str, object]:
    """Every metric, protocol A."""
    grid = Grid()
    factors = grid.sample_factors(images, np.random.default_rng(0))
    codes = encode(grid.render(factors))
    found = {
        name: metric(codes, factors, rng=np.random.default_rng(0))
        for name, metric in ON_ARRAYS.items()
    }
    for name, metric in ON_BATCHES.items():
        found[name] = metric(grid, encode, rng=np.random.default_rng(0))
    print({name: round(result.value, 4) for name, result in found.items()}, flush=True)
    return {
        name: {"value": round(result.value, 4), "protocol": result.protocol}
        for name, result in found.items()
    }


def mixtures(kind: str, seeds: int, images: int) -> dict[str, object]:
    """FactorVAE and MIG of random linear mixtures of the five standardised factors into ten."""
    grid = Grid()
    spread = np.sqrt((np.square(grid.factor_sizes) - 1) / 12)
    scores: dict[str, list[float]] = {"FactorVAE": [], "MIG": []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=(10, 5))
        weights = (np.linalg.qr(drawn)[0] if kind == "rotations" else drawn).T / spread[:, None]
        factors = grid.sample_factors(images, rng)
        encode = mixture(weights)
        scores["MIG"].append(mig(encode(grid.render(factors)), factors, rng=rng).value)
        scores["FactorVAE"].append(factor_vae(grid, encode, rng=rng).value)
    print(kind, {name: round(statistics.mean(each), 4) for name, each in scores.items()})
    return {
        name: {
            "mean": round(statistics.mean(each), 4),
            "median": round(statistics.median(each), 4),
            "values": [round(value, 4) for value in each],
        }
        for name, each in scores.items()
    }


def mixture(weights: np.ndarray) -> Encode:
    """An encoder that mixes the factors."""
    return lambda images: read(images) @ weights


if __name__ == "__main__":
    main()
