"""An hour of a small run: whether memory, open handles, threads and the disk stay what they were.

    python benchmarks/hour.py --minutes 60 --out benchmarks/results/hour.json

A run longer than that is started in a process of its own, watched from outside through /proc, and
stopped by SIGTERM. Of its folder, what is there once (checkpoints, model, card, page) is told from
what a run adds to by design: a line of the log a tick, and a few pictures each time it draws. The
slopes are of a straight line through the second half, so that what grows shows as growth.
"""

import argparse
import json
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from infogan.files import write_json
from infogan.versions import versions

OPTIONS = shlex.split(
    "--data=digits --codes=kind=cat:10,tilt=uni --noise=16 --model.family=mlp --model.width=16 "
    "--model.hidden=64 --model.q_hidden=32 --early_stop=false --kimg=1000000 --tick_kimg=4 "
    "--picture_kimg=128 --save_minutes=1 --device=cpu --precision=fp32 --seed=0 --quiet "
    "--on-failure=continue"
)
GROWING = ("log.jsonl", "pictures", "report.html")
"""A line a tick, pictures at their times, and the page that shows them."""
EVERY = 15.0
"""Seconds between two looks."""


def look(pid: int, folder: Path, started: float) -> dict[str, float]:
    """The process and its folder as they are."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident, threads = (
        int(status.partition(f"{key}:")[2].split()[0]) for key in ("VmRSS", "Threads")
    )
    seen = {
        "minutes": round((time.monotonic() - started) / 60, 2),
        "memory_mb": resident / 1024,
        "handles": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": threads,
        "disk_mb": 0.0,
    } | {f"{name}_mb": 0.0 for name in GROWING}
    for path in folder.rglob("*"):
        try:
            size = path.stat().st_size / 2**20 if path.is_file() else 0.0
        except FileNotFoundError:  # moved into place, or removed, meanwhile
            continue
        top = path.relative_to(folder).parts[0]
        seen[f"{top}_mb" if top in GROWING else "disk_mb"] += size
    return seen


def slope(looks: list[dict[str, float]], key: str) -> float:
    """What a quantity gains an hour in the second half."""
    later = looks[len(looks) // 2 :]
    minutes = np.array([look["minutes"] for look in later])
    return float(60 * np.polyfit(minutes, np.array([look[key] for look in later]), 1)[0])


def watch(minutes: float, folder: Path) -> dict[str, object]:
    """Train, look, stop."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "infogan.cli", "train", f"--out={folder}", *OPTIONS]
    )
    looks = list[dict[str, float]]()
    while time.monotonic() - started < 60 * minutes and process.poll() is None:
        time.sleep(EVERY)
        looks.append(look(process.pid, folder, started))
    process.send_signal(signal.SIGTERM)
    status = process.wait()
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    keys = [key for key in looks[0] if key != "minutes"]
    first = looks[len(looks) // 10]
    return {
        "minutes": looks[-1]["minutes"],
        "exit_status": status,
        "kimg": lines[-1]["kimg"],
        "ticks": len(lines),
        "pictures": len(list((folder / "pictures").iterdir())),
        "after_a_tenth": first,
        "at_the_end": looks[-1],
        "most": {key: max(each[key] for each in looks) for key in keys},
        "an_hour_adds_in_the_second_half": {key: round(slope(looks, key), 3) for key in keys},
        "looks": looks[:: max(1, len(looks) // 60)],
    }


def cli() -> None:
    """Watch, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="infogan-hour-") as root:
        found = watch(args.minutes, Path(root) / "run") | {"versions": versions()}
    print(json.dumps({k: v for k, v in found.items() if k != "looks"}, indent=2))
    if args.out:
        write_json(args.out, found)


if __name__ == "__main__":
    cli()
