"""Tables of scale, for benchmarks/tables.py: what is in results/memory.json and shards.json."""

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


TABLES: dict[str, Callable[[], str]] = {"memory": memory, "shards": shards}
