"""Where an update's time goes: every operator beside the floor that its FLOP and bytes set."""

import statistics
import time
from dataclasses import asdict
from typing import Any

import torch

from infogan.data.source import Source
from infogan.files import write_json, write_text
from infogan.runs.speed import WARM
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.cost import Cost, Operator, ceilings, cost_of_update, turns
from infogan.training.state import State

LOOKS, TIMED = 5, 10
"""Updates looked at by operator, of which the quickest counts; and timed as a whole."""
SHOWN = 0.001
"""Part of an update below which an operator is left out of the text."""


def write_profile(folder: RunFolder, config: TrainConfig, source: Source) -> None:
    """Look at updates of a copy of a run, and write `profile.txt` and `profile.json`."""
    found = profile(config, source)
    write_json(folder.profile_file.with_suffix(".json"), found)
    write_text(folder.profile_file, told(found))


def profile(config: TrainConfig, source: Source) -> dict[str, Any]:
    """One update by operator, as plain data; seconds are those of the quickest of a few looks."""
    state = State.create(config)
    placed = state.placement
    dtype = torch.bfloat16 if placed.precision == "bf16" else torch.float32
    machine = ceilings(placed.device, dtype)
    costs = [cost_of_update(state, source) for _ in range(LOOKS)]
    whole = statistics.median(_seconds(state, source))
    operators = {
        name: asdict(each) | {"floor_seconds": machine.floor(each)}
        for name, each in _quickest(costs).items()
    }
    return {
        "seconds": whole,
        "operators_seconds": sum(each["seconds"] for each in operators.values()),
        "floor_seconds": sum(each["floor_seconds"] for each in operators.values()),
        "threads": torch.get_num_threads(),
        "precision": placed.precision,
        "ceilings": asdict(machine),
        "counts": costs[-1].counts,
        "operators": operators,
    }


def _quickest(costs: list[Cost]) -> dict[str, Operator]:
    """Operators as in the last look, with the fewest seconds of all; the slowest come first."""
    last = costs[-1].operators
    for name, each in last.items():
        each.seconds = min(c.operators[name].seconds for c in costs if name in c.operators)
    return dict(sorted(last.items(), key=lambda item: -item[1].seconds))


def _seconds(state: State, source: Source) -> list[float]:
    """What updates take that nobody looks into."""
    turn, took = turns(state, source), list[float]()
    for _ in range(WARM):
        turn()
    for _ in range(TIMED):
        started = time.perf_counter()
        turn()
        took.append(time.perf_counter() - started)
    return took


def told(found: dict[str, Any]) -> str:
    """A profile as text."""
    whole, inside = found["seconds"], found["operators_seconds"]
    ceiling = found["ceilings"]
    counts = ", ".join(f"{name} {n:,}" for name, n in found["counts"].items())
    lines = [
        f"one update   {1e3 * whole:.2f} ms (median of {TIMED}), {found['threads']} threads, "
        f"{found['precision']}",
        f"operators    {1e3 * inside:.2f} ms, each at its quickest; the rest is Python, autograd "
        "and waiting",
        f"floor        {1e3 * found['floor_seconds']:.2f} ms: FLOP at "
        f"{ceiling['flop_per_second'] / 1e9:,.0f} GFLOP/s or bytes at "
        f"{ceiling['bytes_per_second'] / 1e9:,.0f} GB/s, measured now, whichever takes longer",
        f"counts       {counts}",
        "",
        f"{'operator':36}{'calls':>6}{'ms':>9}{'floor ms':>10}{'GFLOP':>9}{'MB':>9}",
    ]
    lines += [
        f"{name:36}{each['calls']:6}{1e3 * each['seconds']:9.3f}{1e3 * each['floor_seconds']:10.3f}"
        f"{each['flop'] / 1e9:9.3f}{each['bytes'] / 1e6:9.2f}"
        for name, each in found["operators"].items()
        if each["seconds"] >= SHOWN * inside
    ]
    return "\n".join(lines) + "\n"
