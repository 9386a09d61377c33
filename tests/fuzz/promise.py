"""What a reader of untrusted bytes may do with a file, and whether it does.

It may succeed or raise UserError with one line. Everything else is a finding: any other exception,
more than 512 MB of memory, more than 5 seconds of the processor.
"""

import resource
import signal
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infogan.errors import UserError

MEMORY, SECONDS = 512 * 2**20, 5
Read = Callable[[Path], object]
"""Reads a file of a folder in which all else is valid."""


@dataclass(frozen=True)
class Target:
    """A reader, and a file that it reads."""

    name: str
    path: Path
    read: Read


def new_file(path: Path, content: bytes) -> Path:
    """A file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class TooLong(BaseException):
    """More than SECONDS without an answer."""


def bound_memory() -> None:
    """Allow so much more from here on; Python tells what is beyond it as a MemoryError."""
    warnings.simplefilter("ignore")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def outcome(target: Target) -> str:
    """Nothing where the reader kept its promises, else what it did."""

    def late(*_: object) -> None:
        raise TooLong

    # Of the processor's time: how busy a machine is otherwise must find nothing.
    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(target.path)
    except UserError as error:
        return "an error of several lines" if "\n" in str(error) else ""
    except TooLong:
        return f"more than {SECONDS} s"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""
