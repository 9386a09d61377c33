"""What users call codes and categories: safe, unambiguous, kept, and undone."""

import json

import numpy as np
import pytest
from PIL import Image

import infogan
from infogan.codes.latent import Latent
from infogan.codes.names import Names, check_name, load_names, save_names, undo_names
from infogan.figures import draw_codes, draw_traversal

LATENT = Latent.parse("kind=cat:3,switch=bern,tilt=uni")
NAMED = Names(values={"kind": {2: "big disc"}})


# Writing and reading values


def test_labels_are_names_then_numbers_that_cannot_be_taken_for_names():
    assert NAMED.label("kind", 2) == "big disc"
    assert NAMED.label("kind", 0) == "#0"
    assert NAMED.label("tilt", -0.5) == "-0.5"
    assert Names().label("kind", 2) == "2"


@pytest.mark.parametrize(
    ("text", "value"), [("big disc", 2), (" Big  DISC ", 2), ("1", 1), ("#2", 2), ("2", 2)]
)
def test_values_are_read_by_name_or_number(text, value):
    assert NAMED.value(LATENT["kind"], text) == value


def test_a_name_goes_before_a_number():
    names = Names(values={"kind": {0: "2", 2: "0"}})
    assert names.value(LATENT["kind"], "2") == 0
    assert names.value(LATENT["kind"], "#2") == 2


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="kind=small: takes a number or one of big disc"):
        NAMED.value(LATENT["kind"], "small")


# Which names there can be


@pytest.mark.parametrize(
    "name", ["eight", "8", "八", "été", "T-shirt_top", "size 2.5 (odd)", "x" * 40]
)
def test_usual_names_are_taken(name):
    assert check_name(name) == name


HOSTILE = ["<b>", "a&b", 'a"b', "a'b", "a/b", "a\\b", "..", ".a", "a.", "=1+1", "-1", "#1", "a,b"]
ODD = ["", "  ", "a\x00b", "a\u202eb", "a\u200bb", "x" * 41, "😀"]


@pytest.mark.parametrize("name", HOSTILE + ODD)
def test_hostile_and_odd_names_are_refused(name):
    with pytest.raises(ValueError, match="cannot name a category"):
        check_name(name)


def test_a_broken_line_in_a_name_becomes_a_space():
    assert check_name(" a\n\tb ") == "a b"


@pytest.mark.parametrize("name", ["", "2nd", "a b", "a-b", "<b>", "x" * 41])
def test_codes_take_names_that_python_takes(name):
    with pytest.raises(ValueError, match="kind: cannot be called"):
        Names().with_code(LATENT, "kind", name)


def test_names_are_not_given_twice():
    with pytest.raises(ValueError, match="two categories are called 'big disc'"):
        NAMED.with_value(LATENT, "kind", 0, "BIG disc")
    with pytest.raises(ValueError, match="'tilt' is used twice"):
        NAMED.with_code(LATENT, "kind", "tilt")


def test_only_categories_that_exist_can_be_named():
    with pytest.raises(ValueError, match="kind=3: takes a whole number from 0 to 2"):
        NAMED.with_value(LATENT, "kind", 3, "x")
    with pytest.raises(ValueError, match="tilt: a dial has no categories"):
        NAMED.with_value(LATENT, "tilt", 0, "x")
    with pytest.raises(ValueError, match="unknown code 'colour'"):
        NAMED.with_value(LATENT, "colour", 0, "x")
    assert NAMED.with_value(LATENT, "switch", 1, "on").label("switch", 1) == "on"


def test_an_empty_name_takes_a_name_away():
    assert NAMED.with_value(LATENT, "kind", 2, "") == Names()


def test_a_code_can_be_renamed_again_and_back():
    once = NAMED.with_code(LATENT, "kind", "size")
    assert once.codes == {"kind": "size"}
    assert once.values == {"size": {2: "big disc"}}
    twice = once.with_code(once.renamed(LATENT), "size", "diameter")
    assert twice.codes == {"kind": "diameter"}
    assert twice.with_code(twice.renamed(LATENT), "diameter", "kind") == NAMED


# In a model's folder


def test_names_are_kept_and_undone_one_change_at_a_time(tmp_path):
    second = NAMED.with_value(LATENT, "kind", 0, "dot")
    assert load_names(tmp_path) == Names()
    save_names(tmp_path, NAMED)
    save_names(tmp_path, second)
    assert load_names(tmp_path) == second
    undo_names(tmp_path)
    assert load_names(tmp_path) == NAMED
    undo_names(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="nothing to undo"):
        undo_names(tmp_path)


def test_a_model_goes_by_its_names(run):
    latent = infogan.load(run).latent
    names = Names().with_value(latent, "kind", 2, "big").with_code(latent, "kind", "size")
    save_names(run, names)
    model = infogan.load(run)
    assert model.latent.names == ("size", "tilt")
    images, codes = model.sample(3, size="big", seed=1)
    assert codes["size"].tolist() == [2, 2, 2]
    assert np.array_equal(images, infogan.load(run).sample(3, size=2, seed=1)[0])
    assert model.sample(3, size=["big", "#0", "1"])[1]["size"].tolist() == [2, 0, 1]
    assert model.traverse("size")[1] == [0, 1, 2]
    with pytest.raises(ValueError, match="unknown code 'kind'"):
        model.sample(1, kind=2)


def test_captions_go_by_names(run, monkeypatch):
    drawn = []

    def note(grid, title="", row_labels=(), column_labels=()):
        drawn.append([title, *row_labels, *column_labels])
        return Image.new("RGB", (1, 1))

    monkeypatch.setattr("infogan.figures.draw_grid", note)
    model = infogan.load(run)
    model.names = Names(values={"kind": {2: "big"}})
    draw_codes(model)
    draw_traversal(model, "kind")
    assert drawn == [
        ["rows: kind", "#0", "#1", "big"],
        ["kind, from left to right", "#0", "#1", "big"],
    ]


BAD_FILES = [
    ("{", "not names in JSON"),
    ("[]", "not names in JSON"),
    ('{"format_version": 2}', "format version 2, this infogan reads up to 1"),
    ('{"codes": {}}', "format version None"),
    ('{"format_version": 1, "values": {"kind": {"two": "x"}}}', "not names"),
    ('{"format_version": 1, "values": {"kind": ["x"]}}', "not names"),
    ('{"format_version": 1, "values": {"kind": {"3": "x"}}}', "names a category"),
    ('{"format_version": 1, "values": {"tilt": {"0": "x"}}}', "names a category"),
    ('{"format_version": 1, "values": {"colour": {"0": "x"}}}', "unknown code 'colour'"),
    ('{"format_version": 1, "values": {"kind": {"0": "<script>"}}}', "cannot name a category"),
    ('{"format_version": 1, "codes": {"kind": "../.."}}', "kind: cannot be called"),
    ('{"format_version": 1, "codes": {"kind": "tilt"}}', "used twice"),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_a_bad_file_is_refused_by_its_name(run, content, message):
    (run / "names.json").write_text(content)
    with pytest.raises(ValueError, match=r"names\.json") as raised:
        infogan.load(run)
    assert message in str(raised.value)


def test_the_file_is_json_that_one_can_read(tmp_path):
    save_names(tmp_path, Names(values={"kind": {1: "八"}}))
    text = (tmp_path / "names.json").read_text(encoding="utf-8")
    assert "八" in text
    assert json.loads(text)["values"] == {"kind": {"1": "八"}}
