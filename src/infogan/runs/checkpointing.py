"""Checkpoints by the clock, so that little is lost where a run dies."""

import time
from collections.abc import Callable
from pathlib import Path

from infogan.storage.run_folder import RunFolder, images_at
from infogan.training.state import State


class Checkpointing:
    """Writes a checkpoint every so many minutes, each in place of the one before.

    `extra` is the newest; those that go with pictures are written elsewhere, and replace it too.
    """

    def __init__(
        self,
        folder: RunFolder,
        state: State,
        minutes: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._state = folder, state
        self._seconds, self._clock = 60 * minutes, clock
        self._last = clock()
        self.extra: Path | None = None

    def after_update(self) -> None:
        """Write one where it is time."""
        if self.extra and images_at(self.extra) > self._state.images_seen:
            # A NaN has made the run go back: this one may lead to it again.
            self.extra.unlink(missing_ok=True)
            self.extra = None
        if self._clock() - self._last >= self._seconds and self._state.finite:
            self.extra = self._folder.save_checkpoint(self._state, instead_of=self.extra)
            self._last = self._clock()

    def replaced(self) -> None:
        """Another checkpoint has taken its place: the time starts anew."""
        self.extra, self._last = None, self._clock()
