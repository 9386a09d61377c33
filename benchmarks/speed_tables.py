"""Tables of speed, for benchmarks/tables.py: what is in results/speed.json and threads.json."""

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
FILES = {"": "speed.json", ", with AVX2 only": "speed-avx2.json", ", on a GPU": "speed-cuda.json"}
"""Results by what sets them apart."""


def speed() -> str:
    """This library beside its peers, training and generating: medians over interleaved rounds."""
    rows = [
        "| work | infogan | infogan, float32 | plain PyTorch | bare loop | Keras "
        "| × plain (low–high) | × Keras (low–high) | of the convolutions' ceiling |"
    ]
    rows += ["|---" * 9 + "|"]
    peers = ("infogan", "infogan, float32", "plain PyTorch", "bare loop", "Keras")
    for limit, file in FILES.items():
        parts = _speed(file)["parts"]
        for part in (name for name in parts if name.startswith("train ")):
            found, fraction = parts[part]["summary"], parts[part]["fraction_of_ceiling"]
            cells = [_rate(found, name) for name in peers]
            cells += [_times(found, "plain PyTorch"), _times(found, "Keras")]
            ceiling = {name: found[f"convolutions {name}"]["median"] for name in fraction}
            native = [name for name in fraction if ceiling[name] >= ceiling["fp32"]]
            cells.append(", ".join(f"{100 * fraction[name]:.0f} % ({name})" for name in native))
            rows.append(f"| {part}{limit}, updates/s | {' | '.join(cells)} |")
    return "\n".join([*rows, "", _speed_machine()])


def generation() -> str:
    """Images a second of the tutorial's G, here and elsewhere."""
    rows = ["| batch | infogan | plain PyTorch | ONNX Runtime | Keras `predict` | × Keras |"]
    rows += ["|---" * 6 + "|"]
    parts = _speed()["parts"]
    peers = ("infogan", "plain PyTorch", "ONNX Runtime", "Keras predict")
    for part in (name for name in parts if name.startswith("generate ")):
        found = parts[part]["summary"]
        cells = [*(_rate(found, name) for name in peers), _times(found, "Keras predict")]
        rows.append(f"| {part.removeprefix('generate ')} | {' | '.join(cells)} |")
    return "\n".join([*rows, "", _speed_machine()])


def starting() -> str:
    """Seconds to start, and the memory that training holds at most."""
    parts = _speed()["parts"]
    if "start" not in parts:
        return _speed_machine()
    found = parts["start"]["summary"]
    seconds = ", ".join(f"`{name}` {each['median']:.2f} s" for name, each in found.items())
    memory = ", ".join(f"`{name}` {mb:,.0f} MB" for name, mb in parts.get("memory", {}).items())
    return f"To start: {seconds}. Peak memory of training: {memory}.\n\n{_speed_machine()}"


def threads() -> str:
    """Training alone and beside busy processes, by how many threads there are and how they wait."""
    path = RESULTS / "threads.json"
    if not path.is_file():
        return "Not measured yet: `python benchmarks/threads.py`."
    found = json.loads(path.read_text())
    speeds, machine = found["images_per_second"], found["machine"]
    rows = [f"| images/s | {' | '.join(f'beside {busy} busy' for busy in speeds)} |"]
    rows += ["|---" * (1 + len(speeds)) + "|"]
    for setting in next(iter(speeds.values())):
        each = [sorted(by_setting[setting]) for by_setting in speeds.values()]
        cells = [f"{statistics.median(v):,.0f} ({v[0]:,.0f}–{v[-1]:,.0f})" for v in each if v]
        rows.append(f"| {setting} | {' | '.join(cells)} |")
    load = f"load before: {found['load_before']:.1f}"
    return "\n".join([*rows, "", f"{machine['processor']}, {machine['cores']} cores; {load}."])


def growth() -> str:
    """How the cost of training grows with one thing at a time, and a picture of it."""
    path = RESULTS / "growth.json"
    if not path.is_file():
        return "Not measured yet: `python benchmarks/growth.py`."
    found = json.loads(path.read_text())
    rows = ["| changed | images/s | exponent |", "|---" * 3 + "|"]
    for axis, each in found["summary"].items():
        speeds = ", ".join(f"{v}: {s:,.0f}" for v, s in each["images_per_second"].items())
        rows.append(f"| {axis} | {speeds} | {each['exponent']:.2f} |")
    machine, load = found["machine"], f"load before: {found['load_before']:.1f}"
    picture = (
        "![Doublings of the cost of an image against doublings of each](../pictures/growth.svg)"
    )
    return "\n".join([*rows, "", f"{machine['processor']}, one thread; {load}.", "", picture])


def _speed(file: str = "speed.json") -> dict[str, Any]:
    path = RESULTS / file
    return json.loads(path.read_text()) if path.is_file() else {"parts": {}}


def _speed_machine() -> str:
    found = _speed()
    if "machine" not in found:
        return "Not measured yet: `python benchmarks/speed.py`."
    machine, loads = found["machine"], found["loads"]
    instructions = ", ".join(machine["vector_instructions"])
    return (
        f"{machine['processor']}, {machine['cores']} cores ({instructions}); the machine's load "
        f"was {min(loads):g} to {max(loads):g}, this benchmark included."
    )


def _rate(found: dict[str, dict[str, float]], name: str) -> str:
    if name not in found:
        return "–"
    median = found[name]["median"]
    return f"{median:,.0f}" if median >= 100 else f"{median:.3g}"


def _times(found: dict[str, dict[str, float]], name: str) -> str:
    if name not in found:
        return "–"
    each = found[name]
    return f"{each['ratio']:.2f} ({each['ratio_low']:.2f}–{each['ratio_high']:.2f})"


TABLES: dict[str, Callable[[], str]] = {
    "speed": speed,
    "generation": generation,
    "starting": starting,
    "threads": threads,
    "growth": growth,
}
