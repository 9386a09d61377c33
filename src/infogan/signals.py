"""The signals that ask a process to stop: Ctrl-C, SIGTERM, and the hang-up of its terminal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


def stop_signals() -> list[signal.Signals]:
    """Those this system has; an ignored hang-up, as with nohup, is not one of them."""
    named = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    known = [number for number in named if number is not None]
    ignored = {number for number in known if signal.getsignal(number) is signal.SIG_IGN}
    return [number for number in known if number.name != "SIGHUP" or number not in ignored]


def interrupt(number: int, _frame: object) -> NoReturn:
    """A handler that raises KeyboardInterrupt, with the signal's name."""
    raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def interrupting() -> Iterator[None]:
    """Let each of them raise KeyboardInterrupt, so that what is open is closed and cleared away.

    Outside the main thread signals are the caller's business.
    """
    try:
        before = {number: signal.signal(number, interrupt) for number in stop_signals()}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
