"""The training loop: repeatable to the bit, resumable anywhere, blind to labels."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from infogan.data.open import open_images
from infogan.data.source import ArraySource
from infogan.training import loop
from infogan.training import step as one_update
from infogan.training.loop import fit, real_batches, set_learning_rates
from infogan.training.schedule import Schedule
from infogan.training.state import State
from infogan.training.step import step_loss, update


def run(state, source, updates=10**9):
    """Train for some updates, or to the end; returns the ticks."""
    end = state.images_seen + updates * state.config.batch_size
    return list(fit(state, source, should_stop=lambda: state.images_seen >= end)) if updates else []


def tensors(state, path):
    """Every tensor a checkpoint holds: weights, moments, averages, randomness."""
    state.save(path)
    return load_file(path)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


# Repeating


def test_a_seed_is_a_result(tiny_config, tiny_source, tmp_path):
    results = []
    for seed in (5, 5, 6):
        state = State.create(tiny_config(seed=seed))
        ticks = run(state, tiny_source)
        results.append((tensors(state, tmp_path / "x.safetensors"), [t.terms for t in ticks]))
    assert same(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]
    weights = [key for key in results[0][0] if key.endswith("weight") and "generator" in key]
    assert weights
    assert all(not torch.equal(results[0][0][key], results[2][0][key]) for key in weights)


VARIANTS = {
    "mlp": {},
    "replacement": {"sampling": "replacement", "optim": {"epsilon_hat": True}},
    "conv": {"model": {"family": "conv"}},
    "batch": {"model": {"family": "conv", "norm": "batch"}},
    "spectral": {"model": {"family": "conv", "norm": "spectral"}},
    "own trunk, bf16": {"model": {"q_trunk": "own"}, "precision": "bf16"},
    "wasserstein": {"loss": {"adversarial": "wasserstein"}},
    "late contrast": {
        "model": {"codes": "kind=cat:3,tilt=uni,size=uni", "norm": "batch"},
        "loss": {"contrastive": 0.5, "contrastive_from": 0.35},
    },
    "ramp, r1, hinge": {
        "loss": {"adversarial": "hinge", "r1": 1.0, "conditional_entropy_ramp": 0.06}
    },
}


@pytest.mark.parametrize("stops", [(0, 1), (3, 4), (7,)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_stopped_and_resumed_anywhere_is_as_never_stopped(
    tiny_config, tiny_images, tmp_path, variant, stops
):
    # Five images are less than a batch of eight, twenty end an epoch within a batch.
    source = ArraySource("few", tiny_images[: 5 if variant == "mlp" else 20])
    config = tiny_config(**VARIANTS[variant])
    whole = State.create(config)
    run(whole, source)
    expected = tensors(whole, tmp_path / "whole.safetensors")
    assert any(key.startswith("optim_G.") for key in expected)

    state, done = State.create(config), 0
    for stop in stops:
        run(state, source, stop - done)
        state.save(tmp_path / "part.safetensors")
        state, done = State.create(config), stop
        state.load(tmp_path / "part.safetensors")
        assert state.images_seen == 8 * stop
    run(state, source)
    assert same(tensors(state, tmp_path / "resumed.safetensors"), expected)


# One update


def parameters(module):
    return {name: p.detach().clone() for name, p in module.named_parameters()}


def moved(before, after):
    """Names of the parameters that one update changed."""
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("q_trunk", ["shared", "own"])
def test_an_update_moves_all_three_networks(tiny_config, tiny_source, q_trunk):
    state = State.create(tiny_config({"q_trunk": q_trunk}))
    g, d = parameters(state.generator), parameters(state.discriminator)
    run(state, tiny_source, 1)
    assert moved(g, parameters(state.generator)) == set(g)
    assert moved(d, parameters(state.discriminator)) == set(d)
    assert all(p.requires_grad for p in state.discriminator.parameters())


def test_without_information_q_stands_still(tiny_config, tiny_source):
    weights = ("mi_categorical", "mi_categorical_q", "mi_continuous", "mi_continuous_q")
    loss = dict.fromkeys((*weights, "consistency"), 0.0)
    state = State.create(tiny_config(loss=loss))
    d = parameters(state.discriminator)
    run(state, tiny_source, 3)
    expected = {name for name in d if not name.startswith("q_head")}
    assert moved(d, parameters(state.discriminator)) == expected


def test_each_side_is_moved_by_its_own_loss_alone(tiny_config, tiny_source, monkeypatch):
    def after(patched=None):
        with monkeypatch.context() as patch:
            if patched:
                original = step_loss

                def opposite(scene):
                    total = original(scene)
                    return -total if patched in scene.step.losses else total

                patch.setattr(one_update, "step_loss", opposite)
            state = State.create(tiny_config())
            run(state, tiny_source, 1)
            return parameters(state.generator), parameters(state.discriminator)

    g, d = after()
    g_turned, d_same = after("fool")
    assert moved(g, g_turned)
    assert not moved(d, d_same)
    assert moved(d, after("real")[1])


def test_a_step_waits_while_the_terms_that_move_its_parts_are_off(tiny_config, tiny_source):
    model, loss = {"codes": "tilt=uni,size=uni"}, {"contrastive": 1.0, "contrastive_from": 0.5}
    schedule = Schedule("real+fake+mi > trunk+D+Q, mi+contrast > pairs, fool > G")
    state = State.create(tiny_config(model, loss, schedule=schedule))
    judge = parameters(state.pair_judge)
    run(state, tiny_source, 1)
    assert not moved(judge, parameters(state.pair_judge))
    run(state, tiny_source)
    assert moved(judge, parameters(state.pair_judge)) == set(judge)


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_contrast_moves_g_and_its_own_judge_and_leaves_d_alone(tiny_config, tiny_source, start):
    def after(contrastive):
        loss = {"contrastive": contrastive, "contrastive_from": start}
        state = State.create(tiny_config({"codes": "tilt=uni,size=uni"}, loss, kimg=0.08))
        judge = parameters(state.pair_judge) if contrastive else {}
        ticks = run(state, tiny_source, 1)
        stirred = moved(judge, parameters(state.pair_judge)) if contrastive else set()
        assert all(p.requires_grad for p in state.discriminator.parameters())
        return ticks, parameters(state.generator), parameters(state.discriminator), stirred, judge

    _, g, d, _, _ = after(0.0)
    ticks, g_too, d_too, stirred, judge = after(0.5)
    # In one update D and Q see the same images with and without it; G does not go the same way.
    assert not moved(d, d_too)
    on = start == 0.0
    assert stirred == (set(judge) if on else set())
    assert bool(moved(g, g_too)) == on
    assert ("contrastive" in ticks[0].terms) == on


def test_pixels_become_minus_1_to_1(tiny_config):
    state = State.create(tiny_config({"family": "conv"}))
    x = state.to_model(np.array([0, 51, 255], np.uint8).reshape(1, 3, 1, 1))
    assert x.flatten().tolist() == pytest.approx([-1, -0.6, 1])


@pytest.mark.parametrize("adversarial", ["bce", "kl", "least-squares", "hinge", "wasserstein"])
@pytest.mark.parametrize("r1", [0.0, 1.0])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_game_stays_finite(tiny_config, tiny_source, adversarial, r1, precision):
    model = {"codes": "kind=cat:3,tilt=uni,bold=norm:sigma=1,flip=bern", "family": "conv"}
    loss = {"adversarial": adversarial, "r1": r1, "equivariance": 0.5}
    state = State.create(tiny_config(model, loss, precision=precision))
    (*_, last) = run(state, tiny_source)
    assert all(np.isfinite(value) for value in last.terms.values())
    networks = (state.generator, state.discriminator, state.ema_generator)
    assert all(p.isfinite().all() for network in networks for p in network.parameters())
    names = {"d_loss", "real_loss", "fake_loss", "d_real", "d_fake", "g_loss", "consistency"}
    names |= {f"mi/{code}" for code in ("kind", "tilt", "bold", "flip")}
    names |= {"equivariance"} | ({"r1"} if r1 else set())
    names |= {"gradient_penalty"} if adversarial == "wasserstein" else set()
    assert set(last.terms) == names


def test_q_learns_what_g_shows(tiny_config, tiny_source):
    loss = {"mi_categorical_q": 1.0, "mi_continuous": 1.0, "consistency": 0.0}
    rates = {"lr_g": 5e-3, "lr_d": 5e-3}
    config = tiny_config(None, loss, rates, batch_size=16, kimg=1.6, tick_kimg=0.16)
    first, *_, last = run(State.create(config), tiny_source)
    assert first.terms["mi/kind"] < 0.4
    assert last.terms["mi/kind"] > 0.7  # of log 3 = 1.0986 nats
    assert first.terms["mi/tilt"] < 0.1
    assert last.terms["mi/tilt"] > 0.4


# Schedules


def test_rates_are_constant_then_fall_to_0(tiny_config):
    state = State.create(tiny_config(optim={"lr_g": 0.1, "lr_d": 0.2, "decay": 0.25}, kimg=1.0))
    expected = {0: 1.0, 500: 1.0, 750: 1.0, 875: 0.5, 950: 0.2, 1000: 0.0, 1100: 0.0}
    for images, share in expected.items():
        state.images_seen = images
        set_learning_rates(state)
        rates = {name: o.param_groups[0]["lr"] for name, o in state.optims.items()}
        assert rates == pytest.approx({"G": 0.1 * share, "trunk+D+Q+pairs": 0.2 * share})


def test_rates_may_stay_constant(tiny_config):
    state = State.create(tiny_config(optim={"lr_g": 0.1, "decay": 0.0}))
    for images in (0, 80):
        state.images_seen = images
        set_learning_rates(state)
        assert state.optims["G"].param_groups[0]["lr"] == 0.1


def test_dials_alone_have_nothing_to_be_consistent_about(tiny_config):
    state = State.create(tiny_config({"codes": "uni,norm"}))
    assert "consistency" not in update(state, torch.zeros(4, 1, 8, 8))


# Ticks


def test_ticks_come_at_their_interval_and_at_the_end(tiny_config, tiny_source):
    state = State.create(tiny_config(kimg=0.08, tick_kimg=0.03))
    ticks = run(state, tiny_source)
    # Batches of 8: 30 and 60 are passed at 32 and 64; the run ends at 80.
    assert [tick.kimg for tick in ticks] == [0.032, 0.064, 0.08]
    assert all(tick.images_per_second > 0 for tick in ticks)
    assert [t.seconds for t in ticks] == sorted(t.seconds for t in ticks)
    assert state.images_seen == 80
    assert state.progress == 1.0
    assert run(state, tiny_source) == []  # and is over


def test_a_stop_ends_with_a_tick(tiny_config, tiny_source):
    state = State.create(tiny_config(tick_kimg=1.0))
    assert [tick.kimg for tick in run(state, tiny_source, 3)] == [0.024]


def test_a_tick_is_the_mean_of_its_updates(tiny_config, tiny_source):
    each = run(State.create(tiny_config(kimg=0.048, tick_kimg=0.008)), tiny_source)
    long = run(State.create(tiny_config(kimg=0.048, tick_kimg=0.024)), tiny_source)
    assert (len(each), len(long)) == (6, 2)
    for i, tick in enumerate(long):
        for name, value in tick.terms.items():
            mean = np.mean([short.terms[name] for short in each[3 * i : 3 * i + 3]])
            assert value == pytest.approx(mean, rel=1e-4, abs=1e-6)


def test_a_tick_in_the_middle_does_not_change_the_result(tiny_config, tiny_source, tmp_path):
    states = [State.create(tiny_config(tick_kimg=tick)) for tick in (0.008, 1.0)]
    for state in states:
        run(state, tiny_source)
    a, b = (tensors(state, tmp_path / "x.safetensors") for state in states)
    assert same(a, b)


def test_time_goes_on_where_a_run_was_stopped(tiny_config, tiny_source, tmp_path, monkeypatch):
    def clock_from(start):
        """A clock that a new process reads from anywhere, and that an update moves by 10 s."""
        now = [float(start)]
        monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: now[0]))

        def slow(*given):
            now[0] += 10
            return update(*given)

        monkeypatch.setattr(loop, "update", slow)

    config = tiny_config(tick_kimg=0.016)
    state, path = State.create(config), tmp_path / "state.safetensors"
    clock_from(5000)
    seconds = [tick.seconds for tick in run(state, tiny_source, updates=4)]
    state.save(path)
    state = State.create(config)
    state.load(path)
    clock_from(7)
    seconds += [tick.seconds for tick in run(state, tiny_source)]
    assert seconds == [20, 40, 60, 80, 100]


# Data


class Numbered:
    """Images that are their own index."""

    name, shape = "numbered", (1, 8, 8)

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def batch(self, indices):
        return np.broadcast_to(
            indices.astype(np.uint8)[:, None, None, None], (len(indices), 1, 8, 8)
        )


def order(n, batch_size, seed, start, images, sampling="epochs"):
    """The first images of the stream, by index."""
    batches = real_batches(Numbered(n), batch_size, seed, start, sampling)
    found = np.concatenate([next(batches)[:, 0, 0, 0] for _ in range(images // batch_size + 1)])
    return found[:images].tolist()


@pytest.mark.parametrize(("n", "batch_size"), [(20, 8), (5, 8), (8, 8), (3, 64)])
def test_every_image_is_seen_once_an_epoch(n, batch_size):
    stream = order(n, batch_size, seed=0, start=0, images=6 * n)
    epochs = [stream[i : i + n] for i in range(0, 6 * n, n)]
    assert all(sorted(epoch) == list(range(n)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1  # in another order each time


@pytest.mark.parametrize("sampling", ["epochs", "replacement"])
def test_the_stream_can_be_entered_anywhere(sampling):
    stream = order(20, 8, 3, 0, images=3000, sampling=sampling)
    for start in (1, 8, 20, 39, 60, 1020, 2000):
        assert order(20, 8, 3, start, 40, sampling) == stream[start : start + 40]
    assert order(20, 8, 4, 0, 3000, sampling) != stream
    assert order(20, 16, 3, 0, 3000, sampling) == stream  # whatever the batch


def test_with_replacement_every_image_is_as_likely_each_time():
    stream = np.array(order(10, 8, seed=0, start=0, images=10_000, sampling="replacement"))
    # Of 10,000 draws each image has 1,000, with a standard deviation of 30.
    assert np.abs(np.bincount(stream, minlength=10) - 1000).max() < 5 * 30
    repeated = np.mean(stream[1:] == stream[:-1])
    assert repeated == pytest.approx(0.1, abs=5 * 0.003)


@pytest.fixture
def no_labels(monkeypatch):
    """Makes every way to labels fail."""

    def refuse(*_, **__):
        raise AssertionError("labels were opened")

    for name in (
        "infogan.data.open.open_labels",
        "infogan.data.array.read_labels",
        "infogan.data.digits.read_labels",
        "infogan.data.collection.read_classes",
        "infogan.data.collection.Collection.classes",
        "infogan.data.csv_pixels.read_labels",
        "infogan.data.idx.read_labels",
        "infogan.data.named.read_labels",
    ):
        monkeypatch.setattr(name, refuse)


@pytest.mark.parametrize("data", ["digits", "npz", "idx"])
@pytest.mark.usefixtures("no_labels")
def test_labels_are_never_read(tiny_config, tiny_data, tiny_images, tmp_path, data):
    if data == "npz":
        source = open_images(tiny_data)
    elif data == "idx":
        header = np.array([0x803, *tiny_images[:, 0].shape], ">u4").tobytes()
        (tmp_path / "train-images-idx3-ubyte").write_bytes(header + tiny_images.tobytes())
        # A label file that is none: whoever opened it would fail.
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"no labels")
        source = open_images(tmp_path)
    else:
        source = open_images("digits", size=8)
    state = State.create(tiny_config())
    assert run(state, source)
    assert state.images_seen == 80
