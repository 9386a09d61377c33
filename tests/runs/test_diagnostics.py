"""A look at a model beside real images, each number against a case where it is known."""

import json

import numpy as np
import pytest
import torch

from infogan.inference.trained_model import Model
from infogan.networks.build import Verdict
from infogan.runs.diagnostics import Diagnostics, look_at, overlaps, relative_spread
from infogan.storage.model_folder import load_model
from infogan.transforms.ranges import Augmentation


def test_overlap_is_of_the_images_two_categories_share():
    sure = np.eye(3)[np.arange(30) % 3]
    assert overlaps(sure) == {}
    shared = sure.copy()
    shared[shared[:, 1] == 1] = [0, 0.5, 0.5]
    shared[sure[:, 2] == 1] = [0, 0.5, 0.5]
    assert overlaps(shared) == {"1-2": 1.0}
    # Columns (10 × 1, 10 × .6) and (10 × .4, …): the cosine by hand.
    half = np.array([[1.0, 0.0]] * 10 + [[0.6, 0.4]] * 10)
    assert overlaps(half)["0-1"] == pytest.approx(0.6 / np.sqrt(1.36), abs=1e-4)


def test_spread_is_relative_to_real_images_of_the_same_category():
    rng = np.random.default_rng(0)
    category = np.arange(400) % 2
    real = (rng.normal(120, 20, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    same = (rng.normal(120, 20, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    half = (rng.normal(120, 10, (400, 1, 4, 4)) + 60 * category[:, None, None, None]).astype("u1")
    still = np.full((400, 1, 4, 4), 9, np.uint8)
    assert relative_spread(real, category, same, category) == pytest.approx(1, abs=0.05)
    assert relative_spread(real, category, half, category) == pytest.approx(0.5, abs=0.05)
    assert relative_spread(real, category, still, category) == 0
    # Real images that are all alike set no measure.
    assert relative_spread(still, category, real, category) == 1.0
    # Too few of a category: all count as one.
    assert relative_spread(real, category, same[:6], category[:6]) > 0.5


class Reading(torch.nn.Module):
    """A Q that reads an image's category by a function: its logit is `sure`, the others are 0."""

    def __init__(self, category, sure):
        super().__init__()
        self.category, self.sure = category, sure

    def forward(self, images):
        logits = self.sure * torch.nn.functional.one_hot(self.category(images), 3)
        return Verdict(
            torch.zeros(len(images)), torch.cat([logits, torch.zeros(len(images), 2)], 1)
        )


class Drawing(torch.nn.Module):
    """A G that draws one level of grey, by a function of its inputs."""

    def __init__(self, grey):
        super().__init__()
        self.grey = grey

    def forward(self, z):
        return self.grey(z)[:, None, None, None].expand(-1, 1, 8, 8).clamp(-1, 1)


@pytest.fixture
def look(tiny_config):
    """Looks at a model made of these two beside images of three levels of grey."""
    levels = np.repeat([40, 120, 200], [20, 20, 10]).astype(np.uint8)
    real = levels[:, None, None, None] * np.ones((1, 8, 8), np.uint8)

    def by_level(images):
        return torch.bucketize(images.mean(dim=(1, 2, 3)), torch.tensor([-0.4, 0.3]))

    def seen(category=by_level, sure=40.0, grey=lambda z: 0.5 * z[:, 4], real=real):
        model = Model(tiny_config().model, Drawing(grey).eval(), Reading(category, sure).eval())
        return look_at(model, real, Augmentation())

    return seen


def test_a_look_sees_what_q_makes_of_the_images(look):
    clear = look()
    assert clear.usage == {"kind": [0.4, 0.4, 0.2]}
    assert clear.prior == {"kind": pytest.approx([1 / 3] * 3, abs=1e-4)}
    assert clear.overlap == {"kind": {}}
    assert clear.sure == {"kind": 1.0}
    assert clear.restless == {"kind": 0.0}  # one level of grey is the same however it is turned
    # e² of e² + 2, for every image.
    assert look(sure=2.0).sure["kind"] == pytest.approx(0.787, abs=1e-4)
    torn = look(sure=0.0)
    assert torn.overlap == {"kind": {"1-2": 1.0, "0-2": 1.0, "0-1": 1.0}}
    assert torn.sure == {"kind": pytest.approx(1 / 3, abs=1e-4)}


def test_a_look_sees_categories_that_no_change_leaves_alone(look):
    noise = np.random.default_rng(0).integers(0, 256, (300, 1, 8, 8)).astype(np.uint8)

    def chance(images):  # of what is left over when all pixels are added up
        return ((images.sum(dim=(1, 2, 3)) * 127.5).round().long() % 3).abs()

    # An image and its copy agree by chance, once in three times.
    assert look(chance, real=noise).restless["kind"] == pytest.approx(2 / 3, abs=0.1)


def test_a_look_sees_what_g_varies(look):
    codes_alone = look(grey=lambda z: 0.5 * z[:, 3])
    noise_alone = look(grey=lambda z: 0.3 * z[:, 4])
    noise = np.random.default_rng(0).integers(0, 256, (300, 1, 8, 8)).astype(np.uint8)
    nothing = look(grey=lambda z: 0 * z[:, 4], real=noise)
    assert codes_alone.noise == 0
    assert noise_alone.noise > 0.9  # but for the chance differences of 16 settings' means
    assert nothing.spread == 0
    # Within a level real images are all alike and set no measure.
    assert codes_alone.spread == 1.0


def test_a_look_is_plain_and_repeatable(tiny_run, tiny_images):
    model = load_model(tiny_run)
    seen = look_at(model, tiny_images, Augmentation())
    assert seen == look_at(model, tiny_images, Augmentation())
    assert seen != look_at(model, tiny_images[:20], Augmentation())
    assert seen != look_at(model, tiny_images, Augmentation(), seed=1)
    # As the log keeps it, and gives it back.
    assert json.loads(json.dumps(seen.as_dict())) == seen.as_dict()
    assert Diagnostics(**seen.as_dict()) == seen
    # The usage is what the model itself says of the images.
    said = model.encode(tiny_images)["kind"]["value"]
    assert seen.usage["kind"] == [round(float((said == k).mean()), 4) for k in range(3)]


def test_overlaps_of_many_categories_are_capped_at_the_largest():
    probs = np.full((5, 400), 1 / 400)
    probs[:, 7] = probs[:, 9] = 1 / 200
    found = overlaps(probs)
    assert len(found) == 50
    assert all(0.99 < each <= 1.01 for each in found.values())
