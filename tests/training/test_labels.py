"""A few labels: read, heeded, off by default, and names for the categories they speak of."""

import dataclasses

import numpy as np
import pytest
import torch

from infogan.codes.latent import Latent
from infogan.codes.names import load_names
from infogan.runs.run import train
from infogan.training.labels import read_labelled
from infogan.training.loop import fit
from infogan.training.presets import preset
from infogan.training.state import State
from infogan.training.step import update

SHAPE = (1, 8, 8)
LATENT = Latent.parse("tilt=uni,kind=cat:3", noise=2)


@pytest.fixture
def halves(tmp_path):
    """Bright left or right halves: 40 images, and a file that labels six of them."""
    images = np.zeros((40, 8, 8), dtype=np.uint8)
    images[::2, :, :4], images[1::2, :, 4:] = 230, 230
    np.save(tmp_path / "halves.npy", images)
    lines = [f"{i},{'right' if i % 2 else 'left'}" for i in range(6)]
    (tmp_path / "labels.csv").write_text("index,label\n" + "\n".join(lines) + "\n")
    return tmp_path


def test_words_take_the_categories_in_order(halves):
    found = read_labelled(halves / "labels.csv", halves / "halves.npy", LATENT, SHAPE)
    assert (found.code, found.names) == ("kind", {0: "left", 1: "right"})
    assert found.categories.tolist() == [0, 1, 0, 1, 0, 1]
    assert found.images.shape == (6, *SHAPE)


def test_numbers_are_taken_at_their_word(halves):
    (halves / "labels.csv").write_text("0,2\n1,0\n")
    found = read_labelled(halves / "labels.csv", halves / "halves.npy", LATENT, SHAPE)
    assert (found.categories.tolist(), found.names) == ([2, 0], {})


def test_draws_are_the_labelled_images(halves):
    found = read_labelled(halves / "labels.csv", halves / "halves.npy", LATENT, SHAPE)
    images, categories = found.draw(50, torch.Generator().manual_seed(0))
    left_is_bright = images[:, 0, 0, 0] > 0
    assert set(categories.tolist()) == {0, 1}
    assert torch.equal(left_is_bright, categories == 0)
    assert images.min() == -1


@pytest.mark.parametrize(
    ("labels", "codes", "message"),
    [
        ("0,a\n1,b\n2,c\n3,d\n", "cat:3", "4 labels, but c1 has 3 categories"),
        ("0,a\n", "uni,norm", "no code has categories"),
        ("99,a\n", "cat:3", "has no image 99"),
        ("0,<script>\n", "cat:3", "script"),
    ],
)
def test_labels_that_cannot_be_heeded(halves, labels, codes, message):
    (halves / "labels.csv").write_text(labels)
    latent = Latent.parse(codes, noise=2)
    with pytest.raises(ValueError, match=message):
        read_labelled(halves / "labels.csv", halves / "halves.npy", latent, SHAPE)


def test_labels_move_q(tiny_config, halves):
    config = tiny_config(
        {"codes": "kind=cat:3"}, loss={"consistency": 0.0, "mi_categorical_q": 0.0}
    )
    real = torch.rand(4, *SHAPE) * 2 - 1
    after = []
    for labels in (False, True):
        state = State.create(config)
        if labels:
            state.labelled = read_labelled(
                halves / "labels.csv", halves / "halves.npy", config.model.latent, SHAPE
            )
        terms = update(state, real)
        assert ("supervised" in terms) == labels
        after.append(state.discriminator.state_dict()["q_head.0.weight"].clone())
    assert not torch.equal(*after)


def test_labels_leave_g_alone(tiny_config, halves):
    # With a D and Q that cannot move, an update gives the same G with labels and without.
    optim, loss = {"lr_d": 1e-30}, {"consistency": 0.0}
    config = tiny_config({"codes": "kind=cat:3"}, loss, optim)
    after = []
    for labels in (False, True):
        state = State.create(config)
        if labels:
            state.labelled = read_labelled(
                halves / "labels.csv", halves / "halves.npy", config.model.latent, SHAPE
            )
        before = next(state.generator.parameters()).detach().clone()
        update(state, torch.linspace(-1, 1, 4 * 64).reshape(4, *SHAPE))
        after.append([parameter.detach().clone() for parameter in state.generator.parameters()])
        assert not torch.equal(after[-1][0], before)
    assert all(one.equal(other) for one, other in zip(*after, strict=True))


def test_a_run_with_labels_learns_them_and_keeps_their_names(tiny_config, halves):
    optim, loss = {"lr_d": 5e-3}, {"supervised": 5.0}
    config = tiny_config({"codes": "kind=cat:2"}, loss, optim, kimg=1.0, picture_kimg=1.0)
    config = dataclasses.replace(
        config, data=str(halves / "halves.npy"), labels=str(halves / "labels.csv")
    )
    model = train(out=halves / "run", config=config, progress=False)
    images = np.load(halves / "halves.npy")[:, None]
    assert model.encode(images)["kind"]["value"].tolist() == [0, 1] * 20
    assert load_names(halves / "run").values == {"kind": {0: "left", 1: "right"}}
    again = dataclasses.replace(config, loss=dataclasses.replace(config.loss, supervised=0.0))
    state = State.create(dataclasses.replace(again, kimg=0.05))
    assert all("supervised" not in tick.terms for tick in fit(state, model_source(images)))


def model_source(images):
    from infogan.data.source import ArraySource

    return ArraySource("halves", images)


def test_a_schedule_that_could_not_heed_labels_is_refused():
    with pytest.raises(ValueError, match=r"^labels: are learned together with consistency"):
        dataclasses.replace(preset("tutorial"), labels="labels.csv")
