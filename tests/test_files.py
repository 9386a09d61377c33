"""Folders that are filled beside where they belong."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from infogan.errors import UserError
from infogan.files import filling_folder, replacing_folder

FILLED = """
import sys
from pathlib import Path
from infogan.files import filling_folder
with filling_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("")
    print("at work", flush=True)
    sys.stdin.read()
"""
Filling = Callable[[Path], AbstractContextManager[Path]]
both = pytest.mark.parametrize("filling", [filling_folder, replacing_folder])


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@both
def test_another_process_is_kept_out_and_what_it_left_is_cleared_away(
    filling: Filling, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", FILLED, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"at work\n"
        with (
            pytest.raises(UserError, match="out: another process is writing it; wait"),
            filling(out),
        ):
            pass
        assert names(tmp_path) == ["out.partial", "out.partial/half"]
        other.kill()
    with filling(out) as folder:
        (folder / "whole").write_text("")
    assert names(tmp_path) == ["out", "out/whole"]


@both
def test_a_failure_changes_nothing(filling: Filling, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("before")

    def fail() -> None:
        with filling(tmp_path / "out") as folder:
            (folder / "a").write_text("after")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert names(tmp_path) == ["out", "out/a"]
    assert (tmp_path / "out" / "a").read_text() == "before"


def test_filling_keeps_what_else_is_there_and_replacing_does_not(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with filling_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("")
    assert names(tmp_path) == ["out", "out/a", "out/mine"]
    with replacing_folder(tmp_path / "out") as folder:
        (folder / "b").write_text("")
    assert names(tmp_path) == ["out", "out/b"]
