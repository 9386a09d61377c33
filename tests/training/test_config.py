"""Configs: mistakes are named, λ is found for every code, plain data gives the same config."""

import copy
import dataclasses
import json
import math
import re

import pytest

from infogan.errors import UserError
from infogan.networks.build import ModelConfig
from infogan.training.config import TrainConfig
from infogan.training.config_file import from_dict
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.presets import PRESETS, preset
from infogan.training.schedule import Schedule
from infogan.transforms.ranges import Augmentation


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TrainConfig(kimg=0.0),
            "kimg: 0.0 is not allowed; it takes 0.001 to 1,000,",
        ),
        (lambda: TrainConfig(tick_kimg=-1.0), "tick_kimg: -1"),
        (lambda: TrainConfig(batch_size=1), "batch_size: 1 is not allowed; it takes 2 to 65,536"),
        (lambda: TrainConfig(seed=2**32), "seed: 4294967296"),
        (lambda: TrainConfig(seed=-1), "seed: -1"),
        (lambda: TrainConfig(model=ModelConfig(codes="cat:1")), "cat:1: a categorical code needs"),
        (lambda: TrainConfig(loss=LossConfig(mi_weights={"c9": 1.0})), "one of c1, c2, c3"),
        (lambda: LossConfig(consistency=-1.0), "loss.consistency: -1.0"),
        (lambda: LossConfig(r1=float("nan")), "loss.r1: nan"),
        (lambda: OptimConfig(lr_g=0.0), "optim.lr_g: 0.0"),
        (lambda: OptimConfig(beta2=1.0), "optim.beta2: 1.0"),
        (lambda: OptimConfig(decay=1.5), "optim.decay: 1.5"),
        (lambda: OptimConfig(ema_kimg=-1.0), "optim.ema_kimg: -1.0"),
    ],
)
def test_values_that_make_no_sense_are_named(make, message):
    with pytest.raises(UserError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("config", "name", "value", "message"),
    [
        (
            LossConfig(),
            "adversarial",
            "ce",
            "loss.adversarial: ce is not allowed; it takes bce, kl",
        ),
        (LossConfig(), "mi_gradient", "q", "loss.mi_gradient: q is not allowed; it takes all"),
        (TrainConfig(), "device", "tpu", "device: tpu is not allowed; it takes auto, cpu"),
        (TrainConfig(), "precision", "fp16", "precision: fp16 is not allowed; it takes auto, fp32"),
        (TrainConfig(), "memory_format", "nhwc", "memory_format: nhwc is not allowed"),
        (TrainConfig(), "channels", 2, "channels: 2 is not allowed; it takes None, 1, 3"),
        (Schedule(), "latents", "twice", "schedule.latents: 'twice' is none of once, anew"),
        (Schedule(), "fakes", "real", "schedule.fakes: 'real' is none of training, inference"),
    ],
)
def test_choices_that_do_not_exist_are_named_with_those_that_do(config, name, value, message):
    # Past the tests' own check of types, which nobody else has.
    config = copy.copy(config)
    object.__setattr__(config, name, value)
    with pytest.raises(UserError, match=re.escape(message)):
        config.__post_init__()


def test_every_code_finds_its_weight():
    config = TrainConfig(
        model=ModelConfig(codes="a=cat:3,b=bern,c=uni,d=norm,e=uni"),
        loss=LossConfig(
            mi_categorical=2.0,
            mi_categorical_q=0.5,
            mi_continuous=0.1,
            mi_continuous_q=0.05,
            mi_weights={"e": 7.0},
        ),
    )
    assert config.mi_weights_g == {"a": 2.0, "b": 2.0, "c": 0.1, "d": 0.1, "e": 7.0}
    assert config.mi_weights_q == {"a": 0.5, "b": 0.5, "c": 0.05, "d": 0.05, "e": 7.0}


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"auto", "fast"}))
def test_a_published_system_has_one_lambda_for_all_that_learn_from_a_code(name):
    config = preset(name)
    assert config.mi_weights_g == config.mi_weights_q


def test_a_config_kept_before_q_had_its_own_lambda_goes_on_as_it_was():
    plain = json.loads(json.dumps(dataclasses.asdict(preset("tutorial-uniform"))))
    del plain["loss"]["mi_continuous_q"]
    assert from_dict(plain, "here").loss.mi_continuous_q == 2.0


def test_a_config_kept_before_categories_were_regrouped_goes_on_without():
    plain = json.loads(json.dumps(dataclasses.asdict(TrainConfig())))
    assert from_dict(plain, "here").optim.regroup_from > 0
    del plain["optim"]["regroup_from"]
    assert from_dict(plain, "here").optim.regroup_from == 0


def test_a_config_kept_before_agreement_had_two_sides_goes_on_with_one():
    plain = json.loads(json.dumps(dataclasses.asdict(TrainConfig())))
    assert from_dict(plain, "here").loss.conditional_entropy_two_sided > 0
    del plain["loss"]["conditional_entropy_two_sided"]
    assert from_dict(plain, "here").loss.conditional_entropy_two_sided == 0


def test_plain_data_gives_the_same_config():
    config = TrainConfig(model=ModelConfig(image_shape=(3, 16, 16)), seed=3, kimg=1.5)
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    assert from_dict(plain, "here") == config


@pytest.mark.parametrize(
    "change",
    [
        {"speed": 1},
        {"model": {"depth": 3}},
        {"loss": {"balance": 0.5, "magic": 1}},
    ],
)
def test_unknown_keys_name_the_file(change):
    plain = dataclasses.asdict(TrainConfig())
    with pytest.raises(ValueError, match=r"^runs/config\.yaml: not a complete config"):
        from_dict(plain | change, "runs/config.yaml")
    with pytest.raises(ValueError, match=r"^runs/config\.yaml: not a complete config"):
        from_dict({}, "runs/config.yaml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optim": None}, "optim: None is not settings by name"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"seed": True}, "seed: True is not a whole number"),
        ({"device": 5}, "device: 5 is not a text"),
        ({"kimg": "many"}, "kimg: 'many' is not a number"),
        ({"kimg": float("inf")}, "kimg: inf is not a number"),
        ({"kimg": 10**400}, "kimg: 1000000"),
        ({"channels": True}, "channels: True is not one of 1, 3 or null"),
        ({"augmentation": {"shear": float("nan")}}, "augmentation.shear: nan is not a number"),
        ({"model": {"width": "8"}}, "model.width: '8' is not a whole number"),
        (
            {"model": {"image_shape": [1, 8.5, 8]}},
            "model.image_shape: [1, 8.5, 8] is not a",
        ),
        ({"loss": {"mi_weights": {"c1": "x"}}}, "loss.mi_weights: {'c1': 'x'} is not settings"),
    ],
)
def test_values_of_a_wrong_type_name_file_and_field(change, words):
    plain = dataclasses.asdict(TrainConfig())
    changed = {
        key: plain[key] | value if isinstance(value, dict) else value
        for key, value in change.items()
    }
    with pytest.raises(UserError, match=re.escape(f"runs/config.yaml: {words}")) as caught:
        from_dict(plain | changed, "runs/config.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TrainConfig(kimg=1e-9), "kimg: 1e-09 is not allowed"),
        (lambda: TrainConfig(kimg=1e308), "kimg: 1e+308 is not allowed"),
        (lambda: TrainConfig(kimg=math.inf), "kimg: inf is not allowed"),
        (lambda: TrainConfig(tick_kimg=math.nan), "tick_kimg: nan is not allowed"),
        (lambda: TrainConfig(augmentation=Augmentation(shear=-1)), "augmentation.shear: -1 is not"),
        (lambda: LossConfig(mi_categorical=-1), "loss.mi_categorical: -1 is not allowed"),
        (lambda: LossConfig(mi_continuous=math.inf), "loss.mi_continuous: inf is not allowed"),
        (lambda: LossConfig(mi_weights={"c1": -1.0}), "loss.mi_weights: c1 -1.0 is not allowed"),
        (lambda: OptimConfig(lr_g=math.inf), "optim.lr_g: inf is not allowed"),
        (lambda: ModelConfig(width=10**9), "model.width: 1000000000 must lie in 1 to 16,384"),
        (lambda: ModelConfig(noise=10**9).latent, "noise 1000000000 uniform: needs a width from"),
        (lambda: ModelConfig(codes="cat:1001").latent, "cat:1001: a categorical code takes up to"),
        (lambda: ModelConfig(codes="900*cat:900").latent, "codes: 810,000 numbers wide"),
    ],
)
def test_values_out_of_sense_are_named(make, message):
    with pytest.raises(UserError, match=re.escape(message)):
        make()


def test_sureness_grows_over_its_ramp():
    loss = LossConfig(
        conditional_entropy_start=0.2, conditional_entropy=1.0, conditional_entropy_ramp=0.4
    )
    for images, weight in {0: 0.2, 100: 0.4, 400: 1.0, 800: 1.0}.items():
        assert loss.conditional_entropy_at(images) == pytest.approx(weight)
    at_once = LossConfig(conditional_entropy=0.7, conditional_entropy_ramp=0.0)
    assert at_once.conditional_entropy_at(0) == 0.7


def test_where_copies_are_told_at_a_glance_sureness_comes_first():
    loss = LossConfig(
        conditional_entropy_two_sided=0.9, conditional_entropy=0.5, conditional_entropy_ramp=0.4
    )
    for images, weight in {0: 0.9, 200: 0.7, 400: 0.5, 800: 0.5}.items():
        assert loss.conditional_entropy_at(images, two_sided=True) == pytest.approx(weight)
