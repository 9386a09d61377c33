"""What the pages assume is there: photos, a few labels, small runs by name, a small MNIST."""

import contextlib
import dataclasses
import functools
import gzip
import hashlib
import json
import re
import shutil
import struct
import sys
import types
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import infogan
from infogan.cli import main
from infogan.data import named
from infogan.estimator import InfoGAN
from infogan.evaluation.effort import EFFORTS
from infogan.explorer import serving
from infogan.export import onnx
from infogan.runs import planning
from infogan.selection import proposal

from blocks import SHORT, blocks  # isort: skip

GREY, COLOUR = "c1=cat:10,c2=uni,c3=uni", "kind=cat:8,tilt=uni,tone=uni"
COLOURED = ("photos", "more-photos", "faces", "emoji")
UNCOLOURED = ("glyphs", "cells", "my-digits", "omniglot")
"""Folders of pictures that pages name."""
OF_COLOUR = ("photos", "faces", "emoji")
"""Runs that pages call so hold colour pictures; all others hold digits."""


def small_digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits as MNIST has its own: bytes (n, 28, 28), and labels."""
    pixels, labels = load_digits(return_X_y=True)
    digits = np.kron((pixels[:n].reshape(-1, 8, 8) * 15.9).astype(np.uint8), np.ones((3, 3)))
    return np.pad(digits.astype(np.uint8), ((0, 0), (2, 2), (2, 2))), labels[:n].astype(np.uint8)


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=1))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the pages name, but for the runs they make themselves."""
    world = tmp_path_factory.mktemp("world")
    images, labels = small_digits(90)
    for name in ("mnist", "fashion-mnist"):
        folder = world / "data" / name
        folder.mkdir(parents=True)
        for part in ("train", "t10k"):
            write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)
    rng = np.random.default_rng(0)
    for folder in (*COLOURED, *UNCOLOURED):
        (world / folder).mkdir()
        for i in range(24):
            grey = folder in UNCOLOURED
            shape = (32, 32) if grey else (40 + i, 48, 3)
            Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(world / folder / f"{i}.png")
    Image.fromarray(images[4]).save(world / "4.png")
    Image.fromarray(images[5]).save(world / "mine.png")
    for seed, name in enumerate(("a.json", "b.json")):
        (world / name).write_text(json.dumps({"seed": seed, "codes": {"c1": seed}}))
    rows = "".join(f"{i},{labels[i]}\n" for i in range(40))
    (world / "labels.csv").write_text("index,label\n" + rows)
    rows = "".join(f"{i}.png,{i % 2},{i / 7:.2f}\n" for i in range(24))
    (world / "factors.csv").write_text("file,glasses,age\n" + rows)
    return world


@contextlib.contextmanager
def _no_board(**_: object) -> Iterator[types.SimpleNamespace]:
    """In Weights & Biases' place."""
    yield types.SimpleNamespace(log=lambda *_, **__: None)


@pytest.fixture(scope="session")
def once() -> dict[str, bytes]:
    """Graphs by what they are of: exporting one takes seconds, and the pages' are all alike."""
    return {}


@pytest.fixture
def graphs_once(once: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps exported graphs."""
    write = onnx._write_graph

    def write_once(module, example, path, *named):
        weights = (each.numpy().tobytes() for each in module.state_dict().values())
        key = hashlib.sha256(b"".join(weights)).hexdigest()
        if key not in once:
            write(module, example, path, *named)
            once[key] = path.read_bytes()
        path.write_bytes(once[key])

    monkeypatch.setattr(onnx, "_write_graph", write_once)


@pytest.fixture
def own_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub that keeps what it is sent in a folder."""
    hub, kept = pytest.importorskip("huggingface_hub"), tmp_path / "hub"

    class Api:
        def __init__(self, token=None): ...

        def create_repo(self, repo_id, **_):
            return types.SimpleNamespace(repo_id=repo_id)

        def upload_folder(self, *, folder_path, **_):
            shutil.copytree(folder_path, kept)
            return "https://huggingface.co/me/shapes"

    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(kept))


def undrawn(patch: pytest.MonkeyPatch) -> None:
    """Saves what a run does at its end for those who look at it."""
    for name in ("conclude", "write_page"):
        patch.setattr(f"infogan.runs.run.{name}", lambda *_, **__: None)
    for name in ("draw_codes", "draw_traversal", "draw_overview"):
        patch.setattr(f"infogan.runs.keeping.{name}", lambda *_: Image.new("RGB", (1, 1)))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, world: Path) -> None:
    """Cuts short what blocks.py says is cut short, and keeps off the network."""
    monkeypatch.setenv("INFOGAN_DATA", str(world / "data"))
    monkeypatch.setattr(named, "CONTENT_MD5", {})
    judged = functools.partial(proposal.propose_codes, looks=(2,))
    monkeypatch.setattr(proposal, "propose_codes", judged)
    monkeypatch.setattr(planning, "propose_codes", judged)
    monkeypatch.setattr(serving, "serve", lambda app, listener: listener.close())
    monkeypatch.setattr(webbrowser, "open", lambda page: True)
    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(init=_no_board))
    undrawn(monkeypatch)
    for name, effort in EFFORTS.items():
        few = {"images": 60, "pairwise": 30, "resamples": 3, "codes": 100, "votes": (6, 3)}
        quick = dataclasses.replace(effort, **few, variance_images=60, protocols=("A",))
        monkeypatch.setitem(EFFORTS, name, quick)
    full_train, full_fit = infogan.train, InfoGAN.fit

    def train(data=None, out=None, *, config=None, preset=None, kimg=None, **options):
        if out is not None:
            shutil.rmtree(out, ignore_errors=True)
        if config is None and "init_from" not in options:
            config = infogan.preset(preset or "auto")
        if config is not None:
            model = dataclasses.replace(config.model, width=4, hidden=16)
            config = dataclasses.replace(config, model=model, device="cpu")
        return full_train(data, out, config=config, kimg=0.1, progress=False, **options)

    def fit(self, X, y=None):
        return full_fit(self.set_params(kimg=0.1, width=4, hidden=16, device="cpu"), X, y)

    monkeypatch.setattr(infogan, "train", train, raising=False)
    monkeypatch.setattr(InfoGAN, "fit", fit)


@pytest.fixture(scope="session")
def small_runs(world: Path) -> dict[str, Path]:
    """A grey and a colour run, trained in the world."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(world)
        patch.setenv("INFOGAN_DATA", str(world / "data"))
        patch.setattr(named, "CONTENT_MD5", {})
        undrawn(patch)
        for name, data, codes in (("grey", "mnist", GREY), ("colour", "photos", COLOUR)):
            where = f"{world}/{data}" if data == "photos" else data
            words = f"train --data {where} --codes {codes} --out {name} --size 28 {SHORT}"
            assert main(words.split()) == 0
    return {name: world / name for name in ("grey", "colour")}


@pytest.fixture
def at(
    short: None,
    graphs_once: None,
    own_hub: None,
    world: Path,
    small_runs: dict[str, Path],
    tmp_path: Path,
    monkeypatch,
) -> Callable[[str], None]:
    """Makes the folder at hand one in which a page's blocks can run."""

    def furnish(text: str) -> None:
        made = set(re.findall(r"--out ([\w.-]+)", text))
        for each in world.iterdir():
            if each.name not in made | {"data", *small_runs}:
                (tmp_path / each.name).symlink_to(each)
        code = "".join(
            content for language, content in blocks(text) if language in ("sh", "python")
        )
        for name in set(re.findall(r"\bruns/([\w-]+)", code)):
            kind = "colour" if name in OF_COLOUR else "grey"
            shutil.copytree(small_runs[kind], tmp_path / "runs" / name)
        monkeypatch.chdir(tmp_path)

    return furnish
