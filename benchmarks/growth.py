"""How the cost of training grows: milliseconds an image against size, channels, width and more.

    python benchmarks/growth.py [--rounds 5]

One thing at a time is changed in the default recipe at 32×32 in grey; one thread, single precision.
Settings take turns, round by round. The exponent of each is the slope of the line through the
logarithms: cost ∝ value^exponent, of an image except where it says an update. Writes
benchmarks/results/growth.json and docs/pictures/growth.svg.
"""

import argparse
import dataclasses
import json
import math
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from infogan.data.source import ArraySource
from infogan.pictures.charts import Series, chart
from infogan.training.config import TrainConfig
from infogan.training.cost import turns
from infogan.training.presets import preset
from infogan.training.state import State
from mnist_seeds import RESULTS, machine

OUT = RESULTS / "growth.json"
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "growth.svg"
WARM, TIMED = 2, 4
"""Updates before the clock starts, and updates timed together, in each round."""
GROUPS = ("pose", "light", "thickness", "blur")
"""What categories ignore, each another set: each then reads a changed copy of its own."""
AXES: dict[str, tuple[int, ...]] = {
    "size": (28, 32, 64, 128),
    "channels": (1, 3),
    "width": (8, 16, 32, 64),
    "batch": (16, 32, 64, 128, 256),
    "codes": (1, 2, 4, 8),
    "views": (1, 2, 3, 4),
}


def changed(axis: str, value: int) -> TrainConfig:
    """The default recipe with this one thing changed."""
    config = preset("fast")
    shape, batch, model = [1, 32, 32], config.batch_size, config.model
    if axis == "size":
        shape = [1, value, value]
    elif axis == "channels":
        shape[0] = value
    elif axis == "width":
        model = dataclasses.replace(model, width=value)
    elif axis == "batch":
        batch = value
    elif axis == "codes":
        model = dataclasses.replace(model, codes=f"{value}*cat:10")
    else:
        codes = [f"c{i}=cat:10:ignore={GROUPS[i % value]}" for i in range(len(GROUPS))]
        model = dataclasses.replace(model, codes=",".join(codes))
    model = dataclasses.replace(model, image_shape=tuple(shape))
    return dataclasses.replace(
        config, model=model, batch_size=batch, device="cpu", precision="fp32"
    )


def trainer(config: TrainConfig) -> Callable[[], float]:
    """Milliseconds an image, measured anew at each call."""
    images = np.random.default_rng(0).integers(0, 256, (512, *config.model.shape), np.uint8)
    turn = turns(State.create(config), ArraySource("noise", images))
    for _ in range(WARM):
        turn()

    def measured() -> float:
        started = time.perf_counter()
        for _ in range(TIMED):
            turn()
        return 1e3 * (time.perf_counter() - started) / TIMED / config.batch_size

    return measured


def exponent(values: list[int], costs: list[float]) -> float:
    """The slope of a straight line through the logarithms."""
    slope, _ = np.polyfit(np.log(values), np.log(costs), 1)
    return float(slope)


def summary(rounds: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """Medians, images a second, and the exponent of every axis."""
    told = {}
    for axis, by_value in rounds.items():
        medians = {value: statistics.median(each) for value, each in by_value.items()}
        told[axis] = {
            "ms_an_image": medians,
            "images_per_second": {value: 1e3 / ms for value, ms in medians.items()},
            "exponent": exponent([int(v) for v in medians], list(medians.values())),
        }
    return told


def drawn(found: dict[str, Any]) -> str:
    """All axes in one plot: cost over that of the smallest value, doublings both ways."""
    series = []
    for axis, each in found.items():
        values, costs = [int(v) for v in each["ms_an_image"]], list(each["ms_an_image"].values())
        x = [math.log2(value / values[0]) for value in values]
        series.append(Series(axis, x, [math.log2(cost / costs[0]) for cost in costs]))
    labels = {"x_label": "doublings of the value", "y_label": "doublings of ms an image"}
    figure = str(chart("How the cost of training grows", series, **labels))
    found_svg = re.search(r"<svg.*</svg>", figure, re.DOTALL)
    assert found_svg is not None
    svg = found_svg[0]
    return (
        svg if "xmlns" in svg else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    )


def main() -> None:
    """Rounds over all settings."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    trainers = {
        axis: {str(value): trainer(changed(axis, value)) for value in values}
        for axis, values in AXES.items()
    }
    found: dict[str, dict[str, list[float]]] = {
        axis: {value: [] for value in by_value} for axis, by_value in trainers.items()
    }
    content = {
        "command": f"python benchmarks/growth.py --rounds {rounds}",
        "machine": machine(),
        "load_before": os.getloadavg()[0],
        "rounds": found,
    }
    for _ in range(rounds):
        for axis, by_value in trainers.items():
            for value, measured in by_value.items():
                found[axis][value].append(measured())
        content["summary"] = summary(found)
        OUT.write_text(json.dumps(content, indent=1) + "\n")
    PICTURE.write_text(drawn(content["summary"]) + "\n")
    for axis, each in content["summary"].items():
        print(f"{axis}: exponent {each['exponent']:.2f}, images/s {each['images_per_second']}")


if __name__ == "__main__":
    main()
