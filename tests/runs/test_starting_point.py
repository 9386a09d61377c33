"""A run that starts from a finished model: what it takes over, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import infogan
from infogan.cli import main
from infogan.codes.names import load_names
from infogan.runs.run import train
from infogan.runs.starting_point import StartingPoint
from infogan.storage.run_folder import RunFolder


@pytest.fixture
def other_data(tiny_images, tmp_path):
    """Other images of the same size: the discs' mirror images, bright on dark."""
    path = tmp_path / "other.npz"
    np.savez(path, images=np.roll(tiny_images, 2, axis=3))
    return path


def weights(model):
    parts = (model.generator, model.discriminator)
    return torch.cat([p.detach().ravel() for part in parts for p in part.parameters()])


def start_of(out):
    """The weights a run began with: it was stopped in its first update."""
    return weights(infogan.load(out))


def test_it_starts_with_the_models_weights_config_and_names(run, other_data, tmp_path):
    assert main(["name", str(run), "--rename", "2=big", "--rename", "kind=size"]) == 0
    out = tmp_path / "tuned"
    ticks = []

    def stop(tick):
        ticks.append(tick)
        raise StopIteration

    # With a learning rate of next to nothing the first updates change next to nothing.
    own = StartingPoint.open(run).config
    still = replace(own, optim=replace(own.optim, lr_g=1e-12, lr_d=1e-12))
    with pytest.raises(StopIteration):
        train(other_data, out, config=still, init_from=run, progress=False, on_tick=stop)
    torch.testing.assert_close(start_of(out), weights(infogan.load(run)), atol=1e-6, rtol=0)
    config = RunFolder(out).read_config()
    assert (config.data, config.init_from) == (str(other_data), str(run))
    assert config.model.codes == own.model.codes
    assert load_names(out) == load_names(run)
    assert infogan.load(out).latent.names == ("size", "tilt")
    # Whoever goes on with it does not start again from the first model.
    torch.manual_seed(0)
    train(out=out, resume=True, progress=False)
    assert RunFolder(out).images_seen() == 80


def test_without_a_config_it_has_the_runs_own(run, other_data, tmp_path):
    model = infogan.train(other_data, tmp_path / "tuned", init_from=run, progress=False)
    own, new = RunFolder(run).read_config(), RunFolder(tmp_path / "tuned").read_config()
    changed = {"data": str(other_data), "init_from": str(run), "model": new.model}
    assert new == replace(own, **changed)
    assert model.config.shape == (1, 8, 8)
    assert not torch.equal(weights(model), weights(infogan.load(run)))


def test_a_models_folder_does_as_well(run, other_data, tmp_path):
    (run / "config.yaml").unlink()
    config = replace(StartingPoint.open(run).config, kimg=0.02, device="cpu", batch_size=8)
    infogan.train(other_data, tmp_path / "tuned", config=config, progress=False)
    assert RunFolder(tmp_path / "tuned").images_seen() >= 20


@pytest.mark.long
@pytest.mark.usefixtures("run")
def test_the_command_says_what_was_taken_over(other_data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["train", "--from", "run", "--data", str(other_data), "--kimg", "0.04"]
    assert main([*asked, "--out", "tuned"]) == 0
    out, _ = capsys.readouterr()
    first = out.splitlines()[0]
    assert first.startswith("from      run: the averaged weights of G, D and Q, the codes ")
    assert "kind=cat:3,tilt=uni, 8x8 grey" in first
    config = RunFolder(tmp_path / "tuned").read_config()
    own = RunFolder(tmp_path / "run").read_config()
    assert (config.kimg, config.batch_size, config.loss) == (0.04, 8, own.loss)
    # Its config makes it again, from the same model.
    assert main(["train", "--config", "tuned/config.yaml", "--out", "again", "--quiet"]) == 0
    again, tuned = (weights(infogan.load(tmp_path / name)) for name in ("again", "tuned"))
    assert torch.equal(again, tuned)
    # And so does going on with it.
    assert main(["train", "--out", "tuned", "--resume", "--kimg", "0.08", "--quiet"]) == 0
