"""Measuring models whose answers are known; the parts have their own tests in tests/evaluate."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from infogan.data.source import ArraySource
from infogan.evaluate import clustering, evaluate, mutual_information, table, use, write_report
from infogan.infer import Model
from infogan.model import ModelConfig, Verdict
from infogan.packaging import load_model

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
