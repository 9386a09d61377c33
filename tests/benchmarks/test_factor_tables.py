"""The measures behind `benchmarks/factor_tables.py`, on answers known beforehand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infogan.data.open import RENDERED, open_images
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import factor_tables

    return factor_tables


@pytest.fixture
def angle():
    return np.linspace(0, 2 * np.pi, 3000, endpoint=False)


def test_a_cosine_in_any_phase_follows_the_circle(tables, angle):
    for phase in (0, 1, 2.5):
        code = 3 - 2 * np.cos(angle - phase)
        assert tables.circular_linear_correlation(code, angle) == pytest.approx(1)


def test_known_values_of_the_circular_correlation(tables, angle):
    assert tables.circular_linear_correlation(angle, angle) == pytest.approx(
        np.sqrt(6) / np.pi, abs=1e-3
    )
    assert tables.circular_linear_correlation(np.cos(2 * angle), angle) == pytest.approx(
        0, abs=1e-6
    )
    noise = np.random.default_rng(0).normal(size=3000)
    assert tables.circular_linear_correlation(noise, angle) < 0.05
    # Half the variance is the circle's: R² is a half.
    mixed = np.sqrt(2) * np.cos(angle) + noise / noise.std()
    assert tables.circular_linear_correlation(mixed, angle) ** 2 == pytest.approx(0.5, abs=0.05)
    assert tables.circular_linear_correlation(np.ones(3000), angle) == 0


def test_the_circular_correlation_is_mardias_formula(tables):
    rng = np.random.default_rng(1)
    angle, x = rng.uniform(0, 2 * np.pi, 50), rng.normal(size=50)
    c, s = np.cos(angle), np.sin(angle)
    (_, xc, xs), (_, _, cs), _ = np.corrcoef([x, c, s])
    expected = np.sqrt((xc**2 + xs**2 - 2 * xc * xs * cs) / (1 - cs**2))
    assert tables.circular_linear_correlation(x, angle) == pytest.approx(expected)


def test_rank_correlation_knows_order_alone_and_no_sign(tables):
    factor = np.repeat(np.arange(5), 20)
    assert tables.rank_correlation(-np.exp(factor.astype(float)), factor) == pytest.approx(1)
    assert tables.rank_correlation(np.zeros(100), factor) == 0
    assert tables.rank_correlation(np.array([1.0, 2, 3, 4]), np.array([0, 1, 3, 2])) == (
        pytest.approx(0.8)
    )


def test_correlation_ratio_is_the_share_between_kinds(tables):
    kinds = np.array([0, 0, 1, 1, 2, 2])
    assert tables.correlation_ratio(np.array([5.0, 5, 1, 1, 3, 3]), kinds) == pytest.approx(1)
    assert tables.correlation_ratio(np.array([1.0, -1, 1, -1, 1, -1]), kinds) == 0
    # Means −1, 0, 1 about which values lie ±1: a variance of 2/3 between, 1 within.
    code = np.array([-2.0, 0, -1, 1, 0, 2])
    assert tables.correlation_ratio(code, kinds) == pytest.approx(np.sqrt(0.4))


def test_best_auc_names_the_value_told_best(tables):
    pose = ["left", "left", "right", "right", "up", "up"]
    area, value = tables.best_auc(np.array([1.0, 4, 5, 6, 2, 3]), pose)
    assert (area, value) == (1.0, "right")
    area, value = tables.best_auc(np.array([0.0, 1, 5, 4, 3, 2]), pose)
    assert area == 1.0
    assert value in ("left", "right")
    assert tables.best_auc(np.zeros(6), pose)[0] == 0.5


def test_every_factor_of_the_drawn_sources_has_its_kind(tables):
    kinds = {
        (name, factor): tables.kind_of_factor(name, factor)
        for name in RENDERED
        for factor in open_images(name).factor_names
    }
    assert kinds["chairs-drawn", "rotation"] == "circle"
    assert kinds["scenes", "orientation"] == "ordered"
    assert kinds["sprites", "orientation"] == "closed circle"
    assert kinds["heads", "identity"] == kinds["street-numbers", "digit"] == "kinds"
    assert set(kinds) >= tables.CIRCLES


def test_scores_of_perfect_codes(tables):
    rng = np.random.default_rng(0)
    factor = rng.integers(0, 10, 2000)
    ninth = (factor + 3) % 10
    perfect = tables.score(ninth.astype(float), factor, "kinds", 10, False)
    assert perfect == "2.30 nats, ACC 100.0 %"
    assert tables.score(-factor.astype(float), factor, "ordered", 10, True) == "ρ 1.00"
    wave = np.sin(2 * np.pi * factor / 10)
    assert tables.score(wave, factor, "circle", 10, True) == "R 1.00"
    assert tables.attribute_score(ninth.astype(float), [f"p{f}" for f in factor], False) == (
        "NMI 1.00"
    )


def test_tables_of_a_model(tables, tmp_path):
    model = Model.blank(ModelConfig(codes="c1=cat:4,c2=uni", image_shape=(1, 32, 32)))
    text = tables.markdown(
        "heads, 60 images", tables.factor_scores(model, open_images("heads"), 60, 0)
    )
    lines = text.splitlines()
    assert lines[0] == "| heads, 60 images | identity | azimuth | elevation | width | light |"
    assert lines[2].startswith("| c1 | ")
    assert "nats, ACC" in lines[2]
    assert lines[3].startswith("| c2 | η ")
    (tmp_path / "images").mkdir()
    rows = ["image,person,pose"]
    for i, (person, pose) in enumerate([("a", "left"), ("b", "left"), ("a", "up"), ("b", "up")]):
        Image.fromarray(np.full((40, 40), 50 * i, np.uint8)).save(tmp_path / f"images/{i}.png")
        rows.append(f"{i}.png,{person},{pose}")
    (tmp_path / "factors.csv").write_text("\n".join(rows))
    lines = tables.markdown("faces", tables.attribute_scores(model, tmp_path)).splitlines()
    assert lines[0] == "| faces | person | pose |"
    assert lines[2].startswith("| c1 | NMI ")
    assert lines[3].startswith("| c2 | AUC ")


def test_the_script_says_what_it_takes():
    command = [sys.executable, str(BENCHMARKS / "factor_tables.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--faces" in done.stdout
