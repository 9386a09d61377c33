"""Categories put right: which, only where it is certain, and nothing else with them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from infogan.codes.discrete import Categorical
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
from infogan.training.split_merge import best_regrouping, in_units_of
from infogan.training.state import State

CODE = Categorical(name="c1", k=4)
N = 200


def kinds(seed=0):
    """Images of four kinds as features, 2 apart in two directions, and their changed copies."""
    rng = torch.Generator().manual_seed(seed)
    kind = torch.arange(4 * N) // N
    centres = 2.0 * torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]])
    place = torch.cat([centres[kind], torch.zeros(len(kind), 6)], dim=1)
    noise = torch.randn(2, len(kind), 8, generator=rng)
    return kind, place + 0.3 * noise[0], place + 0.3 * noise[1]


def find(of, to, features, changed, place=None, code=CODE):
    place = features[:, :0] if place is None else place
    return best_regrouping(code, of, to, features, changed, place, torch.Generator().manual_seed(1))


def test_a_kind_with_two_categories_gives_one_to_the_two_that_share():
    kind, features, changed = kinds()
    # Kinds 2 and 3 share category 3; kind 1 is cut in two by a direction that means nothing.
    of = torch.where(kind == 2, 3, kind)
    of[(kind == 1) & (features[:, 5] > 0)] = 2
    to = torch.where(kind == 2, 3, kind)
    to[(kind == 1) & (changed[:, 5] > 0)] = 2
    found = find(of, to, features, changed)
    assert (found.merged, found.free) == (1, 2)
    assert found.split == 3
    assert found.crossing > 0.4
    assert found.torn < 0.02
    # Every kind now has a category of its own.
    pairs = set(zip(kind.tolist(), found.targets.tolist(), strict=True))
    agreed = [(found.targets[kind == k].bincount(minlength=4).max() / N) for k in range(4)]
    assert len({found.targets[kind == k].mode().values.item() for k in range(4)}) == 4, pairs
    assert min(agreed) > 0.97
    assert "categories 1 and 2" in str(found)
    assert "3 held two kinds" in str(found)


def test_two_places_are_not_two_kinds():
    kind, features, changed = kinds()
    of, to = torch.where(kind == 2, 3, kind), torch.where(kind == 2, 3, kind)
    of[(kind == 1) & (features[:, 5] > 0)] = 2
    to[(kind == 1) & (changed[:, 5] > 0)] = 2
    elsewhere, place = features[:, 4:5], (kind == 3).float()[:, None] + 0.2 * features[:, 4:5]
    assert find(of, to, features, changed, elsewhere).split == 3
    # 3 holds what a dial tells apart already: left and right.
    found = find(of, to, features, changed, place)
    assert found is None or found.split != 3


def across(seed=0, second=(0.5, 0.5), apart=0.6):
    """Categories 2 and 3 cut across kinds 2 and 3, by how they look instead of by what they are.

    Both kinds have two looks, `apart` in a fifth direction, which the categories tell apart;
    `second` is the share of the second look in kinds 2 and 3.
    """
    kind, features, changed = kinds(seed)
    place = torch.arange(4 * N) % N / N
    look = torch.where(kind == 2, place < second[0], place < second[1]) & (kind > 1)
    for each in (features, changed):
        each[:, 4] += apart * look
    of = torch.where(kind > 1, 2 + look.long(), kind)
    to = torch.where(kind > 1, 2 + (changed[:, 4] > apart / 2).long(), kind)
    return kind, of, to, features, changed


@pytest.mark.parametrize("seed", range(5))
def test_two_categories_that_cut_across_two_kinds_are_cut_anew(seed):
    kind, of, to, features, changed = across(seed)
    found = find(of, to, features, changed)
    assert {found.merged, found.free} == {2, 3}
    assert found.merged == found.split
    assert found.torn < 0.02 < 0.06 < found.crossing
    assert [found.targets[kind == k].mode().values.item() for k in (0, 1)] == [0, 1]
    assert {found.targets[kind == k].mode().values.item() for k in (2, 3)} == {2, 3}
    assert min(found.targets[kind == k].bincount().max() / N for k in range(4)) > 0.97
    assert str(found).startswith("c1: categories 2 and 3 hardly differed (")
    assert str(found).endswith(": both cut anew")


@pytest.mark.parametrize("second", [(0.3, 0.7), (0.7, 0.3)])
def test_names_stay_where_most_images_are(second):
    kind, *seen = across(second=second)
    found = find(*seen)
    stay = second[0] < 0.5
    assert found.targets[kind == 2].mode().values == (2 if stay else 3)
    assert found.targets[kind == 3].mode().values == (3 if stay else 2)


def test_where_another_category_parts_better_nothing_is_cut_anew():
    kind, of, to, features, changed = across(apart=0.8)
    for each in (features, changed):
        each[kind == 3, 0] -= 1.0
    assert find(of, to, features, changed).split in (2, 3)
    for each in (features, changed):
        each[:, 6] += 2.0 * ((kind == 1) & (torch.arange(4 * N) % 2 == 0))
    assert find(of, to, features, changed) is None


@pytest.mark.parametrize("seed", range(5))
def test_categories_that_are_kinds_are_left_alone(seed):
    kind, features, changed = kinds(seed)
    assert find(kind, kind, features, changed) is None
    # Nor do a few images that cross over speak against two of them.
    to = torch.where(
        torch.rand(4 * N, generator=torch.Generator().manual_seed(seed)) < 0.1, 0, kind
    )
    assert find(kind, to, features, changed) is None


def test_an_even_cloud_has_no_halves_worth_a_category():
    _, features, changed = kinds()
    of = (features[:, 4] > 0).long() + 2 * (features[:, 5] > 0).long()
    to = (changed[:, 4] > 0).long() + 2 * (changed[:, 5] > 0).long()
    blob = 0.3 * torch.randn(2, 4 * N, 8, generator=torch.Generator().manual_seed(0))
    assert find(of, to, blob[0], blob[1]) is None


def test_an_empty_category_takes_half_of_one_where_kinds_may_be_uneven():
    kind, features, changed = kinds()
    # Kinds 2 and 3 share category 3, and no image has 2.
    of = torch.where(kind == 2, 3, kind)
    assert find(of, of, features, changed) is None
    found = find(of, of, features, changed, code=replace(CODE, prior="learned"))
    assert (found.merged, found.free, found.split) == (None, 2, 3)
    assert str(found).startswith("c1: hardly an image had category 2, and 3 held two kinds (")
    assert len({found.targets[kind == k].mode().values.item() for k in range(4)}) == 4
    assert torch.equal(found.targets[kind < 2], kind[kind < 2])


def test_a_rare_kind_is_not_an_empty_category():
    kind, features, changed = kinds()
    of, learned = torch.where(kind == 2, 3, kind), replace(CODE, prior="learned")
    of[:12] = 2  # 12 of 800 images, where an even share is 200
    assert find(of, of, features, changed, code=learned) is None
    of[6:12] = 0
    assert find(of, of, features, changed, code=learned).free == 2


def test_an_empty_category_is_no_reason_to_cut_a_kind():
    kind, features, changed = kinds()
    three = kind != 3
    of, learned = kind[three], replace(CODE, prior="learned")
    assert find(of, of, features[three], changed[three], code=learned) is None


def test_unused_categories_and_few_images_say_nothing():
    kind, features, changed = kinds()
    assert find(kind[:12], kind[:12], features[:12], changed[:12]) is None
    assert find(kind * 0, kind * 0, features, changed) is None


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


def test_in_units_of_a_change_what_is_ignored_is_near():
    rng = torch.Generator().manual_seed(0)
    change = torch.randn(5000, 3, generator=rng) * torch.tensor([10.0, 1.0, 1.0])
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=rng))
    change = change @ turn
    scaled = change @ in_units_of(change)
    lengths = torch.linalg.svdvals(scaled) / 5000**0.5
    # 10 : 1 : 1 before; what is added to all keeps small ones from growing without end.
    assert lengths.max() / lengths.min() < 2.2
    assert in_units_of(torch.zeros(5, 3)).isfinite().all()


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
