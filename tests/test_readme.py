"""What the README says is there is there; its blocks are run by tests/docs/test_blocks.py."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from infogan import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = (ROOT / "docs/reference/commands.md").read_text()


def in_tables(text):
    """The commands that tables name."""
    rows = "".join(line for line in text.splitlines(keepends=True) if line.startswith("|"))
    return sorted(set(re.findall(r"`infogan ([^`]+)`", rows)))


def test_every_command_is_listed():
    for command in cli.COMMANDS:
        assert f"`infogan {command}" in COMMANDS


@pytest.mark.parametrize("shown", [*in_tables(README), *in_tables(COMMANDS)])
def test_commands_in_tables_are_understood(shown, monkeypatch):
    words = shlex.split(shown)
    monkeypatch.setattr(cli._module(words[0]), "run", lambda args: 0)
    assert cli.main(words) == 0


def test_links_and_pictures_are_there():
    for path in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", README):
        assert (ROOT / path).exists(), path


def test_tables_are_those_of_the_results():
    check = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
