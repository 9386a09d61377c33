"""Names for categories from labelled images: cases small enough to assign by hand."""

import numpy as np
import pytest

from infogan.codes.label_assignment import assign


def probs(*rows):
    return np.array(rows, float)


def names(findings):
    return [finding.name for finding in findings]


def doubts(findings):
    return [finding.doubt for finding in findings]


def test_clear_cases_are_named_without_doubt():
    found = assign(probs([0, 1, 0], [0.9, 0.1, 0], [0, 0, 1]), ["cat", "dog", "owl"])
    assert names(found) == ["dog", "cat", "owl"]
    assert doubts(found) == ["", "", ""]
    assert [finding.held for finding in found] == [{"dog": 1}, {"cat": 1}, {"owl": 1}]


def test_the_assignment_is_the_best_as_a_whole():
    # By itself category 0 would be "a" (0.6 > 0.5); together b-a gives 0.5 + 0.4, a-b 0.6 + 0.1.
    found = assign(probs([0.6, 0.4], [0.5, 0.1]), ["a", "b"])
    assert names(found) == ["b", "a"]


def test_two_labels_in_one_category_leave_the_other_by_elimination():
    found = assign(probs([0.9, 0.1], [0.8, 0.2]), ["cat", "dog"])
    assert names(found) == ["cat", "dog"]
    assert doubts(found) == [
        "it holds 1 cat and 1 dog",
        "by elimination: it holds no labelled image",
    ]


def test_a_mixed_category_is_ambiguous_and_a_stray_image_is_not():
    mixed = assign(probs(*[[1, 0]] * 5, [0, 1]), ["cat"] * 3 + ["dog"] * 2 + ["dog"])
    assert doubts(mixed) == ["it holds 3 cat and 2 dog", ""]
    stray = assign(probs(*[[1, 0]] * 10, [0, 1]), ["cat"] * 9 + ["dog"] * 2)
    assert names(stray) == ["cat", "dog"]
    assert doubts(stray) == ["", ""]


def test_categories_beyond_the_labels_are_numbered_or_left_nameless():
    found = assign(probs([1, 0, 0], [1, 0, 0], [0, 1, 0]), ["cat"] * 3)
    assert names(found) == ["cat", "cat 2", ""]
    assert doubts(found) == ["", "", "no labelled image is in it"]


def test_labels_beyond_the_categories_name_none():
    found = assign(probs([1, 0], [1, 0], [0, 1], [0, 1], [0.6, 0.4]), [*"aabb", "c"])
    assert names(found) == ["a", "b"]


def test_the_order_of_the_images_does_not_matter():
    rng = np.random.default_rng(0)
    table, labels = rng.dirichlet([0.3] * 4, 30), rng.choice(list("wxyz"), 30)
    order = rng.permutation(30)
    first = assign(table, labels.tolist())
    assert assign(table[order], labels[order].tolist()) == first


def test_without_images_there_is_nothing_to_go_by():
    with pytest.raises(ValueError, match="no labelled images"):
        assign(np.zeros((0, 3)), [])
