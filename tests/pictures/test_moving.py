"""Moving pictures as files: the frames that went in come out, for as long as they were to last."""

import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from infogan.inference.trained_model import latents
from infogan.pictures.moving import path_frames, save_animation, traversal_frames
from infogan.storage.model_folder import load_model


@pytest.fixture(scope="module")
def model(tiny_run):
    return load_model(tiny_run)


@pytest.fixture
def frames():
    """Five frames in colour, each of some two hundred colours."""
    y, x = np.mgrid[:14, :15]
    shots = [np.stack([16 * x, 18 * y, np.full_like(x, 50 * i)], axis=2) for i in range(5)]
    return [Image.fromarray(shot.astype(np.uint8)) for shot in shots]


def test_a_traversal_goes_there_and_back(model):
    frames = traversal_frames(model, "tilt", steps=4)
    assert len(frames) == 4 + 2  # 0 1 2 3, and 2 1 again
    assert frames[1] == frames[5]


def test_a_way_is_enlarged_by_a_whole_factor(model):
    points = latents(model.latent, 2, 0, {})
    frames = path_frames(model, points)
    assert {frame.size for frame in frames} == {(224, 224)}
    native = path_frames(model, points, scale=1)
    for frame, small in zip(frames, native, strict=True):
        assert np.array_equal(np.asarray(frame)[::28, ::28], np.asarray(small))


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".GIF"])
def test_frames_come_out_as_they_went_in(frames, tmp_path, suffix):
    path = tmp_path / "new" / f"t{suffix}"
    save_animation(frames, path, seconds=1.0)
    with Image.open(path) as moving:
        found, durations = [], []
        for frame in ImageSequence.Iterator(moving):
            found.append(np.asarray(frame.convert("RGB")))
            durations.append(frame.info["duration"])
        assert moving.info["loop"] == 0
    assert durations == [200] * 5
    for frame, came in zip(frames, found, strict=True):
        assert np.array_equal(np.asarray(frame), came)


def test_mp4_keeps_them_nearly_and_has_even_sides(frames, tmp_path):
    av = pytest.importorskip("av", reason="the extra video is not installed")
    large = [frame.resize((8 * 15 + 1, 8 * 14 + 1), Image.Resampling.BICUBIC) for frame in frames]
    save_animation(large, tmp_path / "t.mp4", seconds=0.5)
    with av.open(str(tmp_path / "t.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 10)
        found = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    for frame, came in zip(large, found, strict=True):
        assert came.shape == (114, 122, 3)
        difference = np.abs(came[:113, :121].astype(int) - np.asarray(frame))
        assert difference.mean() < 4


@pytest.mark.parametrize("name", ["a.png", "a.avi", "a"])
def test_other_kinds_are_refused_and_nothing_is_written(frames, tmp_path, name):
    with pytest.raises(ValueError, match=re.escape(f"{name}: unknown kind of moving picture")):
        save_animation(frames, tmp_path / "new" / name)
    assert not list(tmp_path.iterdir())
