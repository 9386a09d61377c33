"""What the codes say: of generated images in nats, of real ones beside labels where these exist."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from jaxtyping import Int

from infogan.data.source import Source
from infogan.evaluation.results import Measurement, settings_of
from infogan.inference.mi_bound import information
from infogan.inference.trained_model import Images, Model, latents
from infogan.metrics.bootstrap import Interval, bootstrap
from infogan.metrics.clustering import accuracy, ari, nmi
from infogan.metrics.coverage import coverage

BATCH = 500
BOUND = "information in each code, on generated images"
LABELS = "categories beside labels, on real images"
USE = "use of the categories, on real images"

Partition = Int[np.ndarray, " n"]


def batches(source: Source) -> Iterator[Images]:
    """All images of a source, in order."""
    for start in range(0, len(source), BATCH):
        yield source.batch(np.arange(start, min(start + BATCH, len(source))))


def categories(model: Model, images: Iterable[Images]) -> dict[str, Partition]:
    """The category that Q gives each image, for every code that has categories."""
    discrete = [code.name for code in model.latent.discrete]
    encoded = model.encode_all(iter(images)) if discrete else {}
    return {name: encoded[name]["value"].astype(np.int64) for name in discrete}


def mutual_information(model: Model, n: int, seed: int, *, resamples: int = 0) -> list[Measurement]:
    """L_I = H(c) + E[log Q(c|x)] of each code in nats, on n generated images.

    With `resamples` each has its bootstrap interval. Source: 1606.03657, eq. 5.
    """
    measurements = []
    for name, each in information(model, latents(model.latent, n, seed, {})).items():
        code = model.latent[name]
        measurements.append(
            Measurement(
                "mi_bound",
                float(each.mean()),
                f"L_I = H(c) + E log Q(c|x) in nats, {code.spelling}, on {n:,} generated images "
                "(uint8)",
                n,
                code=code.name,
                group=BOUND,
                interval=_interval(np.mean, each, resamples=resamples, seed=seed),
                detail={"entropy": code.entropy},
                seed=seed,
            )
        )
    return measurements


def clustering(
    model: Model, source: Source, labels: Partition, *, resamples: int = 0, seed: int = 0
) -> list[Measurement]:
    """ACC (one-to-one and many-to-one), NMI and ARI of every code with categories.

    On all images of the source, in the order of the labels. With `resamples` each has its
    bootstrap interval.
    """
    measurements = []
    for code, clusters in categories(model, batches(source)).items():
        matched = accuracy(labels, clusters)
        how = settings_of(matched.protocol)
        many = how.replace("one-to-one", "many-to-one (purity: at least the one-to-one)")
        found: list[tuple[str, str, Callable[..., float], dict[str, object]]] = [
            ("accuracy", how, _one_to_one, {"mapping": _keyed(matched.mapping)}),
            ("accuracy_many_to_one", many, _many_to_one, {"mapping": _keyed(matched.majority)}),
            ("nmi", settings_of(nmi(labels, clusters).protocol), _nmi, {}),
            ("ari", settings_of(ari(labels, clusters).protocol), _ari, {}),
        ]
        for name, protocol, figure, detail in found:
            measurements.append(
                Measurement(
                    name,
                    figure(labels, clusters),
                    protocol,
                    len(labels),
                    code=code,
                    group=LABELS,
                    interval=_interval(figure, labels, clusters, resamples=resamples, seed=seed),
                    detail=detail,
                    seed=seed,
                )
            )
    return measurements


def use(model: Model, found: dict[str, Partition], *, seed: int = 0) -> list[Measurement]:
    """How evenly real images use the categories of each code, and which of them are dead."""
    measurements = []
    for code, clusters in found.items():
        used = coverage(clusters, model.latent[code].n_categories)
        measurements.append(
            Measurement(
                "coverage",
                used.value,
                f"{used.protocol}: entropy of use over its maximum; dead is a category used less "
                "than a tenth of an even share",
                len(clusters),
                code=code,
                group=USE,
                detail={
                    "dead": list(used.dead),
                    "effective": used.effective,
                    "usage": used.usage.tolist(),
                },
                seed=seed,
            )
        )
    return measurements


def _interval(
    figure: Callable[..., float], *arrays: np.ndarray, resamples: int, seed: int
) -> Interval | None:
    """Bootstrap interval of a figure of arrays with one row an image; None for no resamples."""
    if resamples == 0:
        return None

    def statistic(rows: Int[np.ndarray, " n"]) -> float:
        return float(figure(*(array[rows] for array in arrays)))

    rng = np.random.default_rng(seed)
    return bootstrap(statistic, len(arrays[0]), rng, resamples=resamples)


def _keyed(mapping: dict[int, int]) -> dict[str, int]:
    """As JSON has it: keys are text."""
    return {str(cluster): label for cluster, label in mapping.items()}


def _one_to_one(labels: Partition, clusters: Partition) -> float:
    return accuracy(labels, clusters).one_to_one


def _many_to_one(labels: Partition, clusters: Partition) -> float:
    return accuracy(labels, clusters).many_to_one


def _nmi(labels: Partition, clusters: Partition) -> float:
    return nmi(labels, clusters).value


def _ari(labels: Partition, clusters: Partition) -> float:
    return ari(labels, clusters).value
