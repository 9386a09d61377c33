"""Checkpoints by the clock, and the hook for loggers: a run that dies in between loses little."""

from dataclasses import replace

import pytest
import torch

import infogan
from infogan.data.source import ArraySource
from infogan.runs.checkpointing import Checkpointing
from infogan.runs.run import train
from infogan.storage.run_folder import RunFolder
from infogan.training.loop import Tick, fit
from infogan.training.state import State


class Clock:
    """Shows the seconds it is set to."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def state(tiny_config):
    return State.create(tiny_config())


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def seen(folder):
    return [int(path.stem) for path in folder.checkpoints()]


def test_one_is_written_when_it_is_time_and_replaces_the_one_before(folder, state, clock):
    checkpoints = Checkpointing(folder, state, minutes=2, clock=clock)
    for images, seconds, expected in [
        (8, 119, []), (16, 120, [16]), (24, 200, [16]), (32, 240, [32]), (40, 500, [40]),
    ]:  # fmt: skip
        state.images_seen, clock.seconds = images, seconds
        checkpoints.after_update()
        assert seen(folder) == expected


def test_those_of_pictures_are_kept_as_if_there_were_no_others(folder, state, clock):
    checkpoints = Checkpointing(folder, state, minutes=1, clock=clock)
    for images in range(8, 200, 8):
        state.images_seen, clock.seconds = images, clock.seconds + 61
        checkpoints.after_update()
        if images % 64 == 0:
            folder.save_checkpoint(state, checkpoints.extra)
            checkpoints.replaced()
    assert seen(folder) == [128, 192]


def test_one_that_may_lead_to_a_nan_is_removed(folder, state, clock):
    checkpoints = Checkpointing(folder, state, minutes=1, clock=clock)
    state.images_seen, clock.seconds = 40, 60
    checkpoints.after_update()
    state.images_seen = 32  # as after a roll-back
    checkpoints.after_update()
    assert seen(folder) == []
    with torch.no_grad():
        next(state.generator.parameters()).fill_(torch.nan)
    state.images_seen, clock.seconds = 48, 1000
    checkpoints.after_update()
    assert seen(folder) == []


def test_a_run_killed_between_pictures_ends_as_if_it_had_not_been(
    folder, tiny_config, tiny_data, tiny_images, tmp_path
):
    config = tiny_config(kimg=0.16, picture_kimg=10, tick_kimg=0.08)
    whole = train(tiny_data, tmp_path / "whole", config=config, progress=False)
    # In the middle of a tick, as a run that is killed leaves it.
    train(tiny_data, folder.path, config=replace(config, kimg=0.08), progress=False)
    for path in folder.checkpoints():
        path.unlink()
    state = State.create(replace(folder.read_config(), kimg=0.16))
    clock = Clock()
    checkpoints = Checkpointing(folder, state, minutes=1, clock=clock)

    def killed():
        clock.seconds = 61 if state.images_seen == 40 else 0
        checkpoints.after_update()
        return state.images_seen == 56

    list(fit(state, ArraySource("tiny", tiny_images), killed))
    assert seen(folder) == [40]
    folder.write_config(state.config)
    resumed = train(out=folder.path, resume=True, progress=False)
    for one, other in zip(
        whole.generator.parameters(), resumed.generator.parameters(), strict=True
    ):
        assert torch.equal(one, other)


# The hook


def test_every_tick_is_told(tiny_config, tiny_data, tmp_path):
    told = []
    infogan.train(
        tiny_data, tmp_path / "a", config=tiny_config(), progress=False, on_tick=told.append
    )
    lines = RunFolder(tmp_path / "a").read_log()
    assert [tick.kimg for tick in told] == [line["kimg"] for line in lines] == [0.04, 0.08]
    for tick, line in zip(told, lines, strict=True):
        assert isinstance(tick, infogan.Tick)
        assert tick.terms.keys() >= {"d_loss", "g_loss", "mi/kind", "mi/tilt"}
        for name, value in tick.terms.items():
            assert line[name] == pytest.approx(value, abs=1e-6)
    said = infogan.Tick.__doc__
    assert all(f"{name}:" in said for name in Tick.__dataclass_fields__)


@pytest.mark.parametrize("error", [RuntimeError("no network"), KeyboardInterrupt()])
def test_what_it_raises_comes_out_and_the_run_is_whole(tiny_config, tiny_data, tmp_path, error):
    config = tiny_config(picture_kimg=10)
    whole = train(tiny_data, tmp_path / "whole", config=config, progress=False)

    def fail(_):
        raise error

    with pytest.raises(type(error)) as raised:
        train(tiny_data, tmp_path / "a", config=config, progress=False, on_tick=fail)
    assert raised.value is error
    folder = RunFolder(tmp_path / "a")
    assert folder.images_seen() == 40
    assert len(folder.read_log()) == 1
    assert infogan.load(folder.path).sample(1)[0].shape == (1, 1, 8, 8)
    assert folder.report_file.is_file()
    resumed = train(out=folder.path, resume=True, progress=False)
    for one, other in zip(
        whole.generator.parameters(), resumed.generator.parameters(), strict=True
    ):
        assert torch.equal(one, other)
