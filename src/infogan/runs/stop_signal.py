"""The wish to stop, noted while a run trains, and heeded where it can be saved."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from infogan.signals import interrupt, stop_signals


@contextmanager
def stop_signal() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, SIGTERM or SIGHUP instead of dying of it; a second gets through.

    A hang-up that is ignored, as with nohup, stays ignored.
    """
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, interrupt)

    try:
        before = {number: signal.signal(number, note) for number in stop_signals()}
    except ValueError:  # not in the main thread: signals are the caller's business
        yield received
        return
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
