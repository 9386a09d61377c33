"""BetaVAE: perfect, useless and redundant encoders."""

import numpy as np
import pytest

from infogan.metrics.beta_vae import beta_vae

SMALL = {"train": 400, "test": 200}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_perfect_encoder(rng, dsprites, read_factors) -> None:
    result = beta_vae(dsprites, read_factors, rng=rng, **SMALL)
    assert result.value > 0.99
    assert "64 pairs a point, 400 points, scored on 200 others" in result.protocol


def test_noise_guesses_among_five_factors(rng, dsprites) -> None:
    result = beta_vae(dsprites, lambda x: rng.normal(size=(len(x), 5)), rng=rng, **SMALL)
    assert result.value == pytest.approx(0.2, abs=0.1)
    assert result.train_value >= result.value


def test_copies_are_not_seen(rng, dsprites, read_factors) -> None:
    def encode(images: np.ndarray) -> np.ndarray:
        return np.hstack([read_factors(images)] * 2)

    assert beta_vae(dsprites, encode, rng=rng, **SMALL).value > 0.99


def test_an_encoder_of_two_factors_tells_three_classes_apart(rng, dsprites, read_factors) -> None:
    # Sharing factor 2 or 3 is seen; sharing 0, 1 or 4 looks alike: 2/5 + 3/5 · 1/3 = .6.
    def encode(images: np.ndarray) -> np.ndarray:
        return read_factors(images)[:, 2:4]

    value = beta_vae(dsprites, encode, rng=rng, train=2_000, test=1_000).value
    assert value == pytest.approx(0.6, abs=0.06)


def test_protocol_b_is_in_sample_and_takes_turns(rng, dsprites, read_factors) -> None:
    result = beta_vae(dsprites, read_factors, rng=rng, protocol="B")
    assert result.value == result.train_value > 0.99
    assert "50 pairs a point, 500 points, in-sample" in result.protocol


def test_order_and_sign_of_codes_do_not_matter(dsprites, read_factors) -> None:
    def turned(images: np.ndarray) -> np.ndarray:
        return -read_factors(images)[:, [3, 1, 4, 0, 2]]

    ours, theirs = (
        beta_vae(dsprites, encode, rng=np.random.default_rng(1), **SMALL)
        for encode in (read_factors, turned)
    )
    assert ours.value == pytest.approx(theirs.value, abs=0.02)
