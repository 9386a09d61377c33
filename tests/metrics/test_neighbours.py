"""Neighbours against loops over every pair."""

import numpy as np
import pytest

from infogan.metrics.neighbours import inside, squared_distances, squared_radii


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1500, 3))


def test_distances_over_several_blocks(points) -> None:
    found = np.concatenate(list(squared_distances(points, points[:7])))
    expected = ((points[:, None] - points[None, :7]) ** 2).sum(axis=2)
    assert found == pytest.approx(expected, abs=1e-9)


def test_radius_leaves_out_the_point_itself() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert squared_radii(line, 1) == pytest.approx([1, 1, 4, 16])
    assert squared_radii(line, 2) == pytest.approx([9, 4, 9, 36])


def test_inside_from_both_ends() -> None:
    line, radii = np.array([[0.0], [10.0]]), np.array([1.0, 4.0])
    held, holding = inside(np.array([[0.5], [5.0], [-0.9]]), line, radii)
    assert held.tolist() == [True, False, True]
    assert holding.tolist() == [True, False]
