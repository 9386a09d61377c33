"""FID of Gaussians whose distance has a closed form."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from infogan.metrics.fid import fid


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_same_images_are_at_no_distance(rng) -> None:
    x = rng.normal(size=(300, 8))
    assert fid(x, x).value == pytest.approx(0, abs=1e-8)


def test_a_shift_costs_its_squared_length(rng) -> None:
    x = rng.normal(size=(300, 3))
    result = fid(x, x + np.array([1.0, 2.0, 2.0]))
    assert result.value == pytest.approx(9)
    assert result.mean_part == pytest.approx(9)


def test_a_collapsed_generator_costs_all_the_variance(rng) -> None:
    x = rng.normal(size=(300, 3))
    collapsed = np.tile(x.mean(axis=0), (300, 1))
    assert fid(x, collapsed).covariance_part == pytest.approx(x.var(axis=0, ddof=1).sum())


def test_twice_the_spread_costs_the_variance_once(rng) -> None:
    # σ² + (2σ)² − 2 σ · 2σ = σ², for every feature.
    x = rng.normal(size=(300, 3))
    doubled = 2 * x - x.mean(axis=0)
    assert fid(x, doubled).value == pytest.approx(x.var(axis=0, ddof=1).sum())


def test_agrees_with_the_matrix_square_root(rng) -> None:
    x = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5))
    y = rng.normal(size=(500, 5)) @ rng.normal(size=(5, 5)) + 0.3
    a, b = np.cov(x.T), np.cov(y.T)
    cross = sqrtm(a @ b).real
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a + b - 2 * cross)
    assert fid(x, y).value == pytest.approx(expected)


def test_sides_order_and_turns_do_not_matter(rng) -> None:
    x, y = rng.normal(size=(200, 4)), rng.normal(size=(150, 4)) * 1.5
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    expected = fid(x, y).value
    assert fid(y, x).value == pytest.approx(expected)
    assert fid(x[::-1] @ turn, y @ turn).value == pytest.approx(expected)


def test_fewer_images_than_features_and_float32(rng) -> None:
    # The covariance has 23 eigenvalues that are 0; what they are rounded to must not add up. The
    # arithmetic is float64's, so that the error is some ε of what is added: the two variances.
    x = rng.normal(size=(10, 32)).astype(np.float32)
    variance = x.astype(np.float64).var(axis=0, ddof=1).sum()
    assert 0 <= fid(x, x).value < 1e-12 * variance
    doubled = 2 * x.astype(np.float64) - x.astype(np.float64).mean(axis=0)
    assert fid(x, doubled).value == pytest.approx(variance, rel=1e-12)


def test_protocol_names_network_and_numbers(rng) -> None:
    x = rng.normal(size=(1200, 4))
    protocol = fid(x, x[:1000], features="strokenet (sha256 abcd)").protocol
    for part in ("strokenet (sha256 abcd)", "1,200 real", "1,000 generated"):
        assert part in protocol


def test_one_image_has_no_covariance(rng) -> None:
    with pytest.raises(ValueError, match="1 generated"):
        fid(rng.normal(size=(5, 2)), rng.normal(size=(1, 2)))
