"""Every command that writes, cut short: one line, its status, nothing half-written."""

import errno
import os
import resource
import signal
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from test_writing import WRITERS

from infogan.cli import main

FOLDERS = [
    "demo --out x --no-open",
    "data pack data.npz --out x --per-shard 20",
    "cluster run --images data.npz --out x",
    "export run --out x",
    "export run --format web --out x",
]
WORKING = [command for command, _ in WRITERS if not command.startswith("select run run")]
"""All but the one that is refused before it writes, for the same run given twice."""
WORKING += [*FOLDERS[:2], "suggest --data few.npy --out x --quiet"]
SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")
watched: list = []
"""What is called at a write below a folder, while a test asks for it; an audit hook is for good."""


def hook(event, args):
    if watched and event == "open" and isinstance(args[0], str):
        folder, act, more = watched[0]
        inside = os.path.abspath(args[0]).startswith(str(folder))
        if inside and int(args[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            watched[:] = [(folder, act, more - 1)] if more else []
            if not more:
                act()


sys.addaudithook(hook)


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch, run, tiny_data, tiny_images):
    """Runs a command line in a folder with a run and images; what it says, and what is new."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.npz").write_bytes(tiny_data.read_bytes())
    Image.fromarray(tiny_images[0, 0]).save(tmp_path / "one.png")
    np.save(tmp_path / "few.npy", tiny_images[:40, 0])

    def files():
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    def call(command):
        before = files()
        status = main(command.split())
        _, err = capsys.readouterr()
        after = files()
        return status, err, {path.name for path in after if after[path] != before.get(path)}

    return call


@pytest.fixture(autouse=True)
def quick_graphs(monkeypatch):
    """Files in the place of ONNX graphs, which take seconds."""

    def write(_model, _part, path):
        path.write_bytes(b"graph" * 100)
        return 0.0

    monkeypatch.setattr("infogan.export.onnx._export_part", write)


@contextmanager
def at_a_write(folder, act, after=0):
    watched[:] = [(folder, act, after)]
    try:
        yield
    finally:
        assert not watched, "too little was written"


@pytest.mark.usefixtures("quick_effort")
@pytest.mark.parametrize(
    ("command", "name"),
    [(command, SIGNALS[i % len(SIGNALS)]) for i, command in enumerate(WORKING)],
)
def test_a_signal_within_a_write_ends_it_in_a_line(cli, tmp_path, command, name):
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip(f"this system has no {name}")
    before = signal.getsignal(number)
    with at_a_write(tmp_path, lambda: os.kill(os.getpid(), number)):
        status, err, new = cli(command)
    assert (status, err.splitlines()[-1]) == (130, "infogan: interrupted")
    assert not new
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_is_there_whole_or_not_at_all(cli, tmp_path, command):
    before = set(tmp_path.iterdir())
    with at_a_write(tmp_path, lambda: os.kill(os.getpid(), signal.SIGTERM), after=1):
        status, err, _ = cli(command)
    assert (status, err.splitlines()[-1]) == (130, "infogan: interrupted")
    assert set(tmp_path.iterdir()) == before
    assert cli(command)[0] == 0


@pytest.fixture
def full_disk():
    """A disk on which no file becomes longer than a few bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("quick_effort")
@pytest.mark.parametrize("command", WORKING)
def test_a_full_disk_is_a_line(cli, tmp_path, full_disk, command):
    with at_a_write(tmp_path, full_disk):
        status, err, new = cli(command)
    assert status == 2, err
    assert err.splitlines()[-1].startswith("infogan: error: ")
    assert "Traceback" not in err
    assert not new


# A run that may not be written


@pytest.mark.parametrize(
    "command", ["export run", "export run --single-file", "describe run", "evaluate run --quick"]
)
def test_what_would_write_into_a_read_only_run_says_so_before_the_work(cli, monkeypatch, command):
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    monkeypatch.setattr("infogan.storage.model_folder.load_model", lambda _: pytest.fail("work"))
    told = "infogan: error: run: may not be written to; name a place elsewhere with --out\n"
    assert cli(command) == (2, told, set())


@pytest.mark.usefixtures("quick_effort")
def test_read_only_runs_are_compared_and_nothing_is_kept(cli, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK or path.name != "run")
    status, err, new = cli("compare run ./run --data data.npz --out table.md")
    assert (status, new) == (0, {"table.md"})
    assert "infogan: warning: run: may not be written to, so it is not kept" in err


@pytest.mark.parametrize("command", ["name run --rename 1=one", "train --out run --resume"])
def test_a_refusal_by_the_system_comes_with_what_to_do(cli, tmp_path, command):
    def refuse():
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "run/file.12-a.partial")

    with at_a_write(tmp_path, refuse):
        status, err, new = cli(command)
    assert (status, new) == (2, set())
    assert err == (
        "infogan: error: run/file: Read-only file system; name a place elsewhere with --out, or "
        "copy the folder to where you may write\n"
    )
