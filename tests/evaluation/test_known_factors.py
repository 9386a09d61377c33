"""Codes beside known factors: an oracle, a useless model, and two protocols kept apart."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from tqdm import tqdm

from infogan.data.source import GridSource
from infogan.evaluation import factors
from infogan.evaluation.effort import EFFORTS
from infogan.evaluation.factors import KnownCodes, disentanglement
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig, Verdict

EFFORT = dataclasses.replace(
    EFFORTS["quick"], codes=900, votes=(40, 20), variance_images=200, protocols=("A", "B")
)


class Grid(GridSource):
    """Three factors that vary and one that does not, each the brightness of a pixel."""

    name = "grid"
    shape = (1, 8, 8)
    factor_names = ("shape", "x", "colour", "y")
    factor_sizes = (3, 6, 1, 5)

    def __init__(self):
        self.drawn = []

    def batch(self, indices):
        self.drawn += indices.tolist()
        return super().batch(indices)

    def _render(self, factors):
        images = np.zeros((len(factors), *self.shape), np.uint8)
        images[:, 0, 0, :4] = factors * (240 // np.maximum(1, np.array(self.factor_sizes) - 1))
        return images


class Reader(nn.Module):
    """A Q that reads the factors off the pixels, or makes its answer up."""

    def __init__(self, useless):
        super().__init__()
        self.useless = useless

    def forward(self, images):
        pixels = images[:, 0, 0, :4]
        if self.useless:
            weights = torch.tensor([1.0, 3.0, 0.0, 7.0])
            pixels = torch.sin(1e4 * (pixels @ weights)[:, None] + torch.arange(4.0))
        shape = -10 * (pixels[:, :1] - torch.tensor([-1.0, 0.0, 1.0])).square()
        return Verdict(pixels[:, 0], torch.cat([shape, pixels[:, 1:2], pixels[:, 3:4]], dim=1))


def known(useless=False):
    codes = "shape=cat:3,x=uni:sigma=1,y=uni:sigma=1"
    config = ModelConfig(codes=codes, noise=2, image_shape=(1, 8, 8))
    return KnownCodes(Model(config, nn.Identity(), Reader(useless)), Grid(), tqdm(disable=True))


@pytest.fixture(scope="module")
def measured():
    """An oracle's figures under protocol A."""
    found = disentanglement(known(), protocol="A", effort=EFFORT, seed=0)
    return {each.name: each for each in found}


@pytest.fixture
def few(monkeypatch):
    """Protocol B on fewer images than its own."""
    monkeypatch.setattr(factors, "CODES_B", 900)


def test_an_oracle_has_every_metric_at_its_top(measured):
    tops = ("mig", "dci_disentanglement", "dci_completeness", "dci_informativeness", "modularity")
    tops += ("explicitness", "factor_vae", "beta_vae", "infomec_modularity", "infomec_explicitness")
    tops += ("infomec_compactness",)
    assert {name: measured[name].value for name in tops} == pytest.approx(
        dict.fromkeys(tops, 1), abs=0.05
    )
    assert set(measured) == {*tops, "sap"}


def test_what_was_found_goes_by_the_names_of_codes_and_factors(measured):
    detail = measured["mig"].detail
    assert detail["best_code"] == {"shape": "shape", "x": "x", "y": "y"}
    assert set(detail["per_factor"]) == {"shape", "x", "y"}  # colour never varies
    importance = measured["dci_disentanglement"].detail["importance"]
    assert importance["x"]["x"] > 0.95 > 0.05 > importance["x"]["y"]


def test_a_useless_model_is_told_from_an_oracle(measured):
    found = disentanglement(known(useless=True), protocol="A", effort=EFFORT, seed=0)
    useless = {each.name: each.value for each in found}
    for name in ("mig", "dci_disentanglement", "factor_vae", "infomec_explicitness"):
        assert useless[name] < measured[name].value - 0.3, name


@pytest.mark.usefixtures("few")
def test_protocols_are_named_and_never_share_a_table(measured):
    other = disentanglement(known(), protocol="B", effort=EFFORT, seed=0)
    names = {each.name for each in other}
    assert {"mig", "dci_disentanglement", "sap", "factor_vae", "beta_vae"} <= names
    assert not any(name.startswith("infomec") for name in names)
    tables = {each.group for each in measured.values()}, {each.group for each in other}
    assert tables[1] == {"codes beside known factors, protocol B (InfoGAN-CR)"}
    assert not tables[0] & tables[1]
    for each in measured.values():
        letter = "InfoMEC" if each.name.startswith("infomec") else "protocol A"
        assert letter in each.protocol
        assert letter in each.group
    for each in other:
        assert "protocol B" in each.protocol


@pytest.mark.usefixtures("few")
def test_every_image_is_encoded_once_at_most():
    both = known()
    twice = [disentanglement(both, protocol="B", effort=EFFORT, seed=0) for _ in range(2)]
    assert sorted(both.source.drawn) == list(range(len(both.source)))
    assert twice[0] == twice[1]  # and the same seed gives the same figures


def test_codes_come_in_units_of_their_priors():
    codes = known()
    corners = np.array([[0, 0, 0, 0], [2, 5, 0, 4]])
    low, high = codes.encode(codes.render(corners))
    # Standard deviations: of three even categories √(2/3), of a uniform from −1 to 1 1/√3.
    spans = np.array([2 / np.sqrt(2 / 3), *[2 * 240 / 255 * np.sqrt(3)] * 2])
    assert high - low == pytest.approx(spans, rel=0.02)
