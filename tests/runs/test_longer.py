"""How far a run goes on: what was typed, and what was chosen by the clock."""

import numpy as np
import pytest

from infogan.cli import main
from infogan.storage.run_folder import RunFolder

SMALL = "--model.width 4 --model.hidden 8 --model.family mlp --batch_size 8 --device cpu --quiet"


@pytest.fixture
def ask(tiny_data, tmp_path):
    start = ["train", "--data", str(tiny_data), "--codes", "kind=cat:3", *SMALL.split()]
    return [*start, "--out", str(tmp_path / "run")]


def test_a_length_that_is_typed_counts_though_it_is_the_default(ask, tmp_path, monkeypatch):
    """The verdict on a short run advises the default length."""
    assert main([*ask, "--kimg", "0.08"]) == 0
    seen = []

    def train(**options):
        seen.append((options["kimg"], options["config"].kimg))

    assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--quiet"]) == 0
    assert RunFolder(tmp_path / "run").read_config().kimg == 0.08
    monkeypatch.setattr("infogan.runs.run.train", train)
    main(["train", "--out", str(tmp_path / "run"), "--resume", "--kimg", "256", "--quiet"])
    assert seen == [(256.0, 256.0)]


def test_the_default_length_makes_a_shorter_run_longer(ask, tmp_path):
    from infogan.runs.beginning import Told, resumed_config
    from infogan.training.presets import preset

    assert main([*ask, "--kimg", "0.08"]) == 0
    run = RunFolder(tmp_path / "run")
    assert resumed_config(run, preset("auto"), Told()).kimg == 0.08
    longer = resumed_config(run, preset("auto"), Told(kimg=256.0))
    assert longer.kimg == 256
    assert longer.optim.regroup_from == run.read_config().optim.regroup_from > 0


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_a_longer_run_regroups_what_nobody_has_named(ask, tmp_path, capsys, named):
    if not named:  # looks lie between 16,000 images and half of a run: here from 16 on
        ask = [*ask, "--optim.regroup_from", "0.016"]
    loud = [word for word in ask if word != "--quiet"]
    assert main([*ask, "--kimg", "0.08"]) == 0
    before = RunFolder(tmp_path / "run").read_config().optim.regroup_from
    if named:
        assert main(["name", str(tmp_path / "run"), "--rename", "1=round ones"]) == 0
    words = "not regrouped any more" if named else "may be regrouped again"
    for said in (1, 0):
        capsys.readouterr()
        assert main([*loud, "--kimg", "0.4", "--resume"]) == 0
        told = capsys.readouterr()
        assert (told.out + told.err).count(words) == said
    assert RunFolder(tmp_path / "run").read_config().optim.regroup_from == (0 if named else before)
    # What was asked for otherwise is not passed over in silence.
    assert main([*ask, "--kimg", "0.4", "--resume", "--optim.regroup_from", "8"]) == 2


def test_a_run_past_its_last_look_says_nothing_of_regrouping(ask, capsys):
    loud = [word for word in ask if word != "--quiet"]
    assert main([*ask, "--kimg", "0.2", "--optim.regroup_from", "0.016"]) == 0
    capsys.readouterr()
    more = ["--kimg", "0.24", "--resume", "--optim.regroup_from", "0.016"]
    assert main([*loud, *more]) == 0
    assert "regrouped" not in "".join(capsys.readouterr())


def test_a_run_made_so_long_that_its_images_are_few_says_so(ask, tmp_path, capsys):
    loud = [word for word in ask if word != "--quiet"]
    assert main([*ask, "--kimg", "0.08"]) == 0
    assert RunFolder(tmp_path / "run").read_config().loss.augment_d is None
    for said in (1, 0):
        capsys.readouterr()
        assert main([*loud, "--kimg", "8", "--resume"]) == 0
        assert "".join(capsys.readouterr()).count("D is shown them shifted") == said
    assert RunFolder(tmp_path / "run").read_config().loss.augment_d == 1


def test_the_same_minutes_again_resume_a_run(ask):
    assert main([*ask, "--minutes", "0.005"]) == 0
    assert main([*ask, "--minutes", "0.005", "--resume"]) == 0


def test_a_coloured_run_begun_when_consistency_weighed_less_goes_on(tmp_path):
    """What the same options would choose today is not what it has."""
    np.save(tmp_path / "red.npy", np.zeros((40, 32, 32, 3), np.uint8))
    ask = ["train", "--data", str(tmp_path / "red.npy"), "--codes", "kind=cat:3"]
    tiny = "--model.width 4 --model.hidden 8 --batch_size 8 --device cpu --quiet --kimg 0.016"
    ask = [*ask, *tiny.split()]
    run = RunFolder(tmp_path / "run")
    assert main([*ask, "--out", str(run.path), "--loss.consistency", "2"]) == 0
    assert main([*ask, "--out", str(run.path), "--resume"]) == 0
    assert run.read_config().loss.consistency == 2


def test_a_run_is_not_made_shorter_than_it_is(ask, tmp_path, capsys):
    assert main([*ask, "--kimg", "0.08"]) == 0
    run = RunFolder(tmp_path / "run")
    config = run.config_file.read_text()
    assert main(["train", "--out", str(run.path), "--resume", "--kimg", "0.02"]) == 2
    assert "has seen 0.08 thousand images already, more than kimg 0.02" in capsys.readouterr().err
    assert run.config_file.read_text() == config


@pytest.mark.parametrize("option", ["--data digits", "--batch_size 64", "--codes c1=cat:10,c2=uni"])
def test_a_run_is_not_gone_on_with_by_other_options_though_they_are_the_usual_ones(
    ask, tmp_path, capsys, option
):
    assert main([*ask, "--kimg", "0.08"]) == 0
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", *option.split()]) == 2
    told = capsys.readouterr().err
    assert f"goes on with {option.split()[0].strip('-').replace('codes', 'model.codes')} " in told
    assert "leave that option out, or begin anew" in told
