"""Tables of scale, for benchmarks/tables.py: what is in results/memory.json and shards.json."""

import json
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def memory() -> str:
    """What a training takes, by its setting."""
    result = json.loads((RESULTS / "memory.json").read_text())
    rows = ["| side | width | batch | at a time | peak memory |", "|---" * 5 + "|"]
    rows += [
        f"| {each['side']}×{each['side']} | {each['width']} | {each['batch']} "
        f"| {each['micro_batch'] or 'all'} | {each['mib']:,.0f} MiB |"
        for each in result["rows"]
    ]
    return "\n".join([*rows, "", f"float32, R1, {result['processor']}."])


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
