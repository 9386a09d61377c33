"""How much memory is free: of the machine, and of what this process is allowed of it."""

from collections.abc import Iterator
from pathlib import Path

CACHE = ("inactive_file", "active_file")
"""Of a group's memory what files left in it: it is given up when it is needed."""


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take; None where the system does not say (not Linux).

    That is what the machine has available, or less where a control group (as containers and SLURM
    have them) has a limit. `root` holds proc and sys.
    """
    found = [*_of_machine(root), *_of_groups(root)]
    return min(found, default=None)


def bytes_in_words(n: float) -> str:
    """A number of bytes as one says it.

    >>> bytes_in_words(3 * 2**29), bytes_in_words(2**28)
    ('1.5 GiB', '256 MiB')
    """
    return f"{n / 2**30:.1f} GiB" if n >= 2**30 else f"{n / 2**20:.0f} MiB"


def _of_machine(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _of_groups(root: Path) -> Iterator[int]:
    """Of each control group that this process is in, and of those around them, that has a limit."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:  # the second version
            top, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "")
        elif "memory" in controllers.split(","):
            top = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_")
        else:
            continue
        # In a container the path may be that of outside, and its own group is on top.
        own = top / path.strip("/")
        for folder in [own, *own.parents][: len(own.parts) - len(top.parts) + 1]:
            yield from _of_group(folder, *names)


def _of_group(folder: Path, limit: str, usage: str, prefix: str) -> Iterator[int]:
    allowed, used = (_lines(folder / name) for name in (limit, usage))
    if not allowed or not used or not allowed[0].isdecimal():  # "max"
        return
    stat = dict(line.split() for line in _lines(folder / "memory.stat"))
    cache = sum(int(stat.get(prefix + name, 0)) for name in CACHE)
    yield max(0, int(allowed[0]) - int(used[0]) + cache)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
