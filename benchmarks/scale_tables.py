"""Tables of scale, for benchmarks/tables.py: what is in results/."""

import json
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def memory() -> str:
    """What a training takes, by its setting, beside what was told before it."""
    result = json.loads((RESULTS / "memory.json").read_text())
    rows = [
        "| images | width | batch | at a time | precision | its tensors | told: up to | measured |",
        "|---" * 8 + "|",
    ]
    rows += [
        f"| {each['side']}×{each['side']}{', grey' if each['channels'] == 1 else ''} "
        f"| {each['width']} | {each['batch']} | {each['micro_batch'] or 'all'} "
        f"| {each['precision']} | {each['counted']:,} MiB | {each['told']:,} MiB "
        f"| {each['peak']:,} MiB |"
        for each in result["rows"]
    ]
    return "\n".join([*rows, "", f"{result['machine']['processor']}, one thread."])


def shards() -> str:
    """Memory and speed of images read from shards."""
    result = json.loads((RESULTS / "shards.json").read_text())
    speeds, mib = result["images_per_second"], result["memory_mib"]
    size = f"{result['images']:,} of {result['side']}×{result['side']}, grey"
    rows = [
        "| images | as shards, decoded | packed | read from shards | of 10,000 held in memory "
        "| memory before, and through an epoch |",
        "|---" * 6 + "|",
        f"| {size} | {result['shards_mib']:,}, {result['decoded_mib']:,} MiB "
        f"| {result['packed_per_second']:,}/s | {speeds['shards']:,}/s | {speeds['memory']:,}/s "
        f"| {mib['before']:,.0f} MiB, {min(mib['epoch']):,.0f} to {max(mib['epoch']):,.0f} MiB |",
        "",
        f"A second is one of the processor, which others kept busy: {result['processor']}.",
    ]
    return "\n".join(rows)


def million() -> str:
    """Memory of the commands on a tenth of a million images, and on all, and their speed."""
    result = json.loads((RESULTS / "million.json").read_text())
    few, many = result["rows"]
    rows = [
        "| command | images | memory along the way, and at most "
        "| ten times the images | memory along the way, and at most | images/s |",
        "|---" * 6 + "|",
    ]
    for name in ("train", "train on an array", "encode", "encode an array", "map", "evaluate"):
        seen = "trained" if name.startswith("train") else "images"
        more = many[name]["cpu_seconds"] - few[name]["cpu_seconds"]
        speed = "–" if name == "evaluate" else f"{(many[seen] - few[seen]) / more:,.0f}"
        cells = [cell for row in (few, many) for cell in (f"{row[seen]:,}", _memory(row[name]))]
        if name == "evaluate":
            cells[0::2] = [f"a sample of {row['images']:,}" for row in (few, many)]
        rows.append(f"| {name} | {' | '.join(cells)} | {speed} |")
    return "\n".join(
        [
            *rows,
            "",
            f"{result['side']}×{result['side']} in grey; {many['images']:,} are "
            f"{many['shards_mib']:,} MiB as shards and {many['decoded_mib']:,} MiB decoded. "
            "Images/s of the processor's time, from the difference between both columns; "
            f"{result['machine']['processor']}, one thread, load {result['load']:g} on two cores.",
        ]
    )


def _memory(told: dict[str, list[int]]) -> str:
    along = told["mib"][3:-1]
    return f"{min(along):,} to {max(along):,}, {told['peak_mib']:,} MiB"


def cost() -> str:
    """Hours of a core for a million images, by their side."""
    result = json.loads((RESULTS / "growth.json").read_text())
    times = result["summary"]["size"]["ms_an_image"]
    rows = ["| images | milliseconds an image | a million: hours of a core |", "|---" * 3 + "|"]
    rows += [f"| {n}×{n} | {ms:.2f} | {ms / 3.6:.2f} |" for n, ms in times.items()]
    told = f"{result['machine']['processor']}, one thread, float32, batch 64, width 16."
    return "\n".join([*rows, "", told])


NETWORK = 1.25e9
"""Bytes a second that a link of 10 Gbit/s carries."""


def processes() -> str:
    """Two processes beside one, and more by a model."""
    result = json.loads((RESULTS / "processes.json").read_text())
    rows = [
        "| images, batch | ms an update: one | one, half the batch | two | sent an update "
        "| efficiency of two | of 4, 8, 16 machines by the model |",
        "|---" * 7 + "|",
    ]
    for each in result["rows"]:
        one, half, two = (each[kind]["processor"] for kind in ("one", "half", "two"))
        modelled = [_efficiency(each, n) for n in (4, 8, 16)]
        rows.append(
            f"| {each['images']}, {each['batch']} | {1000 * one:.0f} ({_clock(each, 'one')}) "
            f"| {1000 * half:.0f} ({_clock(each, 'half')}) "
            f"| {1000 * two:.0f} ({_clock(each, 'two')}) "
            f"| {each['two']['bytes'] / 2**20:.1f} MiB | {one / two / 2:.0%} "
            f"| {', '.join(f'{share:.0%}' for share in modelled)} |"
        )
    told = f"Of a processor's time, in brackets on the clock; {result['machine']['processor']}, "
    return "\n".join([*rows, "", f"{told}two cores with a load of {result['load']:g}."])


def _clock(each: dict[str, dict[str, float]], kind: str) -> str:
    return f"{1000 * each[kind]['clock']:.0f}"


def _efficiency(each: dict[str, dict[str, float]], n: int) -> float:
    """One update's time over n times that of n processes, as docs/howto/scale.md models it."""
    one, half, two = (each[kind]["processor"] for kind in ("one", "half", "two"))
    fixed = 2 * half - one
    part = max(fixed, 0) + (one - max(fixed, 0)) / n
    sending = 2 * (n - 1) / n * each["two"]["bytes"] / NETWORK
    return one / (n * (part + max(two - half, 0) + sending))


TABLES: dict[str, Callable[[], str]] = {
    "memory": memory,
    "shards": shards,
    "million": million,
    "cost": cost,
    "processes": processes,
}
