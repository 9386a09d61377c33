"""Categories put right while a run goes on: when, and nothing else with them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from infogan.data.source import ArraySource
from infogan.training import regrouping, split_merge
from infogan.training.loop import fit
from infogan.training.presets import PRESETS, preset
from infogan.training.regrouping import (
    images_to_group,
    n_grouped,
    regroup,
    regrouping_due,
    teach,
)
from infogan.training.split_merge import Regrouping
from infogan.training.state import State


def test_looks_lie_between_the_beginning_and_half_of_the_run():
    config = replace(preset("fast"), kimg=256.0)
    due = [n for n in range(64, 256_000, 64) if regrouping_due(config, n - 64, n)]
    assert due[0] == 16_000
    assert due[-1] <= 128_000
    assert len(due) == 10
    assert sum(32_000 < n <= 64_000 for n in due) == 3
    off = replace(config, optim=replace(config.optim, regroup_from=0.0))
    assert not any(regrouping_due(off, n - 64, n) for n in range(64, 256_000, 64))


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"auto", "fast", "photos"}))
def test_published_systems_are_never_regrouped(name):
    config = replace(preset(name), kimg=10_000.0)
    assert not regrouping_due(config, 0, 5_000_000)


def test_labels_and_former_models_say_what_the_categories_are():
    config = replace(preset("fast"), kimg=256.0)
    assert n_grouped(config) == 2000
    rare = replace(config, model=replace(config.model, codes="kind=cat:10:prior=learned,tilt=uni"))
    assert n_grouped(rare) == 4000
    assert n_grouped(replace(config, labels="few.csv")) == 0
    assert n_grouped(replace(config, init_from="runs/before")) == 0
    assert n_grouped(replace(config, kimg=20.0)) == 0
    many = replace(config, model=replace(config.model, codes="kind=cat:50,tilt=uni"))
    assert n_grouped(many) == 5000
    dials = replace(config, model=replace(config.model, codes="tilt=uni,lamp=bern"))
    assert n_grouped(dials) == 0


@pytest.fixture
def run(tiny_config):
    """A state that looks for categories to regroup after 16, 32 and 64 images, and its images."""
    model = {"codes": "kind=cat:3,tilt=uni", "image_shape": (1, 16, 16)}
    images = np.random.default_rng(0).integers(0, 256, (300, 1, 16, 16), np.uint8)
    config = tiny_config(model, None, {"regroup_from": 0.016}, kimg=0.16)
    return config, ArraySource("noise", images)


def test_only_the_answers_about_the_code_are_taught(run):
    config, source = run
    state = State.create(config)
    columns = regrouping._columns(state, config.model.latent.codes[0])
    images = source.batch(np.arange(300))
    images[:150] //= 4
    targets = torch.where(torch.arange(300) < 150, 2, 0)
    features, before = regrouping.read(state.ema_discriminator, state, images)
    weights = {name: p.clone() for name, p in state.ema_discriminator.named_parameters()}
    teach(state.ema_discriminator, columns, features, targets)
    _, after = regrouping.read(state.ema_discriminator, state, images)
    assert (after[:, :3].argmax(dim=1) == targets).float().mean() > 0.98
    assert torch.equal(before[:, 3:], after[:, 3:])
    moved = {n for n, p in state.ema_discriminator.named_parameters() if not p.equal(weights[n])}
    assert moved
    assert all(name.startswith("q_head.") for name in moved)


def certain(monkeypatch):
    """Of noise nothing is certain; here everything is."""
    monkeypatch.setattr(split_merge, "CERTAIN", -1e9)
    monkeypatch.setattr(split_merge, "SMALLEST", 0.01)
    monkeypatch.setattr(split_merge, "CUT", 0.0)


def regrouped(ticks):
    return [text for tick in ticks for text in tick.regrouped]


def test_a_run_that_is_regrouped_goes_on_after_an_interruption_as_if_there_was_none(
    run, tmp_path, monkeypatch
):
    certain(monkeypatch)
    config, source = run
    whole = State.create(config)
    texts = regrouped(fit(whole, source))
    assert texts
    assert all(text.startswith("kind: categories") for text in texts)
    first = State.create(config)
    before = regrouped(fit(first, source, lambda: first.images_seen >= 40))
    first.save(tmp_path / "here.safetensors")
    second = State.create(config)
    second.load(tmp_path / "here.safetensors")
    assert before + regrouped(fit(second, source)) == texts
    for one, other in zip(whole._tensors(), second._tensors(), strict=True):
        assert one[0] == other[0]
        assert torch.equal(one[1], other[1])


def test_what_is_mixed_at_the_end_is_told_and_left_as_it_is(run, monkeypatch):
    propose = regrouping.propose
    found = Regrouping("kind", 0, 1, 0.2, 2, 0.01, torch.zeros(300, dtype=torch.long))
    monkeypatch.setattr(regrouping, "propose", lambda *seen: propose(*seen) or found)
    config, source = run
    config = replace(config, model=replace(config.model, norm="batch"))
    state = State.create(config)
    *before, last = fit(state, source)
    assert not any(tick.mixed for tick in before)
    (text,) = last.mixed
    assert text.startswith("kind: categories 0 and 1 hardly differed")
    assert text.endswith("2 held two kinds (1%)")  # and not with what would be done about it
    weights = [tensor.clone() for _, tensor in state._tensors()]
    assert regrouping.still_mixed(state, images_to_group(source, config)) == last.mixed
    assert all(map(torch.equal, weights, (tensor for _, tensor in state._tensors())))
    stopped = State.create(config)
    assert not any(tick.mixed for tick in fit(stopped, source, lambda: stopped.images_seen >= 64))
    # Rates that never fall have no end: so `partial_fit` goes on.
    endless = State.create(replace(config, optim=replace(config.optim, decay=0.0)))
    assert not any(tick.mixed for tick in fit(endless, source))


def test_two_categories_may_be_cut_anew_at_the_first_look_of_each_doubling(run, monkeypatch):
    config, source = run
    asked, state = {}, State.create(replace(config, kimg=0.6))
    monkeypatch.setattr(
        regrouping, "propose", lambda *seen: asked.update({seen[0].images_seen: seen[-1]})
    )
    for state.images_seen in (16, 21, 26, 32, 41, 51, 64, 81, 102, 128):
        regroup(state, images_to_group(source, config))
    assert [images for images, anew in asked.items() if anew] == [16, 32, 64, 128]
    assert len(asked) == 10


def test_a_run_without_regrouping_trains_otherwise(run, monkeypatch):
    certain(monkeypatch)
    config, source = run
    on, off = (
        State.create(config),
        State.create(replace(config, optim=replace(config.optim, regroup_from=0.0))),
    )
    assert regrouped(fit(on, source))
    assert not regrouped(fit(off, source))
    assert not torch.equal(
        on.ema_discriminator.q_head[-1].weight, off.ema_discriminator.q_head[-1].weight
    )


class Early(ArraySource):
    """Images that come as a stream does: the first of them may be all of one kind."""

    def stream(self, seed, start):
        return iter(self.images)

    def decode(self, items):
        return np.stack(items)


def test_streams_are_left_alone(run):
    config, source = run
    assert len(images_to_group(source, config)) == 300
    assert len(images_to_group(Early("stream", source.images), config)) == 0


def test_a_look_at_weights_that_are_not_numbers_leaves_the_mending_to_the_loop(run):
    config, source = run
    state = State.create(config)
    images = images_to_group(source, config)
    with torch.no_grad():
        next(state.ema_discriminator.parameters()).fill_(torch.inf)
    assert regroup(state, images) == []
    with torch.no_grad():
        next(state.discriminator.parameters()).fill_(torch.nan)
    assert regroup(state, images) == []


def test_a_run_that_ends_early_is_not_regrouped_on_its_last_way(run, monkeypatch):
    certain(monkeypatch)
    config, source = run
    state = State.create(replace(config, early_stop=True))
    images = images_to_group(source, config)
    state.convergence.converged_at = 64
    assert regroup(state, images) == []
    state.convergence.converged_at = 0
    assert regroup(state, images)


def test_batch_normalisation_does_not_learn_from_a_look(run):
    config, source = run
    state = State.create(replace(config, model=replace(config.model, norm="batch")))
    live = state.discriminator.train()
    before = {name: buffer.clone() for name, buffer in live.named_buffers()}
    regrouping.read(live, state, source.batch(np.arange(300)))
    assert live.training
    assert before
    assert all(buffer.equal(before[name]) for name, buffer in live.named_buffers())
