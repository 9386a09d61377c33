"""Measuring models whose answers are known; the parts have their own tests in tests/evaluate."""

import dataclasses
import json
import math
import shlex

import numpy as np
import pytest
import torch
from torch import nn

from infogan.cli import main
from infogan.data.source import ArraySource
from infogan.evaluation import clustering, evaluate, mutual_information, table, use, write_report
from infogan.evaluation.effort import EFFORTS
from infogan.inference.trained_model import Model
from infogan.metrics.features import feature_extractor
from infogan.networks.build import ModelConfig, Verdict
from infogan.storage.model_folder import load_model

SIGMA = 0.05
KINDS = np.array([0] * 20 + [1] * 10 + [2] * 5 + [3] * 5)
LABELS = np.array([7, 5, 3, 1])[KINDS]


class Painter(nn.Module):
    """A generator that writes the codes into the first pixels: four of kind, one of tilt."""

    def forward(self, z):
        image = torch.full((len(z), 64), -1.0)
        image[:, :4] = 2 * z[:, :4] - 1
        image[:, 4] = z[:, 4]
        return image.reshape(-1, 1, 8, 8)


class Reader(nn.Module):
    """A Q that reads them off again, or says the same of every image."""

    def __init__(self, blind):
        super().__init__()
        self.gain = 0.0 if blind else 1.0

    def forward(self, x):
        pixels = self.gain * x.flatten(1)
        spread = torch.full((len(x), 1), math.log(SIGMA))
        return Verdict(pixels[:, 0], torch.cat([50 * pixels[:, :4], pixels[:, 4:5], spread], 1))


def oracle(blind=False):
    config = ModelConfig(codes="kind=cat:4,tilt=uni", noise=2, image_shape=(1, 8, 8))
    return Model(config, Painter(), Reader(blind))


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """Quicker than quick."""
    few = {"images": 400, "pairwise": 50, "kid_subsets": 2, "kid_size": 50, "resamples": 10}
    few |= {"codes": 300, "votes": (20, 10), "variance_images": 100}
    monkeypatch.setitem(EFFORTS, "quick", dataclasses.replace(EFFORTS["quick"], **few))


@pytest.fixture
def images():
    """One image for each of KINDS."""
    painted = np.zeros((40, 1, 8, 8), np.uint8)
    painted[np.arange(40), 0, 0, KINDS] = 255
    return ArraySource("painted", painted)


@pytest.fixture
def labelled(tmp_path, images):
    """The same in a file, with labels: half of them are 7."""
    path = tmp_path / "data.npz"
    np.savez(path, images=images.images, labels=LABELS)
    return path


def values(measurements):
    return {(each.name, each.code): each.value for each in measurements}


def test_an_oracle_knows_all_there_is_to_know():
    measured = mutual_information(oracle(), 700, seed=0)
    found = values(measured)
    assert found["mi_bound", "kind"] == pytest.approx(math.log(4), abs=1e-5)
    # log 2 − log σ − ½ log 2π − ½ E(error/σ)²; the error is that of rounding to 255 grey levels.
    expected = math.log(2) - math.log(SIGMA) - 0.5 * math.log(2 * math.pi)
    expected -= 0.5 * (2 / 255) ** 2 / 12 / SIGMA**2
    assert found["mi_bound", "tilt"] == pytest.approx(expected, abs=1e-3)
    assert [each.n for each in measured] == [700, 700]
    assert [each.detail["entropy"] for each in measured] == pytest.approx(
        [math.log(4), math.log(2)]
    )


def test_a_blind_q_knows_nothing():
    found = values(mutual_information(oracle(blind=True), 700, seed=0))
    assert found["mi_bound", "kind"] == pytest.approx(0, abs=1e-5)
    assert found["mi_bound", "tilt"] < -50  # it is sure, and wrong


def test_an_oracles_categories_are_the_labels(images):
    found = values(clustering(oracle(), images, LABELS))
    assert found["accuracy", "kind"] == 1
    assert found["nmi", "kind"] == pytest.approx(1)
    assert found["ari", "kind"] == pytest.approx(1)


def test_a_blind_q_gets_the_largest_class(images):
    found = values(clustering(oracle(blind=True), images, LABELS))
    assert found["accuracy", "kind"] == 0.5
    assert found["nmi", "kind"] == pytest.approx(0)
    assert found["ari", "kind"] == pytest.approx(0)


def test_dead_categories_are_listed():
    (even,) = use(oracle(), {"kind": np.arange(40) % 4})
    assert even.value == pytest.approx(1)
    assert even.detail["dead"] == []
    (lame,) = use(oracle(), {"kind": np.array([0, 2] * 20)})
    assert lame.value == pytest.approx(0.5)  # log 2 of log 4
    assert lame.detail["dead"] == [1, 3]


def test_a_whole_evaluation_of_an_oracle(labelled, tmp_path):
    report = evaluate(oracle(), str(labelled), name="runs/a", effort="quick", progress=False)
    found = values(report.measurements)
    assert found["accuracy", "kind"] == 1
    assert found["mi_bound", "kind"] == pytest.approx(math.log(4), abs=1e-5)
    assert (report.model, report.data, report.split) == ("runs/a", str(labelled), "test")
    assert all(each.protocol for each in report.measurements)
    path = tmp_path / "new" / "eval.json"
    write_report(report, path)
    read = json.loads(path.read_text())
    assert [each["value"] for each in read["measurements"]] == list(found.values())
    assert "accuracy" in table(report)


def test_figures_of_images_have_intervals_around_them(images):
    blind = np.where(np.arange(40) % 4 == 0, 7, LABELS)  # some labels are wrong
    for each in clustering(oracle(), images, blind, resamples=50):
        assert each.interval.low < each.value < each.interval.high
        assert each.interval.resamples == 50
    (kind, tilt) = mutual_information(oracle(), 600, 0, resamples=50)
    assert kind.interval.low == pytest.approx(kind.interval.high)  # always log 4
    assert tilt.interval.low < tilt.value < tilt.interval.high


def test_many_categories_of_one_label_are_counted_apart(images):
    labels = np.where(KINDS < 2, 0, 1)
    found = {each.name: each for each in clustering(oracle(), images, labels)}
    assert found["accuracy"].value == 25 / 40  # categories 0 and 2, or 3
    assert found["accuracy_many_to_one"].value == 1
    mapping = found["accuracy_many_to_one"].detail["mapping"]
    assert mapping == {"0": 0, "1": 0, "2": 1, "3": 1}
    assert "many-to-one" in found["accuracy_many_to_one"].protocol


def test_the_report_says_how_to_make_it_again(labelled):
    name, data = "runs/my run", str(labelled)
    report = evaluate(
        oracle(), data, name=name, split="train", effort="quick", seed=3, progress=False
    )
    typed = shlex.split(report.command)
    assert typed == [
        *("infogan", "evaluate", name, "--data", data),
        *("--split", "train", "--quick", "--seed", "3"),
    ]
    again = evaluate(oracle(), data, split="train", effort="quick", seed=3, progress=False)
    assert again.measurements == report.measurements
    other = evaluate(oracle(), data, split="train", effort="quick", seed=4, progress=False)
    assert values(other.measurements) != values(report.measurements)
    assert {each.seed for each in other.measurements} == {4}


def test_known_factors_are_measured_where_the_data_has_them():
    report = evaluate(oracle(), "strokes", effort="quick", progress=False)
    names = {each.name for each in report.measurements}
    metrics = {"mig", "dci_disentanglement", "sap", "modularity", "explicitness", "factor_vae"}
    assert metrics | {"beta_vae", "infomec_modularity", "fid", "mi_bound", "coverage"} <= names
    assert "accuracy" not in names  # factors are no labels
    assert report.images == 10 * 11 * 7 * 9 * 5


def test_another_feature_network_is_named_in_the_protocol(labelled):
    pixels = feature_extractor(nn.Flatten(), "pixels")
    report = evaluate(oracle(), str(labelled), effort="quick", features=pixels, progress=False)
    (fid,) = [each for each in report.measurements if each.name == "fid"]
    assert pixels.name in fid.protocol


def test_progress_goes_to_nobody_who_does_not_watch(labelled, capsys):
    evaluate(oracle(), str(labelled), effort="quick")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--quick", "--full"), "--quick and --full: give one of them, or neither"),
        (("--seed", "-1", "--quick"), "seed -1"),
    ],
)
def test_a_mistake_is_one_line(tiny_run, tmp_path, capsys, arguments, words):
    before = set(tiny_run.iterdir())
    assert main(["evaluate", str(tiny_run), *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("infogan: error: ")
    assert words in err
    assert set(tiny_run.iterdir()) == before


def test_an_unknown_effort_is_refused():
    with pytest.raises(ValueError, match="effort 'huge': choose one of quick, standard, full"):
        evaluate.__wrapped__(oracle(), "digits", effort="huge")


def test_without_labels_nothing_is_said_of_them(tmp_path):
    np.save(tmp_path / "data.npy", np.zeros((6, 8, 8), np.uint8))
    report = evaluate(oracle(), str(tmp_path / "data.npy"), effort="quick", progress=False)
    assert not {"accuracy", "nmi", "ari"} & {each.name for each in report.measurements}


def test_images_are_fitted_to_the_model(tmp_path, tiny_run):
    np.save(tmp_path / "large.npy", np.zeros((6, 20, 20, 3), np.uint8))
    model = load_model(tiny_run)
    assert evaluate(model, str(tmp_path / "large.npy"), effort="quick", progress=False).measurements


def test_a_missing_data_set_is_named():
    with pytest.raises(ValueError, match="nowhere: no such file or folder"):
        evaluate(oracle(), "nowhere")
