"""When a run has settled: what counts as a change, how many calm looks it takes, what follows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from infogan.codes.latent import Latent
from infogan.data.source import ArraySource
from infogan.networks.build import Verdict
from infogan.training.checkpoint import is_over
from infogan.training.convergence import (
    CALM_LOOKS,
    WATCHED,
    Convergence,
    look_due,
    read,
    unsettled,
    watched_images,
)
from infogan.training.loop import fit
from infogan.training.state import State

LATENT = Latent.parse("kind=cat:2,tilt=uni", noise=2)


class Saying(torch.nn.Module):
    """A Q that says what it is told: logits of kind, and the mean of tilt."""

    def __init__(self):
        super().__init__()
        self.logits = torch.zeros(WATCHED, 2)
        self.logits[:, 0] = 5.0
        self.mean = torch.zeros(WATCHED)

    def forward(self, images):
        rows = images[:, 0, 0, 0].long()
        q = torch.cat([self.logits[rows], self.mean[rows, None], torch.zeros(len(rows), 1)], dim=1)
        return Verdict(torch.zeros(len(rows)), q)


@pytest.fixture
def images():
    return torch.arange(WATCHED).float().reshape(-1, 1, 1, 1)


def test_looks_get_rarer_as_the_run_gets_older():
    looks = [n for n in range(64, 256_000, 64) if look_due(n - 64, n)]
    assert sum(64_000 < n <= 128_000 for n in looks) == 6
    assert sum(128_000 < n <= 256_000 for n in looks) == 6
    assert look_due(0, 64)
    # They do not depend on the batch, but for where in it they fall.
    large = [n for n in range(640, 256_000, 640) if look_due(n - 640, n)]
    assert len([n for n in large if n > 8_000]) == len([n for n in looks if n > 8_000])


def test_a_change_or_a_doubt_unsettles(images):
    q = Saying()
    before, _ = read(q, LATENT, images)
    assert unsettled(LATENT, before, *read(q, LATENT, images)) == 0
    q.logits[:30] = torch.tensor([0.0, 5.0])  # another category, and sure of it
    q.logits[30:50] = torch.tensor([0.1, 0.0])  # the same, but hardly
    assert unsettled(LATENT, before, *read(q, LATENT, images)) == pytest.approx(0.05)
    q.mean[:] = torch.randn(WATCHED, generator=torch.Generator().manual_seed(0))
    assert unsettled(LATENT, before, *read(q, LATENT, images)) == pytest.approx(0.05)


def test_dials_count_where_there_are_no_categories(images):
    latent = Latent.parse("tilt=uni:sigma=1", noise=2)
    tilt = torch.linspace(-1, 1, 100)[:, None]
    sure = torch.ones(100, 1)
    assert unsettled(latent, tilt, 2 * tilt, sure) == pytest.approx(0, abs=1e-6)
    assert unsettled(latent, tilt, tilt.abs(), sure) == pytest.approx(1, abs=1e-2)


def test_it_takes_calm_looks_in_succession(images):
    q, settling = Saying(), Convergence.start(LATENT)

    def look(at, young=False):
        settling.look(q, LATENT, images, at, young)

    look(10)
    assert settling.unsettled is None  # nothing to compare with
    for at in (20, 30):
        look(at)
    q.logits[:100] = torch.tensor([0.0, 5.0])
    look(40)
    assert settling.unsettled == pytest.approx(0.1)
    assert settling.calm == 0
    for at in range(50, 50 + 10 * CALM_LOOKS, 10):
        assert settling.converged_at == 0
        look(at)
    assert settling.converged_at == 70
    look(80)
    assert settling.converged_at == 70


def test_a_young_run_cannot_settle(images):
    q, settling = Saying(), Convergence.start(LATENT)
    for at in range(10, 100, 10):
        settling.look(q, LATENT, images, at, young=True)
    assert settling.converged_at == 0


def test_the_same_images_are_watched_each_time():
    many = ArraySource("many", np.arange(5000 * 64).reshape(5000, 1, 8, 8).astype(np.uint8))
    few = ArraySource("few", np.arange(40 * 64).reshape(40, 1, 8, 8).astype(np.uint8))
    for source in (many, few):
        images = watched_images(source, 3)
        assert len(images) == WATCHED
        assert np.array_equal(images, watched_images(source, 3))
    assert not np.array_equal(watched_images(many, 3), watched_images(many, 4))


# A run that stops early


@pytest.fixture
def calm(tiny_config):
    """A run of a dial alone, with steps so small that Q's answers never change."""
    model, optim = {"codes": "tilt=uni"}, {"lr_g": 1e-6, "lr_d": 1e-6}
    options = {"early_stop": True, "batch_size": 16, "kimg": 2.0, "tick_kimg": 0.4}
    return tiny_config(model, optim=optim, **options)


def train_until(state, source, images):
    list(fit(state, source, lambda: state.images_seen >= images))


def test_a_calm_run_stops_early_and_resumes_to_the_bit(calm, tiny_source, tmp_path):
    looks = [n for n in range(16, 2000, 16) if look_due(n - 16, n) and n >= 400]
    settled = looks[CALM_LOOKS - 1]  # the first that can be: a fifth of the run makes it grown
    whole = State.create(calm)
    ticks = list(fit(whole, tiny_source))
    assert whole.convergence.converged_at == settled
    # What is left is the last part, in which the rates fall: 30 % of the new length.
    assert whole.end == round(settled / 0.7) < 1500
    assert 0 <= whole.images_seen - whole.end < 16  # a batch is not cut
    assert ticks[-1].kimg == whole.images_seen / 1000
    state, path = State.create(calm), tmp_path / "state.safetensors"
    for stop in (settled - 40, settled + 40):
        train_until(state, tiny_source, stop)
        state.save(path)
        state = State.create(calm)
        state.load(path)
    list(fit(state, tiny_source))
    assert state.images_seen == whole.images_seen
    state.save(path)
    assert is_over(path, calm)
    assert not is_over(path, replace(calm, early_stop=False))
    pairs = zip(whole.generator.parameters(), state.generator.parameters(), strict=True)
    assert all(one.equal(other) for one, other in pairs)


def test_a_run_that_is_sure_of_nothing_takes_its_whole_length(calm, tiny_source):
    # Of three categories an untrained Q gives each about a third.
    state = State.create(replace(calm, model=replace(calm.model, codes="kind=cat:3")))
    list(fit(state, tiny_source))
    assert state.convergence.looks > 10
    assert state.images_seen == state.end == 2000


def test_a_circle_is_settled_but_for_a_common_turn():
    latent = Latent.parse("turn=circ", noise=0)
    before = 2 * torch.rand(500, 1, generator=torch.Generator().manual_seed(0)) - 1
    sure = torch.ones(500, 1)
    for turn in (0.0, 0.25, 1.0):
        assert unsettled(latent, before, (before + turn + 1) % 2 - 1, sure) < 1e-4
    elsewhere = before.roll(1, dims=0)
    assert unsettled(latent, before, elsewhere, sure) > 0.9
