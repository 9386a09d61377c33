"""infogan presets, infogan describe, and the tutorial's lines."""

import re
from dataclasses import replace
from math import log

import pytest
import yaml
from PIL import Image

from infogan.cli import main
from infogan.codes.latent import Latent
from infogan.networks.build import Discriminator, build_generator
from infogan.networks.summary import inputs, networks, table
from infogan.runs.run_log import tutorial_line
from infogan.training.config_file import from_dict
from infogan.training.loop import Tick
from infogan.training.presets import PRESETS, preset


def sized(name):
    return replace(preset(name).model, image_shape=PRESETS[name].shape)


def test_presets_are_listed_with_source_size_codes_and_length(capsys):
    assert main(["presets"]) == 0
    told = capsys.readouterr().out
    for name, each in PRESETS.items():
        assert f"{name}: {each.summary}" in told
        assert each.source in told
        assert each.config.model.codes in told
    assert "mnist, 28×28 grey; c1=cat:10 + 62 normal noise; 93,700 updates of 32 real" in told
    assert "64×64 colour" in told


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_shown_preset_is_the_preset(name, capsys):
    assert main(["presets", "show", name]) == 0
    content = yaml.safe_load(capsys.readouterr().out)
    assert from_dict(content, "shown") == preset(name)


def test_mistakes_are_one_line(capsys, tmp_path):
    assert main(["presets", "show"]) == 2
    assert "needs a name" in capsys.readouterr().err
    assert main(["presets", "show", "tutoral"]) == 2
    assert "unknown preset 'tutoral'" in capsys.readouterr().err
    assert main(["describe", "nothing"]) == 2
    assert "neither a run's folder nor a preset" in capsys.readouterr().err
    assert main(["describe", str(tmp_path)]) == 2
    assert "holds no config.yaml" in capsys.readouterr().err


def test_the_tutorials_table():
    g, trunk, d, q = networks(sized("tutorial"))
    assert [layer.words for layer in g.layers] == [
        "FC 25088, ReLU, BatchNorm, as maps",
        "conv 4×4 128, ReLU, BatchNorm",
        "up-conv 4×4 64 stride 2, ReLU, BatchNorm",
        "up-conv 4×4 1 stride 2, Tanh",
    ]
    shapes = [(512, 7, 7), (128, 7, 7), (64, 14, 14), (1, 28, 28)]
    assert [layer.shape for layer in g.layers] == shapes
    assert trunk.layers[0].words == "conv 4×4 64 stride 2, LeakyReLU 0.1"
    assert (d.layers[0].parameters, q.layers[1].parameters) == (12_545, 1290)
    lines = table([g, trunk, d, q]).splitlines()
    assert lines[-1].split() == ["all", "5,340,300"]
    assert re.search(r"conv 4×4 128, ReLU, BatchNorm +128×7×7 +1,048,960", "\n".join(lines))


@pytest.mark.parametrize("name", ["fast", "noise100", "mlp", "paper-svhn", "infogan-cr"])
def test_no_parameter_is_lost(name):
    model = sized(name)
    parts = networks(model)
    count = sum(p.numel() for p in build_generator(model).parameters())
    assert parts[0].parameters == count
    count = sum(p.numel() for p in Discriminator(model).parameters())
    assert sum(part.parameters for part in parts[1:]) == count
    assert parts[0].layers[-1].shape == PRESETS[name].shape


def test_what_is_shared_is_said():
    assert [n.title for n in networks(sized("tutorial"))][1] == "Trunk, shared by D and Q"
    titles = [network.title for network in networks(sized("mlp"))]
    assert titles[1:4] == ["Trunk, of D alone", "Discriminator", "Q's own trunk"]
    assert networks(sized("infogan-cr"))[1].layers[0].words.startswith("spectral conv 4×4 32")


def test_equal_codes_are_told_together():
    latent = Latent.parse("kind=cat:3,3*uni,tilt=norm", noise=7)
    told = ["kind  cat:3", "c2 …  3*uni", "tilt  norm", "noise  7 uniform"]
    assert inputs(latent) == told


def test_describe_prints_draws_and_says_where(tmp_path, monkeypatch, capsys, tiny_run):
    monkeypatch.chdir(tmp_path)
    assert main(["describe", "mlp"]) == 0
    told = capsys.readouterr().out
    assert "3. mi > G+Q" in told
    assert "picture   mlp.png" in told
    with Image.open("mlp.png") as picture:
        wide, high = picture.size
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert wide > 2 * high  # from left to right
    assert {(0, 114, 178), (204, 121, 167), (213, 94, 0), (0, 158, 115)} < colours
    assert main(["describe", str(tiny_run), "--out", "run.png"]) == 0
    assert "tiny: kind=cat:3,tilt=uni + 4 uniform noise" in capsys.readouterr().out
    assert (tmp_path / "run.png").is_file()


def test_a_tick_as_the_tutorial_prints_it():
    terms = {"real_loss": 0.9236, "fake_loss": 0.7581, "g_loss": 0.4483, "mi/c1": log(10) - 2.9091}
    tick = Tick(kimg=0.032, seconds=1.0, images_per_second=32.0, terms=terms)
    assert tutorial_line(tick, preset("tutorial")) == ">1, d[0.924,0.758], g[0.448] q[2.909]"


def test_training_prints_the_tutorials_lines(tiny_data, tmp_path, capsys):
    options = ["--family=mlp", "--width=4", "--norm=batch", "--noise=4", "--q_hidden=4"]
    options = [f"--model.{option[2:]}" for option in options]
    run = ["train", "--preset=tutorial", f"--data={tiny_data}", f"--out={tmp_path / 'run'}"]
    run += ["--log=tutorial", "--batch_size=8", "--kimg=0.016", "--tick_kimg=0.004"]
    status = main([*run, *options])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    lines = [line for line in captured.out.splitlines() if line.startswith(">")]
    assert [line.partition(",")[0] for line in lines] == [">1", ">2", ">3", ">4"]
    pattern = r">\d+, d\[\d+\.\d{3},\d+\.\d{3}\], g\[\d+\.\d{3}\] q\[-?\d+\.\d{3}\]"
    assert all(re.fullmatch(pattern, line) for line in lines)
    assert "img/s" not in captured.err  # and no progress line beside them
