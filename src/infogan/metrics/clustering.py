"""Agreement of clusters with labels: ACC, NMI, ARI. The labels score, they never train."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from infogan.errors import UserError


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Clustering accuracy: `value` is the one-to-one figure, never purity."""

    value: float
    one_to_one: float
    """Share of images whose cluster is matched to their label, each label used once."""
    many_to_one: float
    """Share of images whose label is the majority of their cluster (purity); at least `value`."""
    mapping: dict[int, int]
    """Cluster → label of the one-to-one match; clusters beyond the labels have no entry."""
    majority: dict[int, int]
    """Cluster → its most frequent label."""
    confusion: Int[np.ndarray, "classes clusters"]
    """Images of each label (row, as in `classes`) in each cluster (column, as in `clusters`)."""
    classes: tuple[int, ...]
    clusters: tuple[int, ...]
    protocol: str


@dataclass(frozen=True)
class Agreement:
    """NMI or ARI of a partition with the labels."""

    value: float
    classes: int
    clusters: int
    protocol: str


def accuracy(labels: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]) -> Accuracy:
    """Accuracy under the best one-to-one map from clusters to labels (Hungarian algorithm).

    The many-to-one figure (each cluster takes its majority label) stands beside it, and the
    protocol says both where clusters outnumber the labels. Source: Kuhn (1955); Yang et al.,
    "Image Clustering Using Local Discriminant Models" (2010), eq. 22.

    Raises UserError if the two differ in length or are empty.
    """
    from scipy.optimize import linear_sum_assignment

    _check(labels, clusters)
    classes, rows = np.unique(labels, return_inverse=True)
    found, columns = np.unique(clusters, return_inverse=True)
    confusion = np.zeros((len(classes), len(found)), dtype=np.int64)
    np.add.at(confusion, (rows, columns), 1)
    matched_rows, matched_columns = linear_sum_assignment(confusion, maximize=True)
    one_to_one = float(confusion[matched_rows, matched_columns].sum() / len(labels))
    many_to_one = float(confusion.max(axis=0).sum() / len(labels))
    protocol = f"ACC, one-to-one, {_sizes(labels, classes, found)}"
    if len(found) > len(classes):
        protocol += f" (more clusters than classes: many-to-one is {many_to_one:.4f})"
    return Accuracy(
        value=one_to_one,
        one_to_one=one_to_one,
        many_to_one=many_to_one,
        mapping=_names(found[matched_columns], classes[matched_rows]),
        majority=_names(found, classes[confusion.argmax(axis=0)]),
        confusion=confusion,
        classes=tuple(classes.tolist()),
        clusters=tuple(found.tolist()),
        protocol=protocol,
    )


def nmi(labels: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]) -> Agreement:
    """Mutual information over the mean of the two entropies, 0 to 1 (arithmetic NMI).

    Raises UserError if the two differ in length or are empty. Source: Vinh, Epps & Bailey (2010).
    """
    from sklearn.metrics import normalized_mutual_info_score

    _check(labels, clusters)
    value = float(normalized_mutual_info_score(labels, clusters, average_method="arithmetic"))
    return _agreement("NMI, arithmetic", value, labels, clusters)


def ari(labels: Int[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]) -> Agreement:
    """Rand index adjusted for chance: 1 for equal partitions, about 0 for unrelated ones.

    Raises UserError if the two differ in length or are empty. Source: Hubert & Arabie (1985).
    """
    from sklearn.metrics import adjusted_rand_score

    _check(labels, clusters)
    return _agreement("ARI", float(adjusted_rand_score(labels, clusters)), labels, clusters)


def _agreement(name: str, value: float, labels: np.ndarray, clusters: np.ndarray) -> Agreement:
    classes, found = np.unique(labels), np.unique(clusters)
    protocol = f"{name}, {_sizes(labels, classes, found)}"
    return Agreement(value, len(classes), len(found), protocol)


def _check(labels: np.ndarray, clusters: np.ndarray) -> None:
    if len(labels) != len(clusters):
        raise UserError(
            f"{len(labels)} labels but {len(clusters)} clusters: give one of each per image"
        )
    if len(labels) == 0:
        raise UserError("no labels given: score at least one image")


def _sizes(labels: np.ndarray, classes: np.ndarray, clusters: np.ndarray) -> str:
    return f"{len(labels):,} images, {len(clusters)} clusters, {len(classes)} classes"


def _names(keys: np.ndarray, values: np.ndarray) -> dict[int, int]:
    return dict(zip(keys.tolist(), values.tolist(), strict=True))
