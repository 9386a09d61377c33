"""What every metric over codes and factors refuses, and how it draws its images."""

import numpy as np
import pytest

from infogan.metrics.samples import check, draw, protocol_name, split


def test_draw_takes_distinct_images_and_never_more_than_there_are() -> None:
    drawn = draw(100, 30, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == 30
    assert draw(100, 500, np.random.default_rng(0)).tolist() == list(range(100))


def test_split_is_disjoint_and_shrinks_in_proportion() -> None:
    fit, held = split(300, 10_000, 5_000, np.random.default_rng(0))
    assert (len(fit), len(held)) == (200, 100)
    assert not set(fit.tolist()) & set(held.tolist())
    fit, held = split(30_000, 10_000, 5_000, np.random.default_rng(0))
    assert (len(fit), len(held)) == (10_000, 5_000)


def test_one_image_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="cannot be split"):
        split(1, 10, 5, np.random.default_rng(0))


def test_a_factor_that_never_varies_is_named() -> None:
    factors = np.array([[0, 5], [1, 5]])
    with pytest.raises(ValueError, match="column 1 has a single value"):
        check(np.zeros((2, 3)), factors)


def test_codes_of_a_diverged_encoder_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        check(np.array([[0.0], [np.nan]]), np.array([[0], [1]]))


def test_one_factor_is_too_few_where_factors_are_compared() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        check(np.zeros((2, 3)), np.array([[0], [1]]), least_factors=2)


@pytest.mark.usefixtures("unchecked")
def test_rows_must_match() -> None:
    with pytest.raises(ValueError, match="2 codes but 3 factors"):
        check(np.zeros((2, 1)), np.zeros((3, 1), dtype=int))


@pytest.mark.usefixtures("unchecked")
def test_protocols_are_a_and_b() -> None:
    assert "disentanglement_lib" in protocol_name("A")
    assert "InfoGAN-CR" in protocol_name("B")
    with pytest.raises(ValueError, match="'C' is unknown"):
        protocol_name("C")
