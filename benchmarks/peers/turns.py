"""A peer in a process of its own: it is asked for one measurement after another, and keeps warm.

Each line that comes in is JSON, {"work": …, "seconds": …}; each that goes out a number a second.
"""

import json
import sys
import time
from collections.abc import Callable

Work = Callable[[], object]


def serve(
    make: Callable[[str], Work], warm: int = 3, finish: Callable[[], None] = lambda: None
) -> None:
    """Answer until the input ends; `make` builds what one turn of a work does, once for each.

    `finish` waits until a device has done all that it was told.
    """
    out, sys.stdout = sys.stdout, sys.stderr
    works: dict[str, Work] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["work"]
        if name not in works:
            works[name] = make(name)
            for _ in range(warm):
                works[name]()
        found = turns_per_second(works[name], asked["seconds"], finish)
        print(json.dumps(found), file=out, flush=True)


def turns_per_second(work: Work, seconds: float, finish: Callable[[], None]) -> float:
    """How often a work is done in a second, one turn after another."""
    work()
    finish()
    turns, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        work()
        turns += 1
    finish()
    return turns / (time.perf_counter() - started)
