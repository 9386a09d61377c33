"""What the tests of commands share."""

import pytest

from infogan.cli import main


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Runs a command line in a folder of its own; returns status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        status = main([str(each) for each in arguments])
        return status, *capsys.readouterr()

    return call
