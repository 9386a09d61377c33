"""One training at a time in a run's folder: a lock says who holds it, and goes with its holder."""

import getpass
import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from infogan.errors import UserError

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

LOCK = "training.lock"
MOST_BYTES = 4096


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder, which is made, and goes again if nothing is put into it.

    The system itself ends the lock of a process that ended, however it did, so a stale one on
    this machine is taken over. UserError says who holds a lock, since when, and on which machine.
    On a system without POSIX locks (Windows) a warning says that nothing is kept out.
    """
    before = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    file = _take(path)
    try:
        yield
    finally:
        _give_back(path, file)
        if not before:
            with suppress(OSError):  # there is something in it
                folder.rmdir()


def _take(path: Path) -> int:
    """The open lock, which is ours; UserError where it is another's."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            free = _is_free(file)
            holder = _holder(os.read(file, MOST_BYTES))
            if not free or holder.get("host", _host()) != _host():
                raise UserError(_refusal(path, holder))
            # Whoever held it may have removed the file between our opening and locking it.
            if path.is_file() and os.path.samestat(os.fstat(file), path.stat()):
                os.ftruncate(file, 0)
                os.lseek(file, 0, os.SEEK_SET)
                os.write(file, json.dumps(_ourselves()).encode() + b"\n")
                return file
            os.close(file)
        except BaseException:
            os.close(file)
            raise


def _is_free(file: int) -> bool:
    """Lock it, unless a process that is alive has done so."""
    if fcntl is None:
        warnings.warn(
            "this system has no POSIX file locks, so nothing keeps a second training out of this "
            "folder; start one at a time",
            stacklevel=5,
        )
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_back(path: Path, file: int) -> None:
    """Remove the lock while it is held: between that and a removal another might take it."""
    with suppress(OSError):  # a disk that has gone meanwhile must not hide what went wrong
        if fcntl is not None:
            path.unlink(missing_ok=True)
    os.close(file)
    if fcntl is None:  # Windows removes no file that is open
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _ourselves() -> dict[str, str | int]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"user": _user(), "process": os.getpid(), "host": _host(), "since": since}


def _holder(content: bytes) -> dict[str, str]:
    """What a lock says of its holder; nothing where it is empty, or was cut short."""
    try:
        told = json.loads(content)
        return {str(key): str(value) for key, value in told.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def _refusal(path: Path, holder: dict[str, str]) -> str:
    who = {key: holder.get(key, "unknown") for key in ("process", "user", "host", "since")}
    elsewhere = who["host"] not in (_host(), "unknown")
    remedy = f"or remove {path} if that process is no more" if elsewhere else "or stop it"
    return (
        f"{path.parent}: another training is at work here, process {who['process']} of "
        f"{who['user']} on {who['host']} since {who['since']}; choose another --out, {remedy}"
    )


def _host() -> str:
    return socket.gethostname()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's number without a name
        return str(os.getuid())
