"""The command line: what it makes, and that a mistake is one line and exit status 2."""

import json
import os
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
import yaml
from PIL import Image, ImageSequence
from safetensors.torch import load_file

import infogan
from infogan.cli import COMMANDS, main
from infogan.runs.run import TrainingStopped
from infogan.storage.run_folder import RunFolder
from infogan.training.config_file import from_dict


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Runs a command line in an empty folder; returns its status, what it printed, and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as stop:  # --help and --print_config leave so
            status = stop.code
        out, err = capsys.readouterr()
        return status, out, err

    return call


THREADS = ("OMP_", "KMP_", "GOMP")


# Help


def test_help_needs_no_torch_and_names_every_command():
    code = (
        "import sys, infogan\n"
        "from infogan.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as stop: assert not stop.code\n"
        "heavy = {'torch', 'numpy', 'scipy', 'sklearn', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    paths = [str(Path(infogan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"\n    {name}" in done.stdout


@pytest.mark.parametrize("chosen", [{}, {"OMP_WAIT_POLICY": "active"}])
def test_threads_spin_briefly_while_they_wait_unless_the_user_chooses(chosen):
    """The libraries read it once, as torch is loaded: import infogan has to come before that."""
    code = (
        "import os, sys, infogan\n"
        "assert 'torch' not in sys.modules\n"
        "print(*(os.environ.get(name) for name in (\n"
        "    'OMP_WAIT_POLICY', 'GOMP_SPINCOUNT', 'KMP_BLOCKTIME')))\n"
        "infogan.Latent\n"
        "assert 'torch' in sys.modules\n"
    )
    environment = {name: value for name, value in os.environ.items() if name[:4] not in THREADS}
    environment |= {"PYTHONPATH": str(Path(infogan.__file__).parents[1])} | chosen
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    expected = ["active", "None", "None"] if chosen else ["passive", "20000", "1"]
    assert done.stdout.split() == expected


def test_a_reader_that_has_enough_is_no_error():
    code = (
        "import sys\n"
        "from infogan.cli import main\n"
        "sys.stdout.reconfigure(line_buffering=True)\n"
        "sys.exit(main(['presets']))\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(cli, command):
    status, out, err = cli(command, "--help-all")
    assert status == 0
    assert err == ""
    assert f"infogan [options] {command} " in " ".join(out.split())
    # What it takes is explained, option by option.
    for block in re.split(r"\n  (?=-)", out.partition("options:")[2])[1:]:
        assert len(re.split(r"\((?:type|default|required)", " ".join(block.split()))[0].split()) > 2


def described(config):
    """Every field of a config, nested ones too, as the option it is; with what is said of it."""
    text = " ".join(config.__doc__.partition("Attributes:")[2].split())
    names = [field.name for field in fields(config)]
    marks = [re.search(rf"(?:^| ){name}: ", text) for name in names]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    kinds = get_type_hints(config)
    for name, mark, end in zip(names, marks, ends, strict=True):
        if is_dataclass(kinds[name]):
            yield from ((f"{name}.{inner}", said) for inner, said in described(kinds[name]))
        else:
            yield name, text[mark.end() : end]


def test_train_help_explains_every_option(cli):
    _, out, _ = cli("train", "--help-all")
    blocks = [" ".join(block.split()) for block in re.split(r"\n  (?=-)", out)[1:]]
    help_of = {block.split()[0].rstrip(",="): block for block in blocks}
    expected = dict(described(infogan.TrainConfig))
    assert len(expected) > 50
    for name, said in expected.items():
        assert len(said.split()) > 1, name
        assert said in help_of[f"--{name}"], name
    # The command's own: something is said before what kind of value it takes.
    for name in set(help_of) - {f"--{name}" for name in expected}:
        said = re.sub(r"^\S+( [A-Z]+| \{.*?\})?|\((type|default|required).*", "", help_of[name])
        assert len(said.split()) >= 3, help_of[name]


def test_trains_help_is_a_page_and_no_option_in_it_is_made_up(cli):
    status, short, _ = cli("train", "--help")
    _, whole, _ = cli("train", "--help-all")
    assert status == 0
    assert len(short.splitlines()) < 36 < len(whole.splitlines()) / 3
    explained = re.findall(r"^  (--[a-z]+)", short, re.MULTILINE)
    assert len(explained) == 10
    for option in {*re.findall(r"--[a-z]+", short)} - {"--help"}:
        assert f"  {option} " in whole or f"  {option}\n" in whole or option in ("--codes",)
    assert "--help-all" in short


def test_no_command_is_help(cli):
    status, out, _ = cli()
    assert status == 0
    assert "infogan train --data" in out


def test_version(cli):
    assert cli("--version") == (0, f"{infogan.__version__}\n", "")


def test_interruptions_have_their_status(cli, tiny_data, monkeypatch):
    def stop(error):
        def train(**_):
            raise error

        monkeypatch.setattr("infogan.runs.run.train", train)
        return cli("train", "--out=new", f"--data={tiny_data}")

    assert stop(TrainingStopped("stopped at 1 kimg")) == (130, "", "infogan: stopped at 1 kimg\n")
    assert stop(KeyboardInterrupt()) == (130, "", "infogan: interrupted\n")


# Options


def printed(cli, *arguments):
    """The resolved config of a command line."""
    status, out, err = cli("train", *arguments, "--print_config")
    assert (status, err) == (0, "")
    return out, yaml.safe_load(out)


def test_every_default_is_printed_and_can_be_fed_back(cli, tmp_path):
    arguments = ("--codes=a=cat:4,b=uni:0:2", "--kimg=3", "--loss.mi_weights={b: 0.5}", "--seed=7")
    text, config = printed(cli, "--preset=paper-mnist", "--out=x", *arguments)
    assert config["model"]["codes"] == "a=cat:4,b=uni:0:2"
    assert config["loss"]["mi_weights"] == {"b": 0.5}
    assert (config["kimg"], config["seed"], config["model"]["width"]) == (3.0, 7, 64)
    (tmp_path / "config.yaml").write_text(text)
    again, _ = printed(cli, "--config=config.yaml")
    assert again == text
    # What is given after a config goes before it.
    _, changed = printed(cli, "--config=config.yaml", "--seed=8")
    assert changed == config | {"seed": 8}


def test_printed_options_are_a_complete_config(cli):
    _, options = printed(cli, "--out=x")
    own = {field.name for field in fields(infogan.TrainConfig)}
    assert from_dict({name: options[name] for name in own}, "here") == infogan.preset("auto")


@pytest.mark.parametrize("spelling", [["--codes", "a=cat:4"], ["--codes=a=cat:4"]])
def test_short_options(cli, spelling):
    _, config = printed(cli, *spelling, "--noise=3", "--out=x")
    assert (config["model"]["codes"], config["model"]["noise"]) == ("a=cat:4", 3)


@pytest.mark.parametrize("spelling", [["--preset", "paper-mnist"], ["--preset=paper-mnist"]])
def test_presets_are_defaults(cli, spelling):
    _, config = printed(cli, *spelling, "--out=x", "--model.width=8")
    assert (config["data"], config["loss"]["consistency"]) == ("mnist", 0.0)
    assert config["model"]["width"] == 8


# Working


def test_train_makes_a_run_and_its_config_makes_it_again(cli, tiny_data, tmp_path):
    small = ("--model.family=mlp", "--model.hidden=16", "--device=cpu", "--kimg=0.05")
    small += ("--codes=cat:2,uni", "--batch_size=8")
    status, out, err = cli("train", "--out=a", f"--data={tiny_data}", "--quiet", *small)
    assert (status, err) == (0, "")
    assert "a/overview.png" in out
    assert "infogan train --out a --resume --kimg 256" in out  # 50 images are too few
    assert cli("train", "--config=a/config.yaml", "--out=b", "--quiet")[0] == 0
    assert RunFolder(tmp_path / "a").read_config() == RunFolder(tmp_path / "b").read_config()
    a, b = (load_file(tmp_path / name / "model.safetensors") for name in "ab")
    assert all((a[key] == b[key]).all() for key in a)


def test_train_serves_its_report_while_it_grows(cli, tiny_data):
    pytest.importorskip("uvicorn", reason="the extra explore is not installed")
    small = ("--model.family=mlp", "--model.hidden=16", "--device=cpu", "--kimg=0.05")
    status, out, err = cli("train", "--out=a", f"--data={tiny_data}", "--live", "--quiet", *small)
    assert status == 0
    assert "http://127.0.0.1:" in err
    assert "a/report.html" in out
    page = Path("a/report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert re.search(r"0\.\d+ of 0\.05", page)  # how far it has come
    refused = cli("train", "--out=b", f"--data={tiny_data}", "--live", "--seeds=2", *small)
    assert (refused[0], refused[2].count("\n")) == (2, 1)
    assert not Path("b").exists()


def test_sample_draws_a_picture(cli, tiny_run, tmp_path):
    options = ("--n=7", "--set=kind=2", "--set", "tilt=-0.5", "--seed=3", "--grid")
    status, out, err = cli("sample", tiny_run, *options, "--out=new/grid.png")
    assert (status, err) == (0, "")
    assert "new/grid.png: 7 images" in out
    with Image.open(tmp_path / "new" / "grid.png") as picture:
        command = picture.text["Comment"]
    expected = f"infogan sample {tiny_run} --n 7 --set kind=2 --set tilt=-0.5 --seed 3 --grid"
    assert command == expected
    # The command inside draws the very same picture.
    assert cli(*command.split()[1:], "--out=again.png")[0] == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "new" / "grid.png").read_bytes()


def test_sample_draws_ten_by_ten_unless_told(cli, tiny_run, tmp_path):
    assert cli("sample", tiny_run, "--out=a.npz")[0] == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["images"].shape == (100, 1, 8, 8)


def test_sample_gives_arrays_and_the_codes_used(cli, tiny_run, tmp_path):
    options = ("--n=7", "--set=kind=2", "--seed=3", "--out=new/x.npz")
    status, out, err = cli("sample", tiny_run, *options)
    assert (status, err) == (0, "")
    assert "new/x.npz: images and code_… as arrays" in out
    images, codes = infogan.load(tiny_run).sample(7, seed=3, kind=2)
    with np.load(tmp_path / "new" / "x.npz") as arrays:
        assert set(arrays.files) == {"images", "code_kind", "code_tilt"}
        assert np.array_equal(arrays["images"], images)
        assert arrays["code_kind"].tolist() == [2] * 7
        assert np.array_equal(arrays["code_tilt"], codes["tilt"])
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x.npz"]


def test_traverse_draws_all_codes_or_one(cli, tiny_run, tmp_path):
    status, out, err = cli("traverse", tiny_run)
    assert (status, out.splitlines()[0], err) == (0, "written   traversal.png", "")
    assert f"infogan describe-codes {tiny_run}" in out
    assert cli("traverse", tiny_run, "--code=tilt", "--steps=5", "--out=tilt.png")[0] == 0
    assert cli("traverse", tiny_run, "--code=kind", "--out=kind.png")[0] == 0
    sizes = {}
    for name in ("traversal", "tilt", "kind"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            sizes[name] = picture.size
            assert picture.text["Comment"].startswith(f"infogan traverse {tiny_run}")
    assert sizes["traversal"][0] > sizes["tilt"][0] > sizes["kind"][0]  # 10 + 11, 5, 3 columns


def test_traverse_draws_moving_pictures(cli, tiny_run, tmp_path):
    assert cli("traverse", tiny_run, "--out=t.gif")[0] == 0
    assert cli("traverse", tiny_run, "--code=kind", "--out=k.gif")[0] == 0
    with Image.open(tmp_path / "t.gif") as moving:
        assert len(list(ImageSequence.Iterator(moving))) > 20  # 25 steps, there and back
    with Image.open(tmp_path / "k.gif") as moving:
        assert len(list(ImageSequence.Iterator(moving))) == 4  # 0 1 2 1


@pytest.mark.usefixtures("quick_effort")
def test_evaluate_prints_and_writes_what_it_measured(cli, tiny_run, tiny_data, tmp_path):
    options = (f"--data={tiny_data}", "--quick", "--out=new/eval.json")
    status, out, err = cli("evaluate", tiny_run, *options)
    assert (status, err) == (0, "")
    report = json.loads((tmp_path / "new" / "eval.json").read_text())
    measured = {(each["name"], each["code"]): each["value"] for each in report["measurements"]}
    expected = {("mi_bound", "kind"), ("mi_bound", "tilt"), ("accuracy", "kind"), ("nmi", "kind")}
    assert expected <= set(measured)
    # What is shown is what is written.
    assert re.search(rf"accuracy\b.* {measured['accuracy', 'kind']:.4f} ", out)
    assert out.endswith("new/eval.json\n")


@pytest.mark.usefixtures("quick_effort")
def test_evaluate_takes_the_runs_own_data(cli, tiny_run, tiny_data, tmp_path, monkeypatch):
    asked, original = [], infogan.evaluate

    def spy(model, data, **options):
        asked.append(data)
        return original(model, data, **(options | {"effort": "quick"}))

    monkeypatch.setattr("infogan.evaluation.evaluate", spy)
    run = tmp_path / "run"
    run.mkdir()
    for name in ("config.yaml", "model.json", "model.safetensors"):
        (run / name).write_bytes((tiny_run / name).read_bytes())
    assert cli("evaluate", "run")[0] == 0
    assert asked == [str(tiny_data)]
    assert (run / "evaluation.json").is_file()


def test_our_warnings_are_one_line_too(cli, tmp_path, tiny_images):
    (tmp_path / "photos").mkdir()
    for i, image in enumerate(tiny_images[:4]):
        Image.fromarray(image[0]).save(tmp_path / "photos" / f"{i}.png")
    (tmp_path / "photos" / "broken.png").write_bytes(b"no picture")
    small = ("--model.family=mlp", "--model.hidden=16", "--device=cpu", "--kimg=0.05", "--size=8")
    small += ("--batch_size=4",)
    status, _, err = cli("train", "--data=photos", "--out=a", "--quiet", *small)
    assert status == 0
    assert err.startswith("infogan: warning: photos: 1 of 5 image files are unreadable: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("config", [["--config", "old.yaml"], ["--config=old.yaml"]])
def test_former_spellings_are_read_with_a_note(cli, tmp_path, config):
    (tmp_path / "old.yaml").write_text("loss:\n  spread: 2.0\n")
    ask = ["train", *config, "--out", "run", "--loss.sureness=0.4"]
    status, out, err = cli(*ask, "--print_config")
    assert status == 0
    assert "marginal_entropy: 2.0" in out
    assert "conditional_entropy: 0.4" in out
    assert "--loss.sureness is now --loss.conditional_entropy" in err
    assert "loss.spread is now loss.marginal_entropy" in err


@pytest.mark.parametrize("content", [b"loss: [", b"\xff\xfe", b"loss: 3", b"- a"])
def test_a_config_that_is_none_is_named_in_a_line(cli, tmp_path, content):
    (tmp_path / "bad.yaml").write_bytes(content)
    status, _, err = cli("train", "--config", "bad.yaml", "--out", "run")
    assert (status, err.count("\n")) == (2, 1)
    assert "bad.yaml" in err
    assert not (tmp_path / "run").exists()


def test_a_name_that_no_terminal_shows_is_shown_escaped(cli, tmp_path, tiny_images):
    folder = tmp_path / os.fsdecode(b"odd \xff\x1b[2J")
    folder.mkdir()
    for i, image in enumerate(tiny_images[:4]):
        Image.fromarray(image[0]).save(folder / f"{i}.png")
    small = ("--model.family=mlp", "--model.hidden=16", "--device=cpu", "--kimg=0.05", "--size=8")
    status, out, err = cli("train", f"--data={folder.name}", "--out=a", "--codes=uni", *small)
    assert status == 0, err
    assert r"odd \udcff\x1b[2J" in out
    assert "\x1b[2J" not in out
