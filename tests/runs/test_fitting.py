"""A run that does not fit into memory is told so before it begins, and what makes it fit."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from infogan.cli import main
from infogan.data import source
from infogan.data.source import ArraySource, empty_images, held_bytes
from infogan.errors import UserError
from infogan.networks.build import ModelConfig
from infogan.runs import fitting
from infogan.runs.beginning import Told, resumed
from infogan.runs.fitting import check_room, likely, sharing
from infogan.runs.run import train
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.memory import needed

MIB = 2**20


@pytest.fixture
def free(monkeypatch):
    """Makes the machine have so many free bytes."""
    return lambda n: monkeypatch.setattr(fitting, "free_memory", lambda: n)


@pytest.fixture
def no_more(monkeypatch):
    """Takes nothing besides the tensors, so that small runs tell."""
    monkeypatch.setattr(fitting, "MORE", 0)
    monkeypatch.setattr(fitting, "PART", 1.0)
    monkeypatch.setattr(fitting, "SIDES", (16,))


def config(**options):
    model = ModelConfig(family="conv", width=8, hidden=16, image_shape=(3, 32, 32), norm="layer")
    return TrainConfig(model=model, batch_size=64, device="cpu", precision="fp32", **options)


IMAGES = ArraySource("noise", np.zeros((8, 3, 32, 32), np.uint8))


def test_what_fits_is_told_in_a_line(free):
    free(2**36)
    room = check_room(config(), IMAGES)
    assert str(room) == f"up to {likely(needed(config())) / MIB:.0f} MiB, of 64.0 GiB that are free"


def test_where_nobody_says_what_is_free_nothing_is_refused(free):
    free(None)
    assert check_room(config(), IMAGES).free is None


def test_what_cannot_fit_is_refused_with_an_option_that_makes_it_fit(free, no_more):
    own = config()
    free(round(0.9 * needed(own)))
    with pytest.raises(
        UserError, match=r"takes \d+ MiB or more, and \d+ MiB are free; with"
    ) as told:
        check_room(own, IMAGES)
    name, value = str(told.value).split("with --")[1].split()[:2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_room(replace(own, **{name: int(value)}), IMAGES)


def test_what_may_not_fit_is_warned_of(free, no_more, monkeypatch):
    monkeypatch.setattr(fitting, "PART", 1.5)
    free(round(1.3 * needed(config())))
    with pytest.warns(UserWarning, match="may take up to .* with --micro_batch"):
        check_room(config(), IMAGES)


def test_force_begins_it_all_the_same(free, no_more):
    free(round(0.9 * needed(config())))
    with pytest.warns(UserWarning, match="may take up to"):
        check_room(config(), IMAGES, force=True)


@pytest.mark.parametrize(
    ("share", "option"),
    [
        (0.9, "with --micro_batch 16 it fits"),
        (0.75, "with --batch_size 16 it fits"),
        (0.5, "with --size 16 it fits"),
        (0.0001, "or a smaller --model.width"),
    ],
)
def test_the_mildest_option_that_helps_is_named(free, no_more, share, option):
    free(round(share * needed(config())))
    with pytest.raises(UserError, match=option):
        check_room(config(), IMAGES)


def test_networks_that_take_the_whole_batch_get_a_smaller_one(free, no_more):
    own = config()
    own = replace(own, model=replace(own.model, norm="batch"), precision="bf16")
    free(round(0.95 * needed(own)))
    with pytest.raises(UserError, match="with --batch_size 32 it fits"):
        check_room(own, IMAGES)


def test_runs_side_by_side_share_the_memory_and_hold_their_images_each(free):
    free(2**36)
    alone, four = check_room(config(), IMAGES), check_room(config(), IMAGES, sharing=4)
    assert four.least == 4 * alone.least + 3 * IMAGES.images.nbytes
    assert four.likely > 3.9 * alone.likely
    assert sharing("cpu", at_once=4) == 4


def test_only_images_in_memory_are_held(tmp_path):
    np.save(tmp_path / "mapped.npy", IMAGES.images)
    mapped = np.load(tmp_path / "mapped.npy", mmap_mode="r")
    assert held_bytes(IMAGES) == IMAGES.images.nbytes
    assert held_bytes(ArraySource("mapped", mapped)) == 0


def test_a_run_that_does_not_fit_leaves_nothing_behind(free, tiny_data, tmp_path, capsys):
    free(1000)
    out = tmp_path / "run"
    assert main(["train", "--data", str(tiny_data), "--out", str(out), "--codes", "cat:3"]) == 2
    assert "memory: this run takes" in capsys.readouterr().err
    assert not out.exists()


def test_a_run_that_goes_on_elsewhere_is_told_too(free, tiny_run):
    free(1000)
    own = RunFolder(tiny_run)
    with pytest.raises(UserError, match="free some, or take a larger machine"):
        resumed(own, own.read_config(), Told())


def test_the_whole_of_it_in_python(free, tiny_data, tiny_config, tmp_path, nothing_but_training):
    free(1000)
    with pytest.raises(UserError, match="--force"):
        train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False)
    with pytest.warns(UserWarning, match="may take up to"):
        train(tiny_data, tmp_path / "run", config=tiny_config(), progress=False, force=True)


def test_images_that_memory_cannot_hold_are_to_be_packed(monkeypatch):
    monkeypatch.setattr(source, "free_memory", lambda: 1000)
    with pytest.raises(UserError, match=r"100 images of 1×8×8 take .*infogan data pack"):
        empty_images((100, 1, 8, 8))
    assert empty_images((10, 1, 8, 8)).shape == (10, 1, 8, 8)


def test_images_that_the_disk_cannot_hold_are_not_begun_either(monkeypatch):
    monkeypatch.setattr(source, "IN_MEMORY_BYTES", 10)
    with pytest.raises(UserError, match="TMPDIR names another"):
        empty_images((2**40, 3, 128, 128))
