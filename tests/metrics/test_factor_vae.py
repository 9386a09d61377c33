"""FactorVAE: perfect, useless and redundant encoders, and what the score cannot see."""

from functools import partial

import numpy as np
import pytest

from infogan.metrics.factor_vae import factor_vae

SMALL = {"train": 1_000, "test": 500, "variance_images": 2_000}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_encoder(rng, dsprites, read_factors) -> None:
    result = factor_vae(dsprites, read_factors, rng=rng, **SMALL)
    assert result.value == 1.0
    assert result.votes.sum() == 1_000
    assert np.count_nonzero(result.votes - np.diag(np.diag(result.votes))) == 0
    for part in ("64 images a vote", "1,000 votes", "500 others", "5 of 5 codes"):
        assert part in result.protocol


def test_noise_guesses_among_five_factors(rng, dsprites) -> None:
    result = factor_vae(dsprites, lambda x: rng.normal(size=(len(x), 5)), rng=rng, **SMALL)
    assert result.value == pytest.approx(0.2, abs=0.06)


def test_copies_are_not_seen(rng, dsprites, read_factors) -> None:
    def encode(images: np.ndarray) -> np.ndarray:
        return np.hstack([read_factors(images)] * 2)

    assert factor_vae(dsprites, encode, rng=rng, **SMALL).value == 1.0


def test_random_rotations_into_ten_codes_pass(dsprites) -> None:
    spread = np.sqrt((np.square(dsprites.factor_sizes) - 1) / 12)
    scores = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        rotation = np.linalg.qr(rng.normal(size=(10, 5)))[0].T / spread[:, None]
        encode = partial(rotate, rotation)
        scores.append(factor_vae(dsprites, encode, rng=rng, **SMALL).value)
    assert np.mean(scores) >= 0.95


def rotate(rotation: np.ndarray, images: np.ndarray) -> np.ndarray:
    return images[:, 0, 0, :] @ rotation


def test_a_missing_shape_costs_an_eighth(dsprites, read_factors) -> None:
    # Four factors are found; the shape is, too, whenever one of two spare codes varies least.
    rng = np.random.default_rng(0)
    noise = np.random.default_rng(1)

    def encode(images: np.ndarray) -> np.ndarray:
        return np.hstack([read_factors(images)[:, 1:], noise.normal(size=(len(images), 2))])

    value = factor_vae(dsprites, encode, rng=rng, train=2_000, test=2_000).value
    assert value == pytest.approx(0.89, abs=0.03)


def test_narrow_codes_are_pruned_by_protocol_a_alone(rng, dsprites, read_factors) -> None:
    def encode(images: np.ndarray) -> np.ndarray:
        return read_factors(images) * np.array([1, 1, 1, 1, 0.1])

    pruned = factor_vae(dsprites, encode, rng=rng, **SMALL)
    assert pruned.active.tolist() == [True, True, True, True, False]
    assert pruned.votes[:, 4].sum() == 0
    assert factor_vae(dsprites, encode, rng=rng, protocol="B", variance_images=2_000).value == 1.0


def test_a_collapsed_encoder_scores_zero(rng, dsprites) -> None:
    result = factor_vae(dsprites, lambda x: np.zeros((len(x), 4)), rng=rng, **SMALL)
    assert result.value == 0
    assert not result.active.any()


def test_protocol_b_scores_the_votes_it_was_made_of(rng, dsprites) -> None:
    def encode(images: np.ndarray) -> np.ndarray:
        return rng.normal(size=(len(images), 10))

    result = factor_vae(dsprites, encode, rng=rng, protocol="B", variance_images=2_000)
    assert result.votes.sum(axis=1).tolist() == [100] * 5
    best = result.votes.max(axis=0).sum() / 500
    assert result.value == result.train_value == pytest.approx(best)
    assert "in-sample" in result.protocol


def test_order_sign_and_scale_of_codes_do_not_matter(dsprites, read_factors) -> None:
    def turned(images: np.ndarray) -> np.ndarray:
        return -3 * read_factors(images)[:, [3, 1, 4, 0, 2]] + 1

    ours, theirs = (
        factor_vae(dsprites, encode, rng=np.random.default_rng(1), **SMALL)
        for encode in (read_factors, turned)
    )
    assert ours.value == theirs.value
    assert theirs.votes.tolist() == ours.votes[:, [3, 1, 4, 0, 2]].tolist()


def test_constant_factors_are_never_held(rng, dsprites, read_factors) -> None:
    dsprites.factor_sizes = (1, 6, 40, 32, 32)
    assert factor_vae(dsprites, read_factors, rng=rng, **SMALL).votes[0].sum() == 0


def test_bad_sources_and_encoders_are_named(rng, dsprites, read_factors) -> None:
    with pytest.raises(ValueError, match="return \\(images, codes\\)"):
        factor_vae(dsprites, lambda x: np.zeros(len(x)), rng=rng, **SMALL)
    with pytest.raises(ValueError, match="NaN"):
        factor_vae(dsprites, lambda x: np.full((len(x), 2), np.nan), rng=rng, **SMALL)
    dsprites.factor_sizes = (1, 1, 1, 1, 32)
    with pytest.raises(ValueError, match="1 factors vary"):
        factor_vae(dsprites, read_factors, rng=rng, **SMALL)
