"""Clustering scores against counts worked out by hand."""

from itertools import permutations

import numpy as np
import pytest

from infogan.metrics.clustering import accuracy, ari, nmi


def test_renamed_clusters_are_perfect() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2])
    clusters = np.array([7, 7, 3, 3, 5, 5])
    result = accuracy(labels, clusters)
    assert result.value == 1.0
    assert result.mapping == {7: 0, 3: 1, 5: 2}
    assert nmi(labels, clusters).value == pytest.approx(1.0)
    assert ari(labels, clusters).value == pytest.approx(1.0)


def test_one_cluster_is_useless() -> None:
    labels = np.repeat(np.arange(4), 25)
    clusters = np.zeros(100, dtype=int)
    assert accuracy(labels, clusters).value == 0.25
    assert nmi(labels, clusters).value == 0.0
    assert ari(labels, clusters).value == 0.0


def test_confusion_and_match_worked_by_hand() -> None:
    # Label 0: three images in cluster 0, two in cluster 1; label 1: four in cluster 0.
    labels = np.array([0] * 5 + [1] * 4)
    clusters = np.array([0, 0, 0, 1, 1, 0, 0, 0, 0])
    result = accuracy(labels, clusters)
    assert result.confusion.tolist() == [[3, 2], [4, 0]]
    assert result.mapping == {0: 1, 1: 0}  # 4 + 2 = 6 right; the other way round 3 + 0
    assert result.value == pytest.approx(6 / 9)


def test_redundant_clusters_are_not_forgiven() -> None:
    # Each class is split in two clusters: purity says 1, the one-to-one match keeps half.
    labels = np.repeat([0, 1], 40)
    clusters = np.repeat([0, 1, 2, 3], 20)
    result = accuracy(labels, clusters)
    assert result.value == result.one_to_one == 0.5
    assert result.many_to_one == 1.0
    assert result.majority == {0: 0, 1: 0, 2: 1, 3: 1}
    assert len(result.mapping) == 2
    assert "many-to-one is 1.0000" in result.protocol
    # H(labels) = ln 2, H(clusters) = ln 4, I = ln 2: NMI = ln 2 / (1.5 ln 2).
    assert nmi(labels, clusters).value == pytest.approx(2 / 3)
    # Pairs: together in both 4·C(20,2) = 760 of 760, in labels 2·C(40,2) = 1,560, all 3,160.
    expected = 760 * 1560 / 3160
    assert ari(labels, clusters).value == pytest.approx((760 - expected) / (1160 - expected))


def test_fewer_clusters_than_classes() -> None:
    result = accuracy(np.array([0, 1, 2, 2]), np.array([0, 0, 1, 1]))
    assert result.value == 0.75
    assert "many-to-one" not in result.protocol


def test_match_is_the_best_of_all_permutations() -> None:
    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(0, 5, 300), rng.integers(0, 5, 300)
    best = max(np.mean(np.array(p)[clusters] == labels) for p in permutations(range(5)))
    assert accuracy(labels, clusters).value == pytest.approx(best)


@pytest.mark.parametrize("metric", [accuracy, nmi, ari])
def test_renaming_clusters_changes_nothing(metric) -> None:
    rng = np.random.default_rng(1)
    labels, clusters = rng.integers(0, 10, 500), rng.integers(0, 12, 500)
    renamed = rng.permutation(12)[clusters]
    assert metric(labels, renamed).value == pytest.approx(metric(labels, clusters).value)


@pytest.mark.parametrize("metric", [accuracy, nmi, ari])
def test_protocol_names_the_sizes(metric) -> None:
    labels = np.arange(1200) % 10
    protocol = metric(labels, labels).protocol
    assert "1,200 images" in protocol
    assert "10 clusters" in protocol


@pytest.mark.parametrize("metric", [accuracy, nmi, ari])
def test_no_images_is_the_users_mistake(metric) -> None:
    empty = np.array([], dtype=int)
    with pytest.raises(ValueError, match="no labels"):
        metric(empty, empty)
