"""What the tests of runs share: no time spent on drawing where nobody looks."""

import pytest
from PIL import Image


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves the time that drawing takes, where nobody looks."""
    for name in ("draw_codes", "draw_traversal", "draw_overview"):
        monkeypatch.setattr(f"infogan.runs.keeping.{name}", lambda *_: Image.new("RGB", (1, 1)))


@pytest.fixture
def nothing_but_training(no_pictures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves the time of the last look and its verdict as well."""
    monkeypatch.setattr("infogan.runs.run.conclude", lambda *_: None)
