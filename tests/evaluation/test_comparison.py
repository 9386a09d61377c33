"""Runs side by side: only what was measured alike shares a row."""

import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest

from infogan.cli import main
from infogan.evaluation import compare
from infogan.evaluation.effort import EFFORTS
from infogan.evaluation.results import Measurement, Report
from infogan.metrics.bootstrap import Interval


def report(run, *measurements, data="mnist", fingerprint="f0", split="test"):
    sizes = (10_000, "quick", 0, "", 1.0, {})
    return Report(run, data, fingerprint, split, *sizes, list(measurements))


def acc(value, protocol="ACC, 10,000 images", code="c1", **options):
    return Measurement("accuracy", value, protocol, 10_000, code, **options)


def test_the_same_measurement_shares_a_row():
    found = compare([report("runs/a", acc(0.9)), report("runs/b", acc(0.8))])
    (row,) = found.rows
    assert [row.found[column].value for column in (0, 1)] == [0.9, 0.8]
    assert found.titles == ["a", "b"]


@pytest.mark.parametrize(
    ("measurement", "options"),
    [
        (acc(0.8, protocol="ACC, 5,000 images"), {}),
        (acc(0.8, code="digit"), {}),
        (acc(0.8), {"fingerprint": "f1"}),
        (acc(0.8), {"split": "train"}),
        (dataclasses.replace(acc(0.8), n=5_000), {}),
        (dataclasses.replace(acc(0.8), name="nmi"), {}),
    ],
    ids=["protocol", "code", "data", "split", "n", "name"],
)
def test_anything_else_gets_a_row_of_its_own(measurement, options):
    found = compare([report("runs/a", acc(0.9)), report("runs/b", measurement, **options)])
    assert [set(row.found) for row in found.rows] == [{0}, {1}]
    assert [line.count("–") for line in found.as_markdown().splitlines()[2:4]] == [1, 1]


def test_the_same_data_by_another_name_is_the_same_data():
    found = compare([report("a", acc(0.9)), report("b", acc(0.8), data="/data/mnist")])
    assert len(found.rows) == 1


def test_rows_of_one_measurement_stand_together():
    other = Measurement("nmi", 0.5, "NMI", 9)
    found = compare([report("a", acc(0.9), other), report("b", acc(0.8, protocol="B"), other)])
    assert [row.name for row in found.rows] == ["accuracy", "accuracy", "nmi"]


def test_markdown_has_half_the_interval_floors_and_numbered_protocols():
    interval = Interval(0.9, 0.89, 0.91, 0.95, 100, "bootstrap")
    fid = [Measurement("fid", value, "FID on pixels", 9, floor=1.0) for value in (2.0, 3.0)]
    diversity = [Measurement("diversity", 1.0, "spread", 9, floor=floor) for floor in (0.9, 0.8)]
    reports = [
        report("x/a", acc(0.9, interval=interval), fid[0], diversity[0]),
        report("y/a", acc(0.8), fid[1], diversity[1]),
    ]
    lines = compare(reports).as_markdown().splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[:5]]
    assert cells[0] == ["measurement", "x/a", "y/a", "floor", "how"]
    assert cells[2] == ["accuracy c1", "0.9000 ± 0.0100", "0.8000", "", "1"]
    assert cells[3] == ["fid", "2.0000", "3.0000", "1.0000", "2"]
    assert cells[4][3] == ""  # each run has its own
    assert lines[6] == "1. ACC, 10,000 images; on mnist, test split"
    assert len({len(line) for line in lines[:5]}) == 1


def test_csv_has_every_digit():
    exact = 0.123456789012
    text = compare([report("a", acc(exact)), report("b")]).as_csv()
    (row,) = csv.DictReader(text.splitlines())
    assert float(row["a"]) == exact
    assert row["b"] == ""
    assert row["protocol"] == "ACC, 10,000 images"


# The command


@pytest.fixture
def runs(tiny_run, tiny_data, tmp_path, monkeypatch, capsys):
    """Two runs; the first is evaluated, on few images."""
    few = {"images": 40, "pairwise": 20, "kid_subsets": 2, "kid_size": 10, "resamples": 5}
    monkeypatch.setitem(EFFORTS, "quick", dataclasses.replace(EFFORTS["quick"], **few))
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        shutil.copytree(tiny_run, tmp_path / name)
    assert main(["evaluate", "a", "--quick"]) == 0
    capsys.readouterr()
    return tmp_path


def test_two_runs_are_compared_and_the_second_is_evaluated_first(runs, capsys):
    assert main(["compare", "a", "b", "--out", "new/t.md"]) == 0
    out, err = capsys.readouterr()
    assert err == "infogan: b: no evaluation yet, measuring it too (quick)\n"
    assert out == (runs / "new" / "t.md").read_text() + "written   new/t.md\n"
    ours, theirs = (json.loads((runs / each / "evaluation.json").read_text()) for each in "ab")
    assert ours["measurements"] == theirs["measurements"]  # the same model, by another name
    rows = [line for line in out.splitlines() if line.startswith("| accuracy kind")]
    assert len(rows) == 1
    assert "–" not in out.split("\n\n")[0].replace(rows[0], "")

    assert main(["compare", "a", "b", "--out", "t.csv"]) == 0
    assert capsys.readouterr().err == ""  # not again
    table = list(csv.DictReader((runs / "t.csv").read_text().splitlines()))
    assert {row["measurement"] for row in table} >= {"mi_bound", "accuracy", "fid", "kid"}
    assert all(row["a"] == row["b"] for row in table)


def test_runs_measured_on_other_data_share_no_row(runs, tiny_images, capsys):
    np.savez(runs / "dark.npz", images=tiny_images // 2, labels=np.arange(40) % 3)
    main(["evaluate", "b", "--quick", "--data", "dark.npz"])
    main(["compare", "a", "b", "--out", "t.csv"])
    table = list(csv.DictReader((runs / "t.csv").read_text().splitlines()))
    assert all(bool(row["a"]) != bool(row["b"]) for row in table)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a",), "a is a single run: give two or more"),
        (("a", "nowhere"), "nowhere: holds no model.json"),
        (("a", "b", "--out=t.txt"), "--out t.txt: a table is written as .md or .csv"),
        (("a", "stale"), "not an evaluation of this version; measure the run again"),
    ],
)
def test_a_mistake_is_one_line(runs, capsys, arguments, words):
    (runs / "stale").mkdir()
    (runs / "stale" / "evaluation.json").write_text("{}")
    assert main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("infogan: error: ")
    assert not (runs / "t.txt").exists()
