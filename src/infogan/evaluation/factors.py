"""Codes beside the factors that made the images: two published protocols, never in one table."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from tqdm import tqdm

from infogan.data.source import FactorSource
from infogan.evaluation.effort import Effort
from infogan.evaluation.results import Measurement, settings_of
from infogan.inference.trained_model import Model
from infogan.metrics.beta_vae import beta_vae
from infogan.metrics.dci import dci
from infogan.metrics.explicitness import explicitness
from infogan.metrics.factor_vae import factor_vae
from infogan.metrics.infomec import infomec
from infogan.metrics.mig import mig
from infogan.metrics.modularity import modularity
from infogan.metrics.samples import Protocol, protocol_name
from infogan.metrics.sap import sap

CODES = "; one column a code (Q's mean, or its best category) in standard deviations of its prior"
CODES_B, VOTES_B = 73_728, 500
"""Images and votes of protocol B."""
PRIOR_DRAWS = 10_000
WITHOUT_ORDER = ("shape", "glyph", "identity", "kind", "digit", "context")
"""Factors of this package's sources whose values are kinds, not amounts."""
BATCH = 500

PARTS = {
    "dci": {
        "dci_disentanglement": "disentanglement",
        "dci_completeness": "completeness",
        "dci_informativeness": "informativeness",
    },
    "infomec": {
        "infomec_modularity": "modularity",
        "infomec_explicitness": "explicitness",
        "infomec_compactness": "compactness",
    },
}
"""Metrics of several figures: the name of each, and the field that holds it."""


class KnownCodes:
    """The codes of a factor source's images, each image drawn and encoded at most once.

    To a metric it is the source and the encoder in one: as images its `render` gives their
    numbers, in eight bytes each, which its `encode` reads back.
    """

    def __init__(self, model: Model, source: FactorSource, bar: "tqdm[Any]") -> None:
        self.source, self.model, self.bar = source, model, bar
        self.factor_sizes = source.factor_sizes
        self.names = model.latent.names
        draws = model.latent.sample(PRIOR_DRAWS, torch.Generator().manual_seed(0))
        values = model.latent.code_values(draws)
        self._units = np.array([float(values[name].std()) for name in self.names])
        self._codes = np.zeros((len(source), len(self.names)))
        self._known = np.zeros(len(source), dtype=bool)

    def sample_factors(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "n k"]:
        """The source's."""
        return self.source.sample_factors(n, rng)

    def render(self, factors: Int[np.ndarray, "n k"]) -> UInt8[np.ndarray, "n 1 1 8"]:
        """The numbers of the images with these factors."""
        numbers = np.ravel_multi_index(tuple(factors.T), self.factor_sizes).astype(np.int64)
        pixels: np.ndarray = numbers.view(np.uint8).reshape(-1, 1, 1, 8)
        return pixels

    def encode(self, numbers: UInt8[np.ndarray, "n 1 1 8"]) -> Float[np.ndarray, "n d"]:
        """The codes of the images with these numbers."""
        indices = np.ascontiguousarray(numbers).reshape(-1).view(np.int64)
        unknown = np.unique(indices[~self._known[indices]])
        for start in range(0, len(unknown), BATCH):
            part = unknown[start : start + BATCH]
            encoded = self.model.encode(self.source.batch(part))
            columns = [encoded[name]["value"] for name in self.names]
            self._codes[part] = np.stack(columns, axis=1) / self._units
            self.bar.update(len(part))
        self._known[unknown] = True
        return self._codes[indices]


def disentanglement(
    known: KnownCodes, *, protocol: Protocol, effort: Effort, seed: int
) -> list[Measurement]:
    """Every metric over known factors under one protocol; under A also InfoMEC, which has none.

    Each metric draws from a generator of its own, so that no value depends on the others.
    """
    known.bar.set_description(f"codes of images with known factors, protocol {protocol}")
    rng = np.random.default_rng(seed)
    factors = known.sample_factors(effort.codes if protocol == "A" else CODES_B, rng)
    codes = known.encode(known.render(factors))
    varying = [k for k, size in enumerate(known.factor_sizes) if size > 1]
    names = [known.source.factor_names[k] for k in varying]
    measurements = []
    for metric, score in _over_codes(protocol, names).items():
        known.bar.set_description(f"{metric}, protocol {protocol}")
        result = score(codes, factors[:, varying], rng=np.random.default_rng(seed))
        detail = _detail(result, known.names, names)
        measurements += _measurements(metric, protocol, result, len(codes), detail, seed)
    for metric, score in _by_voting(protocol, effort).items():
        known.bar.set_description(f"{metric}, protocol {protocol}")
        result = score(known, known.encode, rng=np.random.default_rng(seed))
        votes = sum(effort.votes) if protocol == "A" else VOTES_B
        detail = {"train_value": result.train_value}
        measurements += _measurements(metric, protocol, result, votes, detail, seed)
    return measurements


def group_of(protocol: Protocol, metric: str) -> str:
    """The table a metric's figures belong in."""
    how = "InfoMEC (Hsu et al. 2023)" if metric == "infomec" else protocol_name(protocol)
    return f"codes beside known factors, {how}"


def _over_codes(protocol: Protocol, factors: Sequence[str]) -> dict[str, Callable[..., Any]]:
    """Metrics of arrays: (codes, factors) → result."""
    kinds = [k for k, name in enumerate(factors) if name in WITHOUT_ORDER]
    metrics: dict[str, Callable[..., Any]] = {
        "mig": partial(mig, protocol=protocol),
        "dci": partial(dci, protocol=protocol),
        "sap": partial(sap, protocol=protocol, discrete=kinds),
        "modularity": partial(modularity, protocol=protocol),
        "explicitness": partial(explicitness, protocol=protocol),
    }
    return metrics | ({"infomec": infomec} if protocol == "A" else {})


def _by_voting(protocol: Protocol, effort: Effort) -> dict[str, Callable[..., Any]]:
    """Metrics that draw batches with a factor held still: (source, encode) → result."""
    if protocol == "B":
        return {
            "factor_vae": partial(factor_vae, protocol="B"),
            "beta_vae": partial(beta_vae, protocol="B"),
        }
    train, test = effort.votes
    return {
        "factor_vae": partial(
            factor_vae, train=train, test=test, variance_images=effort.variance_images
        ),
        "beta_vae": partial(beta_vae, train=train, test=test),
    }


def _measurements(
    metric: str, protocol: Protocol, result: Any, n: int, detail: dict[str, Any], seed: int
) -> list[Measurement]:
    """One measurement for each figure of a result, the detail with the first."""
    return [
        Measurement(
            name,
            float(getattr(result, part)),
            settings_of(result.protocol) + CODES,
            n,
            group=group_of(protocol, metric),
            detail={} if i else detail,
            seed=seed,
        )
        for i, (name, part) in enumerate(PARTS.get(metric, {metric: "value"}).items())
    ]


def _detail(result: Any, codes: Sequence[str], factors: Sequence[str]) -> dict[str, Any]:
    """The parts of a result, with the names of the codes and the factors they belong to."""
    detail: dict[str, Any] = {}
    for part, names in (("per_factor", factors), ("per_code", codes)):
        if hasattr(result, part):
            detail[part] = dict(zip(names, getattr(result, part).tolist(), strict=True))
    if hasattr(result, "best"):
        detail["best_code"] = dict(zip(factors, (codes[i] for i in result.best), strict=True))
    for part in ("importance", "nmi"):
        if hasattr(result, part):
            rows = (dict(zip(factors, row.tolist(), strict=True)) for row in getattr(result, part))
            detail[part] = dict(zip(codes, rows, strict=True))
    return detail
