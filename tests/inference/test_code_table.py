"""Tables of codes: what Q said, whatever the format, whole or not at all."""

import csv

import numpy as np
import pytest

import infogan
from infogan.codes.names import Names
from infogan.inference.code_table import columns_of, open_table

FIRST = {
    "file": np.array(["a.png", "ü\n,é.png"]),
    "kind": np.array([2, 0]),
    "kind_0": np.array([0.25, 1 / 3], np.float32),
}
SECOND = {
    "file": np.array(["much longer.png"]),
    "kind": np.array([1]),
    "kind_0": np.array([1e-9], np.float32),
}


def write(path):
    with open_table(path) as table:
        table.write(FIRST)
        table.write(SECOND)


def test_csv_has_a_header_and_six_digits(tmp_path):
    write(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["file", "kind", "kind_0"],
        ["a.png", "2", "0.25"],
        ["ü\n,é.png", "0", "0.333333"],
        ["much longer.png", "1", "1e-09"],
    ]


def test_npz_has_an_array_a_column(tmp_path):
    write(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as arrays:
        assert arrays.files == list(FIRST)
        for name, column in FIRST.items():
            assert arrays[name].tolist() == [*column.tolist(), *SECOND[name].tolist()]
        assert arrays["kind_0"].dtype == np.float32


def test_parquet_has_typed_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write(tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == list(FIRST)
    for name, column in FIRST.items():
        assert table[name].to_pylist() == [*column.tolist(), *SECOND[name].tolist()]


@pytest.mark.parametrize("suffix", ["csv", "npz", "parquet"])
def test_a_failure_leaves_what_was_there(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    path.write_text("before")

    def fail():
        with open_table(path) as table:
            table.write(FIRST)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"t.xlsx: unknown kind of table; use .csv"):
        write(tmp_path / "t.xlsx")


def test_parquet_without_its_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"pip install -c constraints.txt 'infogan\[parquet\]'"):
        write(tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_columns_are_guesses_and_posteriors(tiny_run, tiny_images):
    model = infogan.load(tiny_run)
    encoded = model.encode(tiny_images)
    columns = columns_of(model, encoded)
    assert list(columns) == ["kind", "kind_0", "kind_1", "kind_2", "tilt", "tilt_sigma"]
    assert np.array_equal(columns["kind"], encoded["kind"]["probs"].argmax(axis=1))
    assert np.array_equal(columns["kind_1"], encoded["kind"]["probs"][:, 1])
    assert np.array_equal(columns["tilt"], encoded["tilt"]["mean"])
    assert np.array_equal(columns["tilt_sigma"], encoded["tilt"]["std"])


def test_columns_go_by_names(tiny_run, tiny_images):
    model = infogan.load(tiny_run)
    model.names = Names(values={"kind": {0: "a", 1: "b", 2: "c"}})
    columns = columns_of(model, model.encode(tiny_images))
    assert list(columns)[:4] == ["kind", "kind_a", "kind_b", "kind_c"]
    probs = np.stack([columns[f"kind_{name}"] for name in "abc"], axis=1)
    assert columns["kind"].tolist() == ["abc"[i] for i in probs.argmax(axis=1)]


def test_columns_that_would_be_confused_are_refused(tiny_config, tiny_images):
    config = tiny_config(model={"codes": "tilt=uni,tilt_sigma=uni"})
    model = infogan.Model.blank(config.model)
    with pytest.raises(ValueError, match="two columns would be called tilt_sigma"):
        columns_of(model, model.encode(tiny_images))


def test_a_file_called_like_a_formula_is_none_in_a_csv(tmp_path):
    names = ["=cmd.png", "+1.png", "-1.png", "@a.png", "plain.png"]
    with open_table(tmp_path / "t.csv") as table:
        table.write({"file": np.array(names), "dial": np.array([-1.0, 1, 2, 3, 4])})
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    assert [name for name, _ in rows] == ["'=cmd.png", "'+1.png", "'-1.png", "'@a.png", "plain.png"]
    assert rows[0][1] == "-1"  # numbers stay numbers


@pytest.mark.parametrize("suffix", ["csv", "npz"])
def test_nan_is_not_written_without_a_word(tmp_path, suffix):
    column = np.array([0.5, np.nan], np.float32)
    with (
        pytest.warns(UserWarning, match="dial: holds values that are not finite"),
        open_table(tmp_path / f"t.{suffix}") as table,
    ):
        table.write({"file": np.array(["a", "b"]), "dial": column})
