"""Measurements and reports: their JSON, their fingerprint, and protocols free of findings."""

import json

import numpy as np
import pytest

from infogan.data.fingerprint import fingerprint
from infogan.data.source import ArraySource
from infogan.evaluation.results import (
    Measurement,
    Report,
    read_report,
    settings_of,
    write_report,
)
from infogan.metrics.bootstrap import Interval
from infogan.metrics.clustering import accuracy
from infogan.metrics.infomec import infomec
from infogan.versions import versions


@pytest.fixture
def report():
    interval = Interval(0.5, 0.4, 0.6, 0.95, 10, "95% bootstrap")
    measurements = [
        Measurement("accuracy", 0.5, "ACC", 10, "c1", "labels", interval, detail={"mapping": {}}),
        Measurement("fid", 2.0, "FID on pixels", 20, group="images", floor=1.0, seed=3),
    ]
    return Report(
        "runs/a", "mnist", "0123456789ab", "test", 10, "quick", 3, "infogan evaluate runs/a",
        1.5, versions(), measurements,
    )  # fmt: skip


def test_a_report_is_read_back_as_it_was(report, tmp_path):
    write_report(report, tmp_path / "new" / "evaluation.json")
    assert read_report(tmp_path / "new" / "evaluation.json") == report
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["evaluation.json"]


def test_the_json_says_how_each_figure_was_measured(report, tmp_path):
    write_report(report, tmp_path / "e.json")
    content = json.loads((tmp_path / "e.json").read_text())
    assert content["command"].startswith("infogan evaluate")
    assert content["seconds"] == 1.5
    assert {"infogan", "torch", "numpy", "scipy", "scikit-learn", "python"} == set(
        content["versions"]
    )
    keys = {"name", "code", "value", "interval", "protocol", "n", "detail", "seed"}
    for each in content["measurements"]:
        assert keys <= set(each)
    first, second = content["measurements"]
    assert (first["interval"]["low"], first["interval"]["high"]) == (0.4, 0.6)
    assert second["interval"] is None
    assert second["floor"] == 1


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format_version": 0}', '{"format_version": 1, "measurements": [{}]}'],
)
def test_what_is_no_evaluation_is_refused_with_the_remedy(tmp_path, content):
    (tmp_path / "e.json").write_text(content)
    with pytest.raises(ValueError, match=r"e\.json: not an evaluation .* infogan evaluate"):
        read_report(tmp_path / "e.json")


def test_the_same_images_have_the_same_fingerprint_by_any_name():
    images = np.random.default_rng(0).integers(0, 256, (200, 1, 8, 8), dtype=np.uint8)
    own = fingerprint(ArraySource("a", images))
    assert own == fingerprint(ArraySource("b", images.copy()))
    assert own != fingerprint(ArraySource("a", images[:-1]))
    assert own != fingerprint(ArraySource("a", images[::-1]))
    assert own != fingerprint(ArraySource("a", images.reshape(200, 1, 4, 16)))


def test_a_protocol_does_not_hold_what_was_found():
    labels, rng = np.arange(60) % 3, np.random.default_rng(0)
    full, lame = np.arange(60) % 5, np.arange(60) % 2
    assert accuracy(labels, full).protocol != accuracy(labels, lame).protocol
    shared = {settings_of(accuracy(labels, clusters).protocol) for clusters in (full, lame)}
    assert shared == {"ACC, one-to-one, 60 images, 3 classes"}

    factors, codes = np.stack([labels, full], axis=1), rng.normal(size=(60, 3))
    pruned = codes * [1, 1, 0.001]
    found = {settings_of(infomec(each, factors, rng=rng).protocol) for each in (codes, pruned)}
    assert len(found) == 1
