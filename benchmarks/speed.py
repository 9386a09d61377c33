"""How fast: this library beside its peers on the same work, in turns, round after round.

    python -m venv TF && TF/bin/pip install tensorflow-cpu    once, for Keras: a Python apart
    python benchmarks/speed.py --keras TF/bin/python [--rounds 5] [--only train]
    ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 python benchmarks/speed.py …    no AVX-512
    python benchmarks/speed.py --device cuda

Parts: train (updates a second), generate (images a second), start (seconds), memory (peak of a
training). Each peer works in a process of its own and waits for its turn, asleep: benchmarks/peers.
Every round measures all of a part's contestants, so that what else the machine does falls on all
alike; ratios are taken round by round. Goes on where it was interrupted: rounds that are in the
file count (--fresh begins anew). Writes speed.json, speed-avx2.json or speed-cuda.json in
benchmarks/results.
"""

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from encoding import measure
from infogan.training.cost import convolution
from infogan.training.presets import PRESETS
from mnist_seeds import RESULTS, machine
from peers.ours import flop_of_update

HERE = Path(__file__).parent
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""How threads wait, as importing this package sets it."""
VECTORS = ("avx2", "avx512_f", "avx512_bf16", "avx512_fp16", "amx_bf16")
TRAINED = {
    "cpu": ("tutorial", "paper-mnist", "mlp"),
    "cuda": ("tutorial", "paper-mnist", "colour64", "colour128"),
}
BATCHES = (1, 64, 1024)
Rounds = list[dict[str, float]]
Ask = Callable[[str, str, float], float]


class Peer:
    """A process that measures when it is asked to."""

    def __init__(self, python: str, module: str, device: str) -> None:
        command = [python, "-m", f"peers.{module}", device]
        # Peers run as whoever uses them runs them: what this package sets is not handed on.
        kept = {k: v for k, v in os.environ.items() if k not in WAITING}
        if python != sys.executable:
            kept.pop("PYTHONPATH", None)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command,
            cwd=HERE,
            stdin=pipe,
            stdout=pipe,
            env=kept,
            text=True,
            stderr=subprocess.DEVNULL,
        )

    def per_second(self, work: str, seconds: float) -> float:
        """How often it does the work in a second; RuntimeError where it has died of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"work": work, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(map(str, self._process.args))}: died at {work!r}")
        return float(json.loads(answer))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


@contextmanager
def peers(keras: str | None, device: str) -> Iterator[Ask]:
    """Asks for a measurement by contestant, work and seconds; a process for each of these works."""
    modules = {"infogan": "ours", "PyTorch": "plain_torch", "Keras": "keras_tutorial"}
    with ExitStack() as stack:

        @functools.cache
        def peer(name: str, work: str) -> Peer:
            python = keras if name == "Keras" else sys.executable
            assert python is not None
            made = Peer(python, modules[name], device)
            stack.callback(made.close)
            return made

        def ask(name: str, work: str, seconds: float) -> float:
            kind = "generate" if not work.startswith("train") else work
            return peer(name, kind).per_second(work, seconds)

        yield ask


def training_rounds(ask: Ask, name: str, keras: bool, seconds: float) -> dict[str, float]:
    """Updates a second of every contestant, and FLOP a second of a convolution beside them."""
    found = {}
    for precision in ("auto", "fp32"):
        label = "infogan" if precision == "auto" else "infogan, float32"
        found[label] = ask("infogan", f"train {name} {precision}", seconds)
    found["plain PyTorch"] = ask("PyTorch", f"train {name}", seconds)
    if name == "mlp":
        found["bare loop"] = ask("PyTorch", "train mlp bare", seconds)
    if name == "tutorial" and keras:
        found["Keras"] = ask("Keras", "train tutorial", seconds)
    for precision in ("bf16", "fp32"):
        found[f"convolutions {precision}"] = ask("infogan", f"ceiling {precision}", 0.5)
    return found


def generation_round(ask: Ask, batch: int, keras: bool, seconds: float) -> dict[str, float]:
    """Batches a second of every contestant, by the tutorial's G."""
    found = {
        "infogan": ask("infogan", f"generate {batch}", seconds),
        "plain PyTorch": ask("PyTorch", f"generate {batch}", seconds),
        "ONNX Runtime": ask("infogan", f"onnx {batch}", seconds),
    }
    if keras:
        found["Keras predict"] = ask("Keras", f"generate {batch}", seconds)
    return {name: batch * speed for name, speed in found.items()}


def start_round() -> dict[str, float]:
    """Seconds of the command's help, and of importing the package, in a fresh Python."""
    works = {
        "infogan --help": [sys.executable, "-m", "infogan.cli", "--help"],
        "import infogan": [sys.executable, "-c", "import infogan"],
        "Python alone": [sys.executable, "-c", ""],
    }
    found = {}
    for name, command in works.items():
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found[name] = time.perf_counter() - started
    return found


def memory_of(name: str) -> float:
    """The most memory a process holds that trains this preset on 60,000 images, in MB."""
    return measure([sys.executable, "-m", "peers.ours", "memory", name], HERE)["peak_mb"]


def summary(rounds: Rounds) -> dict[str, dict[str, float]]:
    """Of every contestant the median, and how many times as fast as it the first one is."""
    first = next(iter(rounds[0]))
    told = {}
    for name in rounds[0]:
        values = [each[name] for each in rounds]
        ratios = sorted(each[first] / each[name] for each in rounds)
        told[name] = {
            "median": statistics.median(values),
            "ratio": statistics.median(ratios),
            "ratio_low": ratios[0],
            "ratio_high": ratios[-1],
        }
    return told


def fraction_of_ceiling(rounds: Rounds, flop: int, precision: str) -> float:
    """FLOP that training does in a second over what convolutions do, round by round, the median."""
    label = "infogan" if precision == "bf16" else "infogan, float32"
    of_convolution = convolution(torch.device("cpu"), torch.float32)[1]
    return statistics.median(
        each[label] * flop / (each[f"convolutions {precision}"] * of_convolution) for each in rounds
    )


def described() -> dict[str, object]:
    """The machine, its vector instructions, and what PyTorch was told to use of them."""
    has = torch.cpu.get_capabilities()
    return machine() | {
        "vector_instructions": [name for name in VECTORS if has.get(name)],
        "pytorch_uses": torch.backends.cpu.get_cpu_capability(),
        "onednn_limit": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "",
    }


class Results:
    """The file: rounds by part, saved after every one; those that are there count."""

    def __init__(self, path: Path, args: argparse.Namespace) -> None:
        self.path, self.wanted = path, args.rounds
        known = {} if args.fresh or not path.is_file() else json.loads(path.read_text())
        self.content: dict[str, Any] = {
            "command": "python benchmarks/speed.py --keras PYTHON"
            + (f" --device {args.device}" if args.device != "cpu" else ""),
            "machine": described(),
            "loads": known.get("loads", []),
            "parts": known.get("parts", {}),
        }
        if known and known["machine"]["processor"] != self.content["machine"]["processor"]:
            raise SystemExit(f"{path}: was measured on another processor; --fresh begins anew")

    def go_on(self, part: str, once: Callable[[], dict[str, float]]) -> Rounds:
        """Rounds until there are as many as wanted."""
        entry = self.content["parts"].setdefault(part, {"rounds": []})
        while len(entry["rounds"]) < self.wanted:
            entry["rounds"].append(once())
            entry["summary"] = summary(entry["rounds"])
            self.content["loads"].append(round(os.getloadavg()[0], 2))
            self.save()
            told = ", ".join(f"{k} {v:,.3g}" for k, v in entry["rounds"][-1].items())
            print(f"{part}: {told}", flush=True)
        return entry["rounds"]

    def save(self) -> None:
        """Write it."""
        self.path.write_text(json.dumps(self.content, indent=1) + "\n")


def main() -> None:
    """Go through the parts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keras", help="a Python that has TensorFlow; left out where not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="of each measurement of training"
    )
    parser.add_argument("--only", choices=["train", "generate", "start", "memory"])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    args = parser.parse_args()
    kind = "cuda" if args.device == "cuda" else os.environ.get("ATEN_CPU_CAPABILITY", "")
    results = Results(RESULTS / f"speed{'-' + kind if kind else ''}.json", args)
    keras = bool(args.keras) and args.device == "cpu"
    if not keras:
        print("Keras is left out: --keras PYTHON names one that has TensorFlow")
    parts = [args.only] if args.only else ["start", "train", "generate", "memory"]
    with peers(args.keras, args.device) as ask:
        if "start" in parts:
            results.go_on("start", start_round)
        for name in TRAINED[args.device] if "train" in parts else ():
            rounds = results.go_on(
                f"train {name}",
                functools.partial(training_rounds, ask, name, keras, args.seconds),
            )
            flop, entry = flop_of_update(name), results.content["parts"][f"train {name}"]
            entry["gflop_per_update"] = flop / 1e9
            entry["fraction_of_ceiling"] = {
                precision: fraction_of_ceiling(rounds, flop, precision)
                for precision in ("bf16", "fp32")
            }
            results.save()
        for batch in BATCHES if "generate" in parts else ():
            once = functools.partial(generation_round, ask, batch, keras, 1.0)
            results.go_on(f"generate {batch}", once)
    if "memory" in parts:
        known = results.content["parts"].setdefault("memory", {})
        for name in PRESETS:
            if name not in known and name != "auto":
                known[name] = memory_of(name)
                results.save()
                print(f"{name}: {known[name]:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
