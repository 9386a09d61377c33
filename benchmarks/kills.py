"""Kill a run at many moments, let it go on, and compare all it left with a run never killed.

    python benchmarks/kills.py --kills 200 --out benchmarks/results/kills.json

Half of the kills come at one of the run's own writes (a file opened to be written, renamed or
removed in its folder), evenly spread over all of them, and half at a random moment. A killed run
goes on with the same command and --resume, and now and then is killed once more. Compared are the
weights, the checkpoint, the log but for its times, the health findings, all pictures, the card and
the report but for its times. Cut short, it goes on with the same command, by what --out holds.
"""

import argparse
import json
import os
import random
import re
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file

from infogan.cli import main
from infogan.files import write_json
from infogan.storage.run_folder import RunFolder
from infogan.versions import versions

OPTIONS = shlex.split(
    "--codes=kind=cat:3,tilt=uni --noise=4 --model.family=mlp --model.width=4 --model.hidden=16 "
    "--model.q_hidden=8 --kimg=4 --tick_kimg=0.5 --picture_kimg=1 --device=cpu --precision=fp32 "
    "--seed=3 --quiet"
)
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.truncate"}
TIMES = ("seconds", "images_per_second")
CELL = r"<td class='number'>[^<]*</td>"
TIMED = re.compile(
    rf"<dt>Time</dt><dd>[^<]*</dd>|(<tr>{CELL}){CELL}{CELL}|, about [a-z0-9 ]+(?=\.)"
)
"""In a report: its time and speed, how long a longer run would take, and of each tick, after its
thousands of images, the same."""
MOST_LIVES = 10


def images(path: Path) -> None:
    """Sixty discs of three sizes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:8, :8] - 3.5
    discs = 200.0 * (np.hypot(x, y) < (1.0 + np.arange(60) % 3)[:, None, None])
    np.save(path, (discs + rng.integers(0, 50, (60, 8, 8))).astype(np.uint8))


def command(folder: Path, *extra: str) -> list[str]:
    """The training, into a folder beside its images."""
    return ["train", f"--data={folder.parent / 'images.npy'}", f"--out={folder}", *OPTIONS, *extra]


def live(folder: Path, *extra: str, at: int = 0, after: float = 0.0) -> tuple[int, int]:
    """Train in a process of its own until it ends, or is killed at a write or after seconds.

    Returns what `os.waitstatus_to_exitcode` makes of its end, and the writes it came to.
    """
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        code = 70
        try:
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            count_writes(folder, at, writer)
            if after:
                threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
            code = main(command(folder, *extra))
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as counted:
        writes = len(counted.read())
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), writes


def count_writes(folder: Path, at: int, writer: int) -> None:
    """Tell the pipe of every write within the folder, and be killed at one of them."""
    inside, count = str(folder), 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        writing = event in WRITES
        if event == "open":
            writing = bool(int(args[2] or 0) & (os.O_WRONLY | os.O_RDWR))  # type: ignore[call-overload]
        if writing and str(args[0]).startswith(inside):
            count += 1
            os.write(writer, b".")
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def left(folder: Path) -> dict[str, object]:
    """All that a run left, but for its times."""
    run = RunFolder(folder)
    log = [{k: v for k, v in line.items() if k not in TIMES} for line in run.read_log()]
    report = TIMED.sub(r"\1", run.report_file.read_text())
    checkpoint = run.latest_checkpoint()
    assert checkpoint is not None
    return {
        "weights": run.weights_file.read_bytes(),
        "checkpoint": {key: value.tolist() for key, value in load_file(checkpoint).items()},
        "log": log,
        "findings": [line.get("health") for line in log],
        "pictures": {path.name: path.read_bytes() for path in run.pictures.iterdir()},
        "overview": run.overview_file.read_bytes(),
        "report": report,
        "card": run.card_file.read_text(),
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*")),
    }


def killed(folder: Path, whole: dict[str, object], rng: random.Random, **kill: float) -> list[str]:
    """Kill a run and let it go on to its end; returns what differs from the whole one's."""
    folder.parent.mkdir(parents=True)
    images(folder.parent / "images.npy")
    code, _ = live(folder, **kill)  # type: ignore[arg-type]
    for _ in range(MOST_LIVES):
        if code == 0:
            break
        if code != -signal.SIGKILL:
            return [f"exit status {code}"]
        again = {"after": rng.uniform(0.05, 1.0)} if rng.random() < 0.2 else {}
        # One that never saved starts over, with --resume and without.
        blank = folder.is_dir() and RunFolder(folder).is_blank
        resume = ["--resume"] if folder.is_dir() and not (blank and rng.random() < 0.5) else []
        code, _ = live(folder, *resume, **again)
    if code:
        return ["never came to its end"]
    mine = left(folder)
    return [name for name in whole if mine[name] != whole[name]]


def run(kills: int, seed: int, root: Path, before: dict[str, Any]) -> Iterator[dict[str, object]]:
    """Kill so many runs; after each, how many there were and what differed so far, by what."""
    # Every run has the same name, which stands in its pictures, report and card.
    path = root / "current" / "run"
    path.parent.mkdir()
    images(path.parent / "images.npy")
    started = time.perf_counter()
    code, writes = live(path)
    seconds = time.perf_counter() - started
    assert code == 0, code
    whole = left(path)
    differing: Counter[str] = Counter(before.get("differing", {}))
    for number in range(before.get("kills", 0), kills):
        shutil.rmtree(path.parent)
        rng = random.Random(f"{seed} {number}")
        at_write = number % 2 == 0
        at = 1 + number * writes // kills
        kill = {"at": at} if at_write else {"after": rng.uniform(0, seconds)}
        found = killed(path, whole, rng, **kill)
        differing.update(found)
        if found:
            print(f"kill {number} {kill}: {', '.join(found)}", file=sys.stderr)
        yield {
            "kills": number + 1,
            "of": kills,
            "seed": seed,
            "writes": writes,
            "differing": dict(differing),
        }


def cli() -> None:
    """Kill, count, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    asked = {"of": args.kills, "seed": args.seed}
    before = json.loads(args.out.read_text()) if args.out and args.out.exists() else {}
    found = before = before if asked.items() <= before.items() else {}
    with tempfile.TemporaryDirectory(prefix="infogan-kills-") as root:
        for found in run(args.kills, args.seed, Path(root), before):
            if args.out:  # after each, so that one cut short has told what it saw
                write_json(args.out, found | {"versions": versions()})
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    cli()
