"""Runs side by side, each a process of its own: one that dies leaves the others alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

import torch
from tqdm import tqdm

from infogan.runs.run_log import summary
from infogan.runs.stop_signal import stop_signal
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.device import choose_device

LOOK_SECONDS = 0.5
Place = dict[str, str]
"""Where a run computes: what its environment says of it."""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def places(device: str, runs: int, at_once: int = 0) -> list[Place]:
    """Where so many runs compute: on a device each, or on so many of the cores.

    Without `at_once` there are as many as devices, or as cores.
    """
    kind = choose_device(device)
    if kind == "cpu":
        n = min(runs, at_once or cores())
        return [{}] * n
    several = torch.cuda.device_count() if kind == "cuda" else 1
    names = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(several)))).split(",")
    n = min(runs, at_once or several)
    alone = several == 1 or kind != "cuda"
    return [{} if alone else {"CUDA_VISIBLE_DEVICES": names[i % several]} for i in range(n)]


class Ended(Exception):
    """How a run ended that did not reach its end: its exit status, and the last thing it said."""

    def __init__(self, status: int, said: str) -> None:
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else said
        super().__init__(how or f"ended with status {status}")
        self.status = status


def train_side_by_side(
    runs: Mapping[RunFolder, TrainConfig],
    where: Sequence[Place],
    options: Sequence[str] = (),
    progress: bool = True,
) -> tuple[dict[RunFolder, Ended], bool]:
    """Train each run by the command line, one at each place at a time.

    Returns those that did not come to their end, and whether that is so because of Ctrl-C: it is
    passed on to those under way, which save everything, and the others do not begin.
    """
    free = SimpleQueue[Place]()
    for place in where:
        free.put(place)
    children, ended = list[subprocess.Popen[str]](), dict[RunFolder, Ended]()
    with TemporaryDirectory(prefix="infogan-") as folder, stop_signal() as stopped:

        def one(run: RunFolder, config: TrainConfig) -> None:
            if stopped:
                return
            place = free.get()
            try:
                child = _start(run, config, Path(folder), options, place)
                children.append(child)
                _, errors = child.communicate()
            finally:
                free.put(place)
            if child.returncode:
                ended[run] = Ended(child.returncode, (errors.splitlines() or [""])[-1])

        with _bars(runs, progress) as show, ThreadPoolExecutor(len(where)) as pool:
            try:
                waiting = {pool.submit(one, *each) for each in runs.items()}
                told = False
                while waiting:
                    done, waiting = wait(waiting, LOOK_SECONDS)
                    for future in done:
                        future.result()
                    show()
                    if stopped and not told:
                        told = True
                        _end(children, signal.SIGTERM)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                _end(children, signal.SIGKILL)
                raise
        return ended, bool(stopped)


def _start(
    run: RunFolder, config: TrainConfig, folder: Path, options: Sequence[str], place: Place
) -> "subprocess.Popen[str]":
    written = RunFolder(folder / run.path.name)
    written.path.mkdir()
    written.write_config(config)
    command = [sys.executable, "-m", "infogan", "train", "--config", str(written.config_file)]
    again = ["--resume"] if run.path.exists() else []
    return subprocess.Popen(
        [*command, "--out", str(run.path), "--quiet", *again, *options],
        env=os.environ | place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches it through us, once
    )


def _end(children: Sequence["subprocess.Popen[str]"], number: signal.Signals) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(number)


@contextmanager
def _bars(runs: Mapping[RunFolder, TrainConfig], progress: bool) -> Iterator[Callable[[], None]]:
    """A line of progress for each run, of what its log says."""
    bars: dict[RunFolder, tqdm[Any]] = {
        run: tqdm(
            total=round(config.kimg * 1000),
            unit="img",
            unit_scale=True,
            desc=run.path.name,
            position=line,
            disable=not progress,
            file=sys.stderr,
            dynamic_ncols=True,
        )
        for line, (run, config) in enumerate(runs.items())
    }

    def show() -> None:
        for run, bar in bars.items():
            if progress and (lines := run.read_log()):
                bar.update(round(lines[-1]["kimg"] * 1000) - bar.n)
                bar.set_postfix_str(summary(lines[-1]))

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()
