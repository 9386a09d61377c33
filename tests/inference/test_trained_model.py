"""Using a model: every picture has a permalink, codes are obeyed, images are read."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.figures import draw_overview
from infogan.inference import trained_model
from infogan.inference.trained_model import Model, latents, to_float, to_uint8
from infogan.storage.model_folder import load_model


@pytest.fixture(scope="module")
def model(tiny_run):
    return load_model(tiny_run)


@pytest.fixture
def inputs(model, monkeypatch):
    """What the generator is given, call by call."""
    seen = []
    generator = model.generator

    class Spy(torch.nn.Module):
        def forward(self, z):
            seen.append(z.clone())
            return generator(z)

    monkeypatch.setattr(model, "generator", Spy())
    return seen


# Sampling


def test_image_i_depends_on_the_seed_and_i_alone():
    latent = Latent.parse("kind=cat:10,tilt=uni,flip=bern", noise=5, noise_prior="uniform")
    many = latents(latent, 20, 7, {})
    assert torch.equal(latents(latent, 3, 7, {}), many[:3])
    assert torch.equal(latents(latent, 1, 7, {}), many[:1])
    assert not torch.equal(latents(latent, 20, 8, {}), many)
    assert len({tuple(row.tolist()) for row in many}) == 20
    # Neighbouring seeds do not repeat each other's images.
    other = {tuple(row.tolist()) for row in latents(latent, 20, 8, {})}
    assert not other & {tuple(row.tolist()) for row in many}


def test_neither_n_nor_how_many_pass_at_a_time_changes_an_image(model, monkeypatch):
    images, codes = model.sample(30, seed=3)
    assert images.shape == (30, 1, 8, 8)
    assert images.dtype == np.uint8
    few, few_codes = model.sample(4, seed=3)
    # A product may round differently in another batch: by one grey level at most.
    assert np.abs(few.astype(int) - images[:4]).max() <= 1
    assert np.array_equal(few_codes["tilt"], codes["tilt"][:4])
    z = latents(model.latent, 30, 3, {})
    for at_once in (1, 7, 30):
        monkeypatch.setattr(trained_model, "AT_ONCE", at_once)
        again = model.generate(z)
        assert np.abs(again.astype(int) - images).max() <= 1


def test_the_same_call_gives_the_same_images(model):
    a, b = model.sample(5, seed=2, kind=1), model.sample(5, seed=2, kind=1)
    assert np.array_equal(a[0], b[0])
    assert not np.array_equal(a[0], model.sample(5, seed=3, kind=1)[0])


def test_a_code_that_is_set_is_set_and_the_rest_is_as_before(model, inputs):
    _, free = model.sample(6, seed=1)
    _, codes = model.sample(6, seed=1, kind=2)
    assert codes["kind"].tolist() == [2] * 6
    assert np.array_equal(codes["tilt"], free["tilt"])
    assert torch.equal(inputs[0][:, 3:], inputs[1][:, 3:])
    assert inputs[1][:, :3].tolist() == [[0, 0, 1]] * 6


def test_each_image_may_have_its_own_value(model, inputs):
    values = np.linspace(-1, 1, 5)
    _, codes = model.sample(5, tilt=values, kind=[0, 1, 2, 1, 0])
    np.testing.assert_allclose(codes["tilt"], values, atol=1e-6)
    assert codes["kind"].tolist() == [0, 1, 2, 1, 0]
    np.testing.assert_allclose(inputs[0][:, 3], values, atol=1e-6)


def test_codes_change_the_image(model):
    low, high = (model.sample(4, tilt=value)[0] for value in (-2, 2))
    assert not np.array_equal(low, high)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slant": 0}, "unknown code 'slant': this model has kind, tilt"),
        ({"kind": 3}, "kind=3: takes a whole number from 0 to 2"),
        ({"kind": 0.5}, "kind=0.5: takes a whole number"),
        ({"kind": float("inf")}, "kind=inf: takes a whole number"),
        ({"kind": float("nan")}, "kind=nan: takes a whole number"),
        ({"tilt": 2.5}, "tilt=2.5: trained from -1 to 1; takes -2 to 2"),
        ({"tilt": [0.0, 0.0, 9.0, 0.0]}, "tilt=9: trained from -1 to 1"),
        ({"tilt": [0.0, 0.0]}, "tilt: 2 values for 4 images; give one, or 4"),
        ({"seed": -1}, "seed -1: takes 0 to 2**32 - 1"),
        ({"seed": 2**32}, "seed 4294967296: takes 0"),
    ],
)
def test_what_cannot_be_set_is_named(model, options, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        model.sample(4, **options)
    assert "\n" not in str(caught.value)


def test_at_least_one_image(model):
    with pytest.raises(ValueError, match="n=0: at least one image"):
        model.sample(0)


# Traversing


def test_rows_are_categories_and_columns_the_values(model, inputs):
    images, values = model.traverse("tilt", rows=3, steps=5, seed=4)
    assert images.shape == (3, 5, 1, 8, 8)
    assert values == [-1, -0.5, 0, 0.5, 1]
    z = torch.cat(inputs).reshape(3, 5, -1)
    for row in range(3):
        assert z[row, :, :3].argmax(dim=1).tolist() == [row] * 5
        assert z[row, :, 3].tolist() == values
        assert torch.equal(z[row, :, 4:], z[row, :1, 4:].expand(5, -1))  # the noise is held
    assert not torch.equal(z[0, 0, 4:], z[1, 0, 4:])


def test_rows_go_round_where_there_are_more_than_categories(model, inputs):
    model.traverse("tilt", rows=5, steps=2)
    z = torch.cat(inputs).reshape(5, 2, -1)
    assert z[:, 0, :3].argmax(dim=1).tolist() == [0, 1, 2, 0, 1]


def test_a_category_is_traversed_over_random_codes(model, inputs):
    images, values = model.traverse("kind", rows=4, steps=99)
    assert values == [0, 1, 2]  # as many as there are, whatever the steps
    assert images.shape[:2] == (4, 3)
    z = torch.cat(inputs).reshape(4, 3, -1)
    for row in range(4):
        assert z[row, :, :3].argmax(dim=1).tolist() == [0, 1, 2]
        assert torch.equal(z[row, :, 3:], z[row, :1, 3:].expand(3, -1))
    assert len(z[:, 0, 3].unique()) == 4


def test_unknown_codes_cannot_be_traversed(model):
    with pytest.raises(ValueError, match="unknown code 'slant': this model has kind, tilt"):
        model.traverse("slant")


# Reading


def test_encoding_gives_each_codes_posterior(model, tiny_images):
    codes = model.encode(tiny_images)
    assert set(codes) == {"kind", "tilt"}
    assert codes["kind"]["probs"].shape == (40, 3)
    np.testing.assert_allclose(codes["kind"]["probs"].sum(axis=1), 1, rtol=1e-5)
    assert np.array_equal(codes["kind"]["value"], codes["kind"]["probs"].argmax(axis=1))
    assert codes["tilt"]["mean"].shape == codes["tilt"]["std"].shape == (40,)
    assert (codes["tilt"]["std"] > 0).all()
    assert np.array_equal(codes["tilt"]["value"], codes["tilt"]["mean"])


def test_grey_images_may_come_without_their_channel(model, tiny_images):
    flat, whole = model.encode(tiny_images[:5, 0]), model.encode(tiny_images[:5])
    assert np.array_equal(flat["tilt"]["mean"], whole["tilt"]["mean"])


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (np.zeros((3, 1, 9, 9), np.uint8), "found 3×1×9×9 of uint8"),
        (np.zeros((3, 1, 8, 8)), "found 3×1×8×8 of float64"),
        (np.zeros((8, 8), np.uint8), "found 8×8 of uint8"),
    ],
)
def test_images_of_another_kind_are_refused_in_a_line(model, images, found):
    with pytest.raises(UserError, match=f"takes n×1×8×8 bytes, {found}"):
        model.encode(images)


def test_a_switch_is_encoded_too(tiny_config, tiny_images):
    model = Model.blank(tiny_config({"codes": "flip=bern"}).model)
    codes = model.encode(tiny_images)
    assert codes["flip"]["probs"].shape == (40, 2)
    assert np.array_equal(codes["flip"]["value"], codes["flip"]["probs"].argmax(axis=1))


def test_batches_are_encoded_as_one(model, tiny_images):
    whole = model.encode(tiny_images)
    parts = model.encode_all(iter([tiny_images[:25], tiny_images[25:]]))
    for code, fields in whole.items():
        for field, values in fields.items():
            np.testing.assert_allclose(parts[code][field], values, atol=1e-5)


# Pixels


def test_pixels_survive_the_way_there_and_back():
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    x = to_float(pixels)
    assert x.min() == -1
    assert x.max() == 1
    assert np.array_equal(to_uint8(x), pixels)


def test_floats_beyond_the_range_are_cut_off():
    x = torch.tensor([-3.0, -1, 0.001, 1, 3]).reshape(1, 1, 1, 5)
    assert to_uint8(x).ravel().tolist() == [0, 0, 128, 255, 255]


# In a notebook


def test_a_model_shows_itself_in_a_line_and_a_picture(model):
    assert repr(model) == "Model of 8×8 grey images; codes kind=cat:3,tilt=uni"
    html = model._repr_html_()
    assert html.startswith(f"<p>{model!r}</p><img ")
    encoded = re.search(r"data:image/png;base64,([^\"]+)", html)[1]
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        shown = np.asarray(picture)
    assert np.array_equal(shown, np.asarray(model.show()))
    assert np.array_equal(shown, np.asarray(draw_overview(model)))
