"""Inversion and editing: an image is reproduced, and what is not set stays."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

from infogan.cli import main
from infogan.codes.names import Names
from infogan.figures import GAP
from infogan.inference.inversion import (
    Inversion,
    _ranges,
    edit,
    invert,
    pixel_error,
    resembles,
)
from infogan.inference.trained_model import Model, latents
from infogan.storage.model_folder import save_model

CODES = "kind=cat:3,tilt=uni:0:2,size=norm,on=bern"


@pytest.fixture(scope="module")
def model(tiny_config):
    """Random networks, whose generator has seen a batch, so that its images differ."""
    torch.manual_seed(1)
    model = Model.blank(tiny_config({"codes": CODES, "hidden": 64}).model)
    torch.nn.init.normal_(model.generator.layers[3].weight, std=0.5)
    model.generator.train()(model.latent.sample(256, torch.Generator().manual_seed(1)))
    model.generator.eval()
    return model


@pytest.fixture(scope="module")
def images(model):
    return model.sample(6, seed=5)[0]


@pytest.fixture(scope="module")
def found(model, images):
    return invert(model, images, steps=60)


def test_optimisation_comes_nearer_than_reading_alone(model, images, found):
    read = invert(model, images, steps=0)
    assert (found.error < read.error).all()
    # Of a Q that knows nothing, whose categories are wrong.
    assert found.error.mean() < 0.75 * read.error.mean()
    # More draws of the noise begin nearer.
    assert read.error.mean() < invert(model, images, steps=0, tries=1).error.mean()
    assert np.array_equal(found.images, model.generate(found.z))
    assert np.allclose(found.error, pixel_error(found.images, images))


def test_where_the_answer_is_among_the_draws_it_is_found(model):
    z = latents(model.latent, 4, 0, {})
    images = model.generate(z)
    found = invert(model, images, steps=0, tries=4, start="random")
    assert torch.equal(found.z, z)
    assert found.error.max() == 0


def test_categories_are_as_q_read_them_and_dials_within_their_ends(model, images, found):
    read, codes = model.encode(images), found.codes(model.latent)
    assert np.array_equal(codes["kind"], read["kind"]["value"])
    assert np.array_equal(codes["on"], read["on"]["value"])
    assert (found.z[:, :3].sum(dim=1) == 1).all()
    assert 0 <= codes["tilt"].min() <= codes["tilt"].max() <= 2
    assert np.abs(codes["size"]).max() <= 2
    assert found.z[:, model.latent.code_dim :].abs().max() <= 1


def test_an_image_is_found_alike_whatever_lies_beside_it(model, images, found):
    alone = invert(model, images[3:4], steps=60)
    assert torch.allclose(alone.z, found.z[3:4], atol=1e-3)
    again = invert(model, images, steps=60)
    assert torch.equal(again.z, found.z)


def test_progress_is_told_and_models_stay_as_they_are(model, images):
    before = {key: value.clone() for key, value in model.generator.state_dict().items()}
    seen = []
    invert(model, np.repeat(images, 50, axis=0), steps=1, tries=1, progress=seen.append)
    assert sum(seen) == 300
    assert len(seen) > 1
    after = model.generator.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert all(parameter.grad is None for parameter in model.discriminator.parameters())


def test_setting_a_code_changes_that_code_alone(model, images, found):
    edited = edit(model, images, found, {"tilt": 1.5, "kind": 2})
    z = model.latent.set_code(found.z, "tilt", torch.full((6,), 1.5))
    z = model.latent.set_code(z, "kind", torch.full((6,), 2.0))
    assert np.array_equal(edited, model.generate(z))
    # One value each, and what it already was changes nothing.
    same = edit(model, images, found, {"tilt": found.codes(model.latent)["tilt"]})
    assert np.array_equal(same, found.images)


def test_detail_gives_the_image_itself_back_where_nothing_changes(
    model, images, found, monkeypatch
):
    tilt = found.codes(model.latent)["tilt"]
    kept = edit(model, images, found, {"tilt": tilt}, detail=1)
    assert np.array_equal(kept, images)
    half = edit(model, images, found, {"tilt": tilt}, detail=0.5).astype(int)
    assert np.abs(2 * half - images - found.images.astype(int)).max() <= 2
    # Where everything changes, from black to white, nothing of it may shine through.
    before = Inversion(found.z, np.zeros_like(images), found.error)
    monkeypatch.setattr(model, "generate", lambda z: np.full_like(images, 255))
    assert (edit(model, images, before, {"tilt": 1}, detail=1) == 255).all()


def test_names_are_understood(model, images, found):
    model.names = Names(values={"kind": {2: "round"}})
    assert np.array_equal(
        edit(model, images, found, {"kind": "round"}), edit(model, images, found, {"kind": 2})
    )
    model.names = Names()


@pytest.mark.parametrize(
    ("codes", "detail", "words"),
    [
        ({"tilt": 9}, 0, "tilt=9: trained from 0 to 2"),
        ({"kind": 1.5}, 0, "kind=1.5: takes a whole number from 0 to 2"),
        ({"slant": 1}, 0, "unknown code 'slant'"),
        ({"tilt": 1}, 2, "detail 2: takes 0 to 1"),
    ],
)
def test_what_cannot_be_set_is_refused(model, images, found, codes, detail, words):
    with pytest.raises(ValueError, match=words):
        edit(model, images, found, codes, detail=detail)


def test_images_of_another_shape_are_refused(model):
    with pytest.raises(ValueError, match=r"images of shape \(1, 12, 12\), the model's are"):
        invert(model, np.zeros((2, 1, 12, 12), np.uint8))
    with pytest.raises(ValueError, match="steps -1"):
        invert(model, np.zeros((2, 1, 8, 8), np.uint8), steps=-1)


# Commands


@pytest.fixture
def run(model, images, tmp_path, monkeypatch):
    """An empty folder with a model and images in it."""
    save_model(tmp_path / "run", model.config, model.generator, model.discriminator)
    np.save(tmp_path / "images.npy", images)
    Image.fromarray(images[0, 0]).save(tmp_path / "x.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_project_writes_a_table_and_a_picture(run, model, capsys):
    options = ["--images", "images.npy", "--steps", "3", "--n", "4", "--out", "new/p.csv"]
    assert main(["project", "run", *options]) == 0
    with (run / "new" / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["index"] for row in rows] == ["0", "1", "2", "3"]
    noise = [f"noise_{i}" for i in range(4)]
    assert list(rows[0]) == ["index", "kind", "tilt", "size", "on", *noise, "error"]
    # The row is enough to draw the image again.
    row = {name: float(value) for name, value in rows[2].items()}
    z = latents(model.latent, 1, 0, {name: row[name] for name in model.latent.names})
    z[:, model.latent.code_dim :] = torch.tensor([row[name] for name in noise])
    images = np.load(run / "images.npy")
    assert pixel_error(model.generate(z), images[2:3])[0] == pytest.approx(row["error"], abs=1e-3)
    with Image.open(run / "new" / "p.png") as picture:
        assert picture.width > 4 * 8
    assert "4 images" in capsys.readouterr().out


def test_edit_writes_an_image_and_says_what_changed(run, capsys):
    options = ["--image", "x.png", "--steps", "3", "--set", "tilt=1.5", "--set", "kind=1"]
    assert main(["edit", "run", *options, "--plain", "--out", "new/y.png"]) == 0
    with Image.open(run / "new" / "y.png") as picture:
        assert (picture.mode, picture.size) == ("L", (8, 8))
        assert picture.text["Comment"] == (
            "infogan edit run --image x.png --set tilt=1.5 --set kind=1 --plain"
        )
        alone = np.asarray(picture)
    out = capsys.readouterr().out
    assert "-> 1.5" in out
    assert "new/y.png" in out
    assert main(["edit", "run", *options, "--out", "new/all.png"]) == 0
    with Image.open(run / "new" / "all.png") as picture:
        assert picture.width > 3 * 224  # before, rebuilt, after
        pixels = np.asarray(picture.convert("L"))
    right = pixels[-224 - GAP : -GAP, -224 - GAP : -GAP]
    assert np.array_equal(right[14::28, 14::28], alone)


def test_an_image_that_the_model_cannot_draw_is_warned_of(run, capsys):
    noise = np.random.default_rng(0).integers(0, 2, (8, 8), np.uint8) * 255
    Image.fromarray(noise).save(run / "noise.png")
    options = ["--steps", "3", "--set", "tilt=1.5", "--out", "n.png"]
    assert main(["edit", "run", "--image", "noise.png", *options]) == 0
    assert "noise.png: the model cannot draw this image" in capsys.readouterr().err


def test_what_is_reproduced_is_told_from_what_is_another_image():
    images = np.zeros((3, 1, 8, 8), np.uint8)
    images[:2, :, :4] = 200
    made = images.copy()
    made[0, 0, 0] = 150  # a little darker in a row
    made[1] = images[1].swapaxes(1, 2)  # turned
    found = Inversion(torch.zeros(3, 1), made, pixel_error(made, images))
    assert resembles(images, found).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["edit", "run", "--image", "x.png"], "nothing to change: give --set"),
        (["edit", "run", "--image", "x.png", "--set", "tilt=9"], "tilt=9: trained from 0 to 2"),
        (["edit", "run", "--image", "x.png", "--set", "hue=9"], "unknown code 'hue'"),
        (["edit", "run", "--image", "images.npy", "--set", "tilt=1"], "cannot be read as an image"),
        (["edit", "run", "--image", "y.png", "--set", "tilt=1"], "y.png: no such image"),
        (
            ["edit", "run", "--image", "x.png", "--set", "tilt=1", "--steps", "1", "--out=a.xyz"],
            "a.xyz: unknown kind of picture",
        ),
        (["project", "run", "--images", "images.npy", "--out", "a.txt"], "a.txt: unknown kind"),
        (["project", "run", "--images", "images.npy", "--n", "-1"], "--n -1"),
        (["project", "run", "--images", "images.npy", "--steps", "-1"], "steps -1"),
        (["project", "run", "--images", "nowhere"], "nowhere: no such file"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(run, capsys, arguments, words):
    before = sorted(run.rglob("*"))
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert sorted(run.rglob("*")) == before


def test_a_circle_has_no_end_at_which_a_search_stops(tiny_config):
    model = Model.blank(tiny_config({"codes": "turn=circ,tilt=uni", "hidden": 64}).model)
    model.generator.eval()
    _, low, high = _ranges(model.latent)
    assert (low[:2].tolist(), high[:2].tolist()) == ([-2.0, -1.0], [2.0, 1.0])
    z = model.latent.sample(32, torch.Generator().manual_seed(0))
    z[:, 0] = 0.999
    found = invert(model, model.generate(z), steps=30)
    assert found.z[:, 0].abs().max() <= 1
