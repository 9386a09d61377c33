"""Named runs: complete, valid, and what their source says."""

from dataclasses import replace

import numpy as np
import pytest

from infogan.config import TrainConfig
from infogan.presets import PRESETS, preset
from infogan.state import State
from infogan.train import fit


def test_fast_is_the_default():
    assert preset("fast") == TrainConfig()


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_says_what_it_is_and_where_it_comes_from(name):
    assert len(PRESETS[name].summary) > 20
    assert len(PRESETS[name].source) > 20
    assert isinstance(preset(name), TrainConfig)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_trains(name, tiny_source):
    config = preset(name)
    model = replace(config.model, image_shape=(1, 8, 8))
    small = {"batch_size": 4, "kimg": 0.008, "device": "cpu", "precision": "fp32"}
    state = State.create(replace(config, model=model, **small))
    (tick,) = fit(state, tiny_source)
    assert all(np.isfinite(value) for value in tick.terms.values())
    assert {f"mi/{code.name}" for code in model.latent.codes} <= set(tick.terms)


def test_paper_mnist_is_the_papers():
    config = preset("paper-mnist")
    assert config.data == "mnist"
    # Ten categories, two dials on [-1, 1], 62 noise: the 74 inputs of table 1.
    latent = config.model.latent
    assert [code.spelling for code in latent.codes] == ["cat:10", "uni:sigma=1", "uni:sigma=1"]
    assert latent.dim == 74
    assert config.model.noise_prior == "uniform"
    assert (config.model.width, config.model.hidden, config.model.q_hidden) == (64, 1024, 128)
    assert config.model.norm == "batch"
    assert config.model.q_trunk == "shared"
    # One λ of 1 for all, for G as for Q; nothing but L_I beside the game; every step at full rate.
    assert config.mi_weights_g == config.mi_weights_q == {"c1": 1.0, "c2": 1.0, "c3": 1.0}
    loss = config.loss
    assert loss.adversarial == "bce"
    assert (loss.consistency, loss.r1, loss.contrastive) == (0, 0, 0)
    optim = config.optim
    assert (optim.lr_g, optim.lr_d, optim.beta1) == (1e-3, 2e-4, 0.5)
    assert (optim.decay, optim.ema_kimg) == (0, 0)
    # 5,000 updates of 128 images.
    assert config.batch_size == 128
    assert config.kimg * 1000 == 5000 * 128


def test_unknown_presets_list_the_known():
    with pytest.raises(ValueError, match="unknown preset 'slow': there are fast, paper-mnist"):
        preset("slow")
