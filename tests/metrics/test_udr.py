"""Whether the dials of several runs correspond one to one."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from infogan.metrics.udr import udr_pairs

ACTIVE = np.ones((2, 3), dtype=bool)


@pytest.fixture
def dials() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2000, 3))


def test_order_sign_and_monotone_changes_do_not_matter(dials: np.ndarray) -> None:
    changed = np.stack([-dials[:, 2], dials[:, 0] ** 3, np.exp(dials[:, 1])], axis=1)
    pairs = udr_pairs(np.stack([dials, changed]), ACTIVE)
    # One correlation of 1 in each row and column, the other two near 0: 1 / (1 + about .04).
    assert pairs[0, 1] == pytest.approx(pairs[0, 0])
    assert pairs[0, 1] > 0.93


def test_a_mixture_is_worth_less(dials: np.ndarray) -> None:
    mixing = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    pairs = udr_pairs(np.stack([dials, dials @ mixing]), ACTIVE)
    assert pairs[0, 1] < 0.6


def test_value_is_the_papers_formula(dials: np.ndarray) -> None:
    other = dials @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.2], [0.3, 0.0, 1.0]])
    r = np.abs(spearmanr(dials, other).statistic[:3, 3:])
    rows = [max(row) ** 2 / sum(row) for row in r.tolist()]
    columns = [max(column) ** 2 / sum(column) for column in r.T.tolist()]
    pairs = udr_pairs(np.stack([dials, other]), ACTIVE)
    assert pairs[0, 1] == pairs[1, 0] == pytest.approx(sum(rows + columns) / 6)


def test_dead_codes_are_left_out(dials: np.ndarray) -> None:
    dead = dials.copy()
    dead[:, 1] = np.random.default_rng(3).normal(0, 1e-6, len(dials))
    dead[:, 2] = 0.0
    active = np.array([[True, True, True], [True, False, False]])
    # Of the three rows one holds 1 and two about 0; the one column holds 1.
    pairs = udr_pairs(np.stack([dials, dead]), active)
    assert pairs[0, 1] == pytest.approx((1 / 3 + 1) / 2, abs=0.05)


def test_constant_and_inactive_codes_score_nothing(dials: np.ndarray) -> None:
    constant = np.zeros_like(dials)
    codes = np.stack([dials, constant])
    assert udr_pairs(codes, ACTIVE)[0, 1] == 0
    none = np.array([[True] * 3, [False] * 3])
    assert udr_pairs(codes, none)[0, 1] == 0
