"""Several seeds, the choice among them, and the commands that make both."""

import json
import shutil
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infogan.cli import main
from infogan.codes.names import Names, save_names
from infogan.report.page import write_page
from infogan.report.record import read_record
from infogan.runs.install import install
from infogan.runs.run import TrainingStopped
from infogan.runs.seeds import train_seeds
from infogan.selection.candidates import check_alike, open_checkpoints, open_runs
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder

TINY = ["--kimg", "0.08", "--model.width", "4", "--model.hidden", "16", "--device", "cpu"]
TINY += ["--precision", "fp32", "--batch_size", "8", "--tick_kimg", "0.04", "--quiet"]
TINY += [
    "--at-once",
    "1",
    "--picture_kimg",
    "0.04",
    "--codes",
    "kind=cat:3,tilt=uni",
    "--noise",
    "4",
]


@pytest.fixture(scope="module")
def seeds(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny seeds, and none chosen."""
    out = tmp_path_factory.mktemp("seeds") / "run"
    assert main(["train", "--data", str(tiny_data), "--out", str(out), "--seeds", "2", *TINY]) == 0
    return out


@pytest.mark.long
def test_train_selects_resumes_and_samples(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--resume trains the third seed alone, with the others' options, and then chooses."""
    weights = [seeds / f"seed-{i}" / "model.safetensors" for i in range(3)]
    before = [path.stat().st_mtime_ns for path in weights[:2]]
    again = ["train", "--out", str(seeds), "--seeds", "3", "--select", "--resume", "--quiet"]
    assert main(again) == 0
    assert [path.stat().st_mtime_ns for path in weights[:2]] == before
    first, third = (RunFolder(seeds / name).read_config() for name in ("seed-0", "seed-2"))
    assert third == replace(first, seed=2)
    selection = json.loads((seeds / "selection.json").read_text())
    said = capsys.readouterr().out
    assert f"chosen  {selection['chosen']}, by consensus" in said
    # The chosen one is the best of those that pass, and is what stands in the folder.
    standings = selection["standings"]
    assert sorted(each["name"] for each in standings) == [str(path.parent) for path in weights]
    ranked = [(bool(each["gate"]), -each["score"]) for each in standings]
    assert ranked == sorted(ranked)
    assert selection["chosen"] == standings[0]["name"]
    chosen = Path(selection["chosen"])
    for name in ("model.json", "model.safetensors", "config.yaml"):
        assert (seeds / name).read_bytes() == (chosen / name).read_bytes()
    overviews = [np.asarray(Image.open(run / "overview.png")) for run in (seeds, chosen)]
    assert np.array_equal(*overviews)
    drawn = []
    for run in (seeds, chosen):
        ask = ["sample", str(run), "--n", "4", "--out", str(tmp_path / "x.npz"), "--force"]
        assert main(ask) == 0
        drawn.append(np.load(tmp_path / "x.npz")["images"])
    assert np.array_equal(*drawn)
    # Once more: all are there, so that nothing is trained.
    stamps = [path.stat().st_mtime_ns for path in weights]
    assert main(again) == 0
    assert [path.stat().st_mtime_ns for path in weights] == stamps


def test_select_command_writes_what_it_is_asked(seeds: Path, tmp_path: Path) -> None:
    runs = [str(seeds / "seed-0"), str(seeds / "seed-1")]
    out, into = tmp_path / "new" / "selection.json", tmp_path / "best"
    ask = ["select", *runs, "--images", "30", "--out", str(out), "--into", str(into), "--quiet"]
    assert main(ask) == 0
    selection = json.loads(out.read_text())
    assert (selection["by"], selection["images"]) == ("consistency", 30)
    assert selection["versions"]["torch"] == version("torch")
    assert main(["sample", str(into), "--n", "1", "--out", str(tmp_path / "s.png")]) == 0


def test_checkpoints_of_one_run(seeds: Path, tmp_path: Path) -> None:
    run, into = seeds / "seed-0", tmp_path / "early"
    candidates = open_checkpoints(run)
    assert [Path(each.name).stem for each in candidates] == ["000000040", "000000080"]
    # The last checkpoint's averaged networks are the run's model.
    images = np.zeros((2, 1, 8, 8), np.uint8)
    (final,) = open_runs([run])
    assert candidates[1].model.encode(images)["tilt"]["mean"] == pytest.approx(
        final.model.encode(images)["tilt"]["mean"], abs=1e-6
    )
    assert main(["select", str(run), "--checkpoints", "--into", str(into), "--quiet"]) == 0
    (chosen,) = open_runs([into])
    assert chosen.model.latent == final.model.latent


@pytest.fixture
def named(seeds: Path, tmp_path: Path) -> Path:
    """The first seed, its codes and categories named."""
    run = shutil.copytree(seeds / "seed-0", tmp_path / "named")
    save_names(run, Names({"kind": "size"}, {"size": {2: "big"}}))
    return run


@pytest.mark.parametrize("what", ["run", "checkpoint"])
def test_a_chosen_model_keeps_names_card_and_history(
    seeds: Path, named: Path, tmp_path: Path, what: str
) -> None:
    if what == "run":
        candidate, *_ = open_runs([named, seeds / "seed-1"])
    else:
        candidate, _ = open_checkpoints(named)  # after 40 of 80 images
    assert candidate.model.names.label("size", 2) == "big"
    into = tmp_path / "into"
    save_names(into, Names({"kind": "of another model"}))
    (into / "codes.json").write_text('{"words": {"kind": "of another model"}}')
    install(candidate, into)
    model = load_model(into)
    assert np.array_equal(model.sample(2, size="big")[0], candidate.model.sample(2, size=2)[0])
    images = 80 if what == "run" else 40
    card = (into / "README.md").read_text()
    assert "| `size` | `cat:3` | #0, #1, big |" in card
    assert f"{images / 1000:g} thousand images" in card
    assert RunFolder(into).images_seen() == images
    assert read_record(into).called == {"kind": "size"}
    assert "of another model" not in write_page([into]).read_text()


def test_what_was_measured_and_written_of_a_run_goes_with_it(named: Path, tmp_path: Path) -> None:
    measured = RunFolder(named).evaluation_file
    measured.write_text('{"format_version": 1}')
    card = RunFolder(named).card_file
    card.write_text("My own words.")
    (run, *_), (checkpoint, *_) = open_runs([named]), open_checkpoints(named)
    for candidate, name in ((run, "a"), (checkpoint, "b")):
        install(candidate, tmp_path / name)
        assert (tmp_path / name / "README.md").read_text() == "My own words."
        assert (tmp_path / name / "evaluation.json").is_file() == (candidate is run)


def test_names_do_not_tell_runs_apart(seeds: Path, named: Path) -> None:
    check_alike(open_runs([named, seeds / "seed-1"]))


def test_a_stopped_run_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command for all the seeds, not that for the one that was stopped."""
    out = str(tmp_path / "run")

    def stopped(**_: object) -> None:
        raise TrainingStopped("stopped at 64 of 768 kimg, all saved; go on with: something else")

    monkeypatch.setattr("infogan.runs.seeds.train", stopped)
    assert main(["train", "--out", out, "--seeds", "3", "--select", *TINY]) == 130
    error = capsys.readouterr().err
    assert "seed-0 stopped at 64 of 768 kimg, all saved; go on with: infogan train" in error
    assert error.endswith(f"--out {out} --seeds 3 --select --resume\n")
    assert "something else" not in error


def test_resume_keeps_seeds_and_options_apart(seeds: Path) -> None:
    """Each run has its own seed; other options than the first run's are refused."""
    configs = [RunFolder(seeds / f"seed-{i}").read_config() for i in (0, 1)]
    assert [config.seed for config in configs] == [0, 1]
    assert replace(configs[1], seed=0) == configs[0]
    other = replace(configs[0], batch_size=16)
    longer = replace(other, kimg=1.0)
    with pytest.raises(ValueError, match=r"differs from the options given"):
        train_seeds(seeds, 2, config=longer, resume=True, progress=False)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["select", "RUN"], "one run has nothing to agree with"),
        (["select", "RUN", "RUN"], "given twice"),
        (["select", "RUN", "OTHER", "--checkpoints"], "--checkpoints is for one run, not 2"),
        (["select", "RUN", "OTHER", "--by", "consensus"], "two runs always agree equally"),
        (["select", "RUN", "OTHER", "--images", "1"], "images=1: at least 2"),
        (["select", "RUN", "OTHER", "--into", "RUN"], "exists already; choose another --into"),
        (["select", "RUN", "nowhere"], "nowhere: is not a run folder"),
        (["train", "--out", "NEW", "--select"], "give --seeds 2 or more"),
        (["train", "--out", "NEW", "--seeds", "0"], "--seeds 0: at least 1"),
        (["train", "--out", "NEW", "--seeds", "2", "--at-once", "-1"], "--at-once -1: give how"),
        (["train", "--out", "RUN", "--seeds", "2"], "exists already"),
        (["train", "--out", "NEW", "--seeds", "2", "--resume"], "start it anew"),
        (
            ["train", "--out", "NEW", "--seeds", "2", "--select", "--codes", "2*uni"],
            "two runs always agree equally",
        ),
    ],
)
def test_mistakes_are_one_line(
    args: list[str],
    message: str,
    seeds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = {"RUN": str(seeds / "seed-0"), "OTHER": str(seeds / "seed-1")}
    names["NEW"] = str(tmp_path / "new")
    assert main([names.get(arg, arg) for arg in args]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "new").exists()
