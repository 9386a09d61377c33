"""The signals that ask a process to stop: Ctrl-C, SIGTERM, and the hang-up of its terminal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


def stop_signals() -> list[signal.Signals]:
    """Those this system has; an ignored hang-up, as with nohup, is not one of them."""
    named = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    known = [number for number in named if number is not None]
    ignored = {number for number in known if signal.getsignal(number) is signal.SIG_IGN}
    return [number for number in known if number.name != "SIGHUP" or number not in ignored]


@contextmanager
def interrupting() -> Iterator[None]:
    """Let each of them raise KeyboardInterrupt, so that what is open is closed and cleared away.

    Outside the main thread signals are the caller's business.
    """
    try:
        before = {
            number: signal.signal(number, signal.default_int_handler) for number in stop_signals()
        }
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
