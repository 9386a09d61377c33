"""What a training takes of memory, told from small trials: that of the whole batch, to the byte."""

from dataclasses import replace

import pytest

from infogan.networks.build import ModelConfig
from infogan.training import memory
from infogan.training.config import TrainConfig
from infogan.training.memory import growth, needed, weight_bytes
from infogan.training.presets import preset
from infogan.training.state import State

COLOUR = {"model": ModelConfig(family="residual", width=4, hidden=16, image_shape=(3, 16, 16))}


def tiny(name, side=28, **options):
    """A preset with narrow networks."""
    given = preset(name)
    model = replace(given.model, width=4, hidden=16, image_shape=(1, side, side))
    model = replace(model, codes="kind=cat:3,tilt=uni,slant=uni:follow=shear")
    if "equivariance" not in str(given.schedule):
        model = replace(model, codes="kind=cat:3,tilt=uni,slant=uni")
    options = {"batch_size": 24, "device": "cpu", "precision": "fp32"} | options
    return replace(given, model=model, **options)


def contrastive():
    given = tiny("fast")
    return replace(given, loss=replace(given.loss, contrastive=1.0, contrastive_from=0.5))


def colour(**options):
    given = TrainConfig(**COLOUR, batch_size=24, device="cpu", precision="fp32")
    return replace(given, loss=replace(given.loss, r1=0.5, r1_every=4), **options)


@pytest.mark.parametrize(
    "config",
    [
        tiny("fast"),
        tiny("fast", batch_size=10),
        tiny("fast", micro_batch=6),
        tiny("fast", micro_batch=2),
        tiny("paper-mnist"),
        tiny("tutorial"),
        tiny("fast", labels="some.csv"),
        colour(),
        colour(micro_batch=8),
        colour(precision="bf16"),
        contrastive(),
    ],
    ids=lambda config: f"{config.model.family}-{config.batch_size}-{config.micro_batch}",
)
def test_small_trials_tell_what_the_whole_batch_takes(config):
    parts = -(-config.batch_size // config.micro_batch) if config.micro_batch else 1
    whole = max(memory._held(config, config.batch_size, parts)) + memory._besides(config)
    assert needed(config) == pytest.approx(whole, rel=0.02)


def test_more_images_take_more_and_parts_of_the_batch_take_less():
    grey = tiny("fast")
    assert growth(grey).at(128) > 1.2 * growth(grey).at(64)
    assert needed(replace(grey, micro_batch=8)) < needed(grey)


def test_the_weights_are_those_of_the_networks():
    state = State.create(tiny("fast"))
    modules = (state.generator, state.discriminator)
    assert weight_bytes(state.config) == 4 * sum(p.numel() for m in modules for p in m.parameters())


def test_networks_too_large_for_a_trial_are_not_made(monkeypatch):
    monkeypatch.setattr(memory, "_held", lambda *_: pytest.fail("it was tried"))
    wide = replace(tiny("fast"), model=replace(tiny("fast").model, width=512))
    assert needed(wide, most=2**20) > 2**28


def test_a_trial_changes_nothing_of_the_run():
    state = State.create(tiny("fast"))
    before = {key: tensor.clone() for key, tensor in state._tensors()}
    needed(state.config)
    again = State.create(state.config)
    assert all(tensor.equal(before[key]) for key, tensor in again._tensors())
