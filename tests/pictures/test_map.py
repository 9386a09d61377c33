"""The map: every image in its category's field, at its dials' place; the page asks for nothing."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from infogan.cli import main
from infogan.codes.names import Names
from infogan.explorer.page_map import make_page_map
from infogan.inference.trained_model import Model
from infogan.pictures.map import CELLS, HOW_SURE, Axes, columns, make_map, mark
from infogan.pictures.map_picture import ORANGE, VERMILLION, draw_map
from infogan.report.map_page import map_page
from infogan.storage.model_folder import save_model


@pytest.fixture(scope="module")
def model(tiny_config):
    torch.manual_seed(0)
    model = Model.blank(tiny_config({"codes": "kind=cat:3,tilt=uni:0:2,size=norm"}).model)
    torch.nn.init.normal_(model.discriminator.q_head[-1].weight, std=2.0)
    return model


@pytest.fixture(scope="module")
def codes(model, tiny_images):
    return {name: each["value"] for name, each in model.encode(tiny_images).items()}


@pytest.fixture
def plan(model, tiny_images, codes):
    """A map made in three parts, with labels that are right but for image 7."""
    names = [f"{i}.png" for i in range(40)]
    parts = [(names[i : i + 15], tiny_images[i : i + 15]) for i in range(0, 40, 15)]
    labels = codes["kind"].astype(int) + 5
    labels[7] = 5 + (labels[7] - 5 + 1) % 3
    return make_map(model, iter(parts), labels)


def test_images_lie_where_their_codes_say(plan, codes):
    assert plan.total == 40
    for value, field in enumerate(plan.fields):
        assert field.numbers == np.flatnonzero(codes["kind"] == value).tolist()
        for i, x, y in zip(field.numbers, field.x, field.y, strict=True):
            # From end to end of tilt, 0 to 2; y goes by size.
            assert x == pytest.approx(0.04 + 0.92 * np.clip(codes["tilt"][i] / 2, 0, 1))
            assert y == pytest.approx(0.04 + 0.92 * np.clip((codes["size"][i] + 2) / 4, 0, 1))


def test_labels_give_the_accuracy_and_the_odd_ones(plan):
    assert plan.accuracy == 39 / 40
    assert plan.odd == {7}
    used = [field for field in plan.fields if field.numbers]
    assert all(re.search(r"kind = \d, \d+% label [567]", field.title) for field in used)


def test_thumbnails_are_true_and_do_not_overlap(plan, tiny_images):
    for field in plan.fields:
        places = []
        for (column, row), tile in field.tiles.items():
            assert np.array_equal(tile.image, tiny_images[tile.number])
            assert tile.name == f"{tile.number}.png"
            assert (int(tile.x * CELLS), int(tile.y * CELLS)) == (column, row)
            places.append(tile.place)
        side = 2 / 3 / CELLS
        for i, (x, y) in enumerate(places):
            for other_x, other_y in places[:i]:
                assert abs(x - other_x) > side - 1e-9 or abs(y - other_y) > side - 1e-9


def test_without_labels_there_is_no_accuracy(model, tiny_images):
    plan = make_map(model, iter([(["a"] * 40, tiny_images)]), None)
    assert plan.accuracy is None
    assert plan.odd == set()


@pytest.mark.parametrize(
    ("spelling", "fields", "axes"),
    [
        ("tilt=uni,size=uni", 1, ("tilt", "size")),
        ("tilt=uni", 1, ("tilt", "")),
        ("kind=cat:3", 3, ("", HOW_SURE)),
        ("kind=cat:3,tilt=uni", 3, ("tilt", HOW_SURE)),
        ("on=bern,tilt=uni", 2, ("tilt", HOW_SURE)),
    ],
)
def test_models_of_other_codes(tiny_config, tiny_images, spelling, fields, axes):
    model = Model.blank(tiny_config({"codes": spelling}).model)
    plan = make_map(model, iter([(["a"] * 40, tiny_images)]), np.zeros(40, int))
    assert len(plan.fields) == fields
    assert (plan.axes.across, plan.axes.up) == axes
    assert sum(len(field.numbers) for field in plan.fields) == 40
    assert all(0 <= place <= 1 for field in plan.fields for place in (*field.x, *field.y))
    assert draw_map(plan).width > 300
    assert "<figure>" in map_page(model, plan, "t")


def test_where_a_dial_lacks_the_place_tells_how_sure_q_is(tiny_config, tiny_images):
    model = Model.blank(tiny_config({"codes": "kind=cat:3,tilt=uni"}).model)
    probs = model.encode(tiny_images)["kind"]["probs"].max(axis=1)
    plan = make_map(model, iter([(["a"] * 40, tiny_images)]))
    for field in plan.fields:
        assert field.y == pytest.approx(probs[field.numbers].tolist())
    assert plan.axes.told == (
        "A field for each kind; in it tilt from left to right, how sure Q is from bottom to top."
    )
    # One dial and nothing to be sure of: evenly over the height, not all at one edge.
    model = Model.blank(tiny_config({"codes": "tilt=uni"}).model)
    (field,) = make_map(model, iter([(["a"] * 40, tiny_images)])).fields
    counts, _ = np.histogram(field.y, bins=4, range=(0, 1))
    assert counts.tolist() == pytest.approx([10] * 4, abs=2)


@pytest.mark.parametrize(
    ("fields", "expected"), [(1, 1), (2, 2), (3, 3), (4, 2), (8, 4), (10, 5), (12, 4), (15, 5)]
)
def test_fields_are_laid_out_without_gaps_wider_than_high(fields, expected):
    assert columns(fields) == expected


@pytest.mark.parametrize("spelling", ["kind=cat:3,tilt=uni:0:2,size=norm", "kind=cat:3", "a=uni"])
def test_the_page_lays_images_out_as_the_picture_does(tiny_config, tiny_images, tmp_path, spelling):
    """Within each field both maps have the same images in the same places, but for its margins."""
    torch.manual_seed(0)
    model = Model.blank(tiny_config({"codes": spelling}).model)
    np.save(tmp_path / "x.npy", tiny_images)
    page = make_page_map(model, list(model.latent.names), str(tmp_path / "x.npy"))
    plan = make_map(model, iter([(["a"] * 40, tiny_images)]))
    assert page.told == Axes.of(model.latent).told == plan.axes.told
    across, count = columns(len(plan.fields)), len(plan.fields)
    rows = -(-count // across)
    for i, field in enumerate(plan.fields):
        x = page.x[field.numbers] * across - i % across
        y = page.y[field.numbers] * rows - i // across
        assert ((x > 0) & (x < 1) & (y > 0) & (y < 1)).all()
        assert x == pytest.approx(0.03 + 0.94 * np.array(field.x))
        assert y == pytest.approx(0.12 + 0.85 * (1 - np.array(field.y)))


def test_a_new_image_is_marked(model, plan, tiny_images, codes):
    before = draw_map(plan)
    said = mark(model, plan, ["new.png"], tiny_images[4:5])
    kind = int(codes["kind"][4])
    assert said == [
        f"new.png: kind {kind}, tilt {round(float(codes['tilt'][4]), 2):g}, "
        f"size {round(float(codes['size'][4]), 2):g}"
    ]
    assert [len(field.marked) for field in plan.fields] == [int(i == kind) for i in range(3)]
    assert plan.total == 40
    after = draw_map(plan)

    def count(picture, colour):
        return int((np.asarray(picture) == colour).all(axis=2).sum())

    assert count(after, VERMILLION) > count(before, VERMILLION) + 50
    assert count(before, ORANGE) > 0  # the odd one's frame, or its dot


class Page(HTMLParser):
    """Collects tags and what they ask for."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.titles = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        self.sources += [given[name] for name in ("src", "href", "data", "srcset") if name in given]
        self.titles += [given["title"]] if "title" in given else []


def test_the_page_is_by_itself_and_escaped(model, tiny_images):
    evil = '"><script>alert(1)</script>&.png'
    plan = make_map(model, iter([([evil] * 40, tiny_images)]))
    page = Page(text := map_page(model, plan, f"40 images of {evil}"))
    assert "script" not in page.tags
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert page.sources
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    assert all(title.startswith(f"{evil}: kind ") for title in page.titles)
    content = base64.b64decode(page.sources[0].partition(",")[2])
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (28, 28)


def test_names_stand_in_titles(model, tiny_images):
    model.names = Names(values={"kind": {0: "a < b"[:1], 1: "round"}})
    plan = make_map(model, iter([(["a"] * 40, tiny_images)]))
    model.names = Names()
    assert [field.title for field in plan.fields] == ["kind = a", "kind = round", "kind = #2"]


# The command


@pytest.fixture
def run(model, tiny_images, tmp_path, monkeypatch):
    save_model(tmp_path / "run", model.config, model.generator, model.discriminator)
    np.savez(tmp_path / "tiny.npz", images=tiny_images, labels=np.arange(40) % 3)
    Image.fromarray(tiny_images[0, 0]).convert("RGBA").save(tmp_path / "x.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["new/map.png", "new/map.html"])
def test_the_command_writes_a_map(run, capsys, name):
    assert main(["map", "run", "--images", "tiny.npz", "--mark", "x.png", "--out", name]) == 0
    *read, told, marked, written = capsys.readouterr().out.splitlines()
    assert read[0].startswith("images    40 of tiny.npz")
    assert re.match(r"40 images of tiny\.npz, accuracy \d", told)
    assert marked.startswith("x.png: kind ")
    assert written == f"written   {name}"
    content = (run / name).read_bytes()
    assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<!doctype html>")
    assert [path.name for path in (run / "new").iterdir()] == [name.removeprefix("new/")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--images", "tiny.npz", "--mark", "y.png"], "y.png: no such image"),
        (["--images", "tiny.npz", "--out", "map.xyz"], "map.xyz: unknown kind of picture"),
        (["--images", "nowhere"], "nowhere: no such file"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(run, capsys, options, words):
    before = sorted(run.rglob("*"))
    assert main(["map", "run", *options]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.strip().count("\n") == 0 or "it/s" in error
    assert sorted(run.rglob("*")) == before
