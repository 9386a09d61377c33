"""Every command that writes, cut short: one line, its status, nothing half-written."""

import os
import resource
import signal
import sys
from contextlib import contextmanager

import pytest
from PIL import Image
from test_writing import WRITERS

from infogan.cli import main

WORKING = [command for command, _ in WRITERS if not command.startswith("select run run")]
"""All but the one that is refused before it writes, for the same run given twice."""
SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")
watched: list = []
"""What is called at a write below a folder, while a test asks for it; an audit hook is for good."""


def hook(event, args):
    if watched and event == "open" and isinstance(args[0], str):
        folder, act = watched[0]
        inside = os.path.abspath(args[0]).startswith(str(folder))
        if inside and int(args[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            watched.clear()
            act()


sys.addaudithook(hook)


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch, run, tiny_data, tiny_images):
    """Runs a command line in a folder with a run and images; what it says, and what is new."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.npz").write_bytes(tiny_data.read_bytes())
    Image.fromarray(tiny_images[0, 0]).save(tmp_path / "one.png")

    def files():
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    def call(command):
        before = files()
        status = main(command.split())
        _, err = capsys.readouterr()
        after = files()
        return status, err, {path.name for path in after if after[path] != before.get(path)}

    return call


@contextmanager
def at_the_first_write(folder, act):
    watched[:] = [(folder, act)]
    try:
        yield
    finally:
        assert not watched, "nothing was written"


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
    with at_the_first_write(tmp_path, lambda: os.kill(os.getpid(), number)):
        status, err, new = cli(command)
    assert (status, err.splitlines()[-1]) == (130, "infogan: interrupted")
    assert not new
    assert signal.getsignal(number) is before


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
    with at_the_first_write(tmp_path, full_disk):
        status, err, new = cli(command)
    assert status == 2, err
    assert err.splitlines()[-1].startswith("infogan: error: ")
    assert "Traceback" not in err
    assert not new
