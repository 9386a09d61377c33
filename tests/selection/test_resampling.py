"""How sure a choice is: shares of the resamples, ties shared out, and the words for it."""

import numpy as np
import pytest

from infogan.selection.resampling import RESAMPLES, lead, resample, word

RIVALS = np.array([False, True, True])


def test_the_lead_is_over_the_best_rival_of_each_draw():
    found = lead(np.array([[3.0, 1.0, 2.0], [3.0, 2.5, 0.0], [1.0, 0.5, 0.9]]), 0, RIVALS)
    assert found.probability == 1
    # Leads 1, 0.5 and 0.1: the interval of three values lies within them.
    assert 0.1 < found.low < 0.2
    assert 0.9 < found.high < 1


def test_a_tie_is_shared_out_and_a_loss_counts_nothing():
    scores = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert lead(scores, 0, RIVALS).probability == pytest.approx((1 / 3 + 1 / 2 + 1 + 0) / 4)


def test_who_may_not_be_chosen_is_no_rival():
    scores = np.array([[1.0, 9.0, 0.0]] * 2)
    assert lead(scores, 0, np.array([False, False, True])).probability == 1


def test_each_draw_is_another():
    rng = np.random.default_rng(0)
    found = resample(lambda: rng.random(3))
    assert found.shape == (RESAMPLES, 3)
    assert len(np.unique(found)) == 3 * RESAMPLES


@pytest.mark.parametrize(
    ("probability", "steady", "expected"),
    [
        (0.95, True, "sure"),
        (1.0, False, "likely"),
        (0.94, True, "likely"),
        (0.8, True, "likely"),
        (0.79, True, "a toss-up"),
    ],
)
def test_words(probability, steady, expected):
    assert word(probability, steady=steady) == expected
