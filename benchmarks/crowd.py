"""The explorer's server under a crowd while a run trains beside: who is answered, and its memory.

    python benchmarks/crowd.py tests/models/run-0.1 --seconds 60 --out benchmarks/results/crowd.json

`infogan explore` runs in a process of its own, and `infogan train` in another. Fifty clients, from
this one, ask for the page, the models and images, each on a connection of its own that it closes,
one request after another for so long; ten more send half a request and say nothing more. Every
honest request must be answered 200 with what was asked. Memory is the server's VmRSS: after a first
round of the same requests, at its height, and some seconds after the crowd has gone.
"""

import argparse
import json
import os
import re
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import numpy as np

from infogan.files import write_json
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import load_model
from infogan.versions import versions

CLIENTS, SILENT = 50, 10
AFTERWARDS = 20.0
"""Seconds after the last request: a head's deadline and a little more."""
TRAINING = shlex.split(
    "--data=digits --codes=kind=cat:10,tilt=uni --noise=16 --model.family=mlp --kimg=100000 "
    "--device=cpu --early_stop=false --on-failure=continue --quiet"
)


class Crowd:
    """Clients of a server, and how they fared."""

    def __init__(self, port: int, model: Model) -> None:
        self.port, self.model = port, model
        self.seconds, self.failures = list[float](), list[str]()

    def ask(self, kind: int) -> None:
        """One honest request of one of three kinds, timed."""
        z = np.zeros((4, self.model.latent.dim), "<f4").tobytes()
        length = 4 * int(np.prod(self.model.config.shape))
        connection, began = HTTPConnection("127.0.0.1", self.port, timeout=120), time.monotonic()
        try:
            if kind == 0:
                headers = {"Content-Type": "application/octet-stream"}
                connection.request("POST", "/api/models/0/images", z, headers)
            else:
                connection.request("GET", "/" if kind == 1 else "/api/models")
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200 or (kind == 0 and len(content) != length):
                self.failures.append(f"{answer.status} with {len(content)} bytes")
            else:
                self.seconds.append(time.monotonic() - began)
        except (OSError, HTTPException) as error:
            self.failures.append(type(error).__name__)
        finally:
            connection.close()

    def honest(self, number: int, until: float) -> None:
        """Ask until it is time."""
        while time.monotonic() < until:
            self.ask(number % 3)
            number += 1

    def silent(self, until: float) -> None:
        """Begin a request, say no more until the server hangs up, and begin again."""
        while time.monotonic() < until:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
                connection.sendall(b"GET /api/models HTTP/1.1\r\nHost: ")
                with suppress(OSError):
                    connection.recv(1)

    def come(self, seconds: float) -> None:
        """All of them at once."""
        until = time.monotonic() + seconds
        work = [(self.honest, (number, until)) for number in range(CLIENTS)]
        work += [(self.silent, (until,)) for _ in range(SILENT)]
        threads = [threading.Thread(target=each, args=given) for each, given in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def look(pid: int) -> dict[str, float]:
    """The server's memory in MB, its open handles and its threads."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident, threads = (
        int(status.partition(f"{key}:")[2].split()[0]) for key in ("VmRSS", "Threads")
    )
    handles = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return {"memory_mb": round(resident / 1024, 1), "handles": handles, "threads": threads}


def measure(run: Path, seconds: float, training: Path) -> dict[str, object]:
    """Serve, train, let the crowd come, look."""
    command = [sys.executable, "-m", "infogan.cli"]
    server = subprocess.Popen(
        [*command, "explore", str(run), "--port=0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    trainer = subprocess.Popen([*command, "train", f"--out={training}", *TRAINING])
    try:
        assert server.stdout is not None
        found = re.search(r":(\d+)/", server.stdout.readline())
        assert found is not None, "the server did not start"
        crowd = Crowd(int(found[1]), load_model(run))
        for number in range(60):
            crowd.ask(number % 3)
        before, highest = look(server.pid), dict[str, float]()
        crowd.seconds.clear()
        arriving = threading.Thread(target=crowd.come, args=(seconds,))
        arriving.start()
        while arriving.is_alive():
            highest = {key: max(highest.get(key, 0), n) for key, n in look(server.pid).items()}
            arriving.join(0.5)
        time.sleep(AFTERWARDS)
        after = look(server.pid)
        trained = trainer.poll() is None
    finally:
        for process in (server, trainer):
            process.terminate()
    said = server.communicate()[1]
    trainer.wait()
    times = sorted(crowd.seconds)
    return {
        "clients": CLIENTS,
        "silent_clients": SILENT,
        "seconds": seconds,
        "answered": len(times),
        "not_answered": len(crowd.failures),
        "failures": sorted(set(crowd.failures)),
        "median_ms": round(1000 * statistics.median(times), 1),
        "slowest_ms": round(1000 * times[-1], 1),
        "before": before,
        "highest": highest,
        "after": after,
        "trained_all_the_while": trained,
        "server_status": server.returncode,
        "server_said": said.splitlines()[-3:],
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def cli() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="infogan-crowd-") as folder:
        found = measure(args.run, args.seconds, Path(folder) / "run") | {"versions": versions()}
    print(json.dumps(found, indent=2))
    if args.out:
        write_json(args.out, found)


if __name__ == "__main__":
    cli()
