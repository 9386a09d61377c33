"""Our gradient boosting against scikit-learn's, which it must equal."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from infogan.metrics.boosting import boost


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def blurred(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A code that knows the label, one that knows a little, one of noise; few distinct values."""
    n = len(labels)
    codes = np.column_stack([labels + 0.4 * rng.normal(size=n), labels + 2 * rng.normal(size=n)])
    return np.round(np.column_stack([codes, rng.normal(size=n)]), 1)


@pytest.mark.parametrize("values", [2, 4])
def test_equals_scikit_learn_stage_by_stage(rng, values) -> None:
    labels = rng.integers(0, values, 300) * 3
    codes = blurred(labels, rng)
    theirs = GradientBoostingClassifier(n_estimators=5, random_state=0)
    theirs.fit(codes[:200], labels[:200])
    ours = boost(codes[:200], labels[:200], codes[200:], stages=5)
    assert ours.importance == pytest.approx(theirs.feature_importances_, abs=1e-9)
    assert ours.held.tolist() == theirs.predict(codes[200:]).tolist()
    assert ours.fitted.tolist() == theirs.predict(codes[:200]).tolist()


def test_stays_with_scikit_learn_to_the_end(rng) -> None:
    # Equally good splits are tossed for there: its own seeds differ by a few thousandths too.
    labels = rng.integers(0, 3, 300)
    codes = blurred(labels, rng)
    theirs = GradientBoostingClassifier(random_state=0).fit(codes, labels)
    ours = boost(codes, labels, codes[:0])
    assert ours.importance == pytest.approx(theirs.feature_importances_, abs=0.01)


def test_quantile_bins_hardly_matter(rng) -> None:
    labels = rng.integers(0, 3, 1000)
    codes = np.column_stack([labels + 0.4 * rng.normal(size=1000), rng.normal(size=1000)])
    theirs = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(codes, labels)
    ours = boost(codes, labels, codes[:0], stages=20)
    assert ours.importance == pytest.approx(theirs.feature_importances_, abs=0.02)


def test_codes_that_tell_nothing_are_worth_nothing() -> None:
    labels = np.arange(60) % 3
    result = boost(np.zeros((60, 2)), labels, np.zeros((5, 2)))
    assert result.importance.tolist() == [0, 0]
    assert len(set(result.held.tolist())) == 1
