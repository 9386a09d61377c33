"""How well real images are reproduced and edited, on MNIST's test images.

    infogan train --data FOLDER --seed 0 --out RUN
    python benchmarks/inversion.py --run RUN --data FOLDER --picture docs/pictures/edit.png

Four ways of finding codes and noise, over the same images: Q's reading with noise as drawn, or with
the best of 32 draws of it; the best of 32 draws of codes and noise, optimised; and what `infogan
project` does, Q's reading optimised. Then every image is edited: each dial to either side.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

import infogan
from infogan.data.open import open_images
from infogan.figures import beside, draw_grid, save_picture
from infogan.inference.inversion import Inversion, edit, invert, pixel_error
from infogan.inference.trained_model import Images, Model, leading_category
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
WAYS = {
    "Q alone, noise as drawn": {"steps": 0, "tries": 1},
    "Q alone, best of 32 draws of the noise": {"steps": 0},
    "random start, optimised": {"start": "random"},
    "from Q, optimised (`infogan project`)": {},
}
EDITS = (-0.8, 0.8)


def main() -> None:
    """Measure every way, then the edits, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True, help="a trained run")
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--n", type=int, default=1000, help="test images")
    parser.add_argument("--out", default=str(RESULTS / "inversion.json"))
    parser.add_argument("--picture", default="", help="where to draw the first images, edited")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, source = infogan.load(args.run), open_images(args.data, split="test")
    results = {
        "command": "python benchmarks/inversion.py --run RUN --data FOLDER",
        "machine": machine(),
        "images": args.n,
    }
    if args.picture:
        save_picture(draw_edits(model, source.batch(np.arange(5))), Path(args.picture))
    # Not the first ones alone: MNIST's later test images are the harder half.
    chosen = np.sort(np.random.default_rng(0).permutation(len(source))[: args.n])
    images = source.batch(chosen)
    blank = pixel_error(np.zeros_like(images), images)
    results["blank"] = summary(blank)
    results["ways"] = {}
    for name, options in WAYS.items():
        found, seconds = timed(model, images, options)
        results["ways"][name] = summary(found.error) | {"cpu_seconds_per_image": seconds}
        print(name, results["ways"][name], flush=True)
    results["edits"] = edited(model, images, found)
    Path(args.out).write_text(json.dumps(results, indent=1) + "\n")


def timed(model: Model, images: Images, options: dict) -> tuple[Inversion, float]:
    """An inversion, and what it cost of one processor's time, an image."""
    started = time.process_time()
    found = invert(model, images, **options)
    return found, round((time.process_time() - started) / len(images), 4)


def summary(error: np.ndarray) -> dict[str, float]:
    """Mean squared errors of pixels from 0 to 1, over images."""
    low, middle, high = np.percentile(error, [10, 50, 90])
    figures = {"mean": error.mean(), "p10": low, "median": middle, "p90": high}
    return {name: round(float(value), 5) for name, value in figures.items()}


def edited(model: Model, images: Images, found: Inversion) -> dict[str, dict[str, float]]:
    """What Q reads off images with one dial set: that dial, and whether the category stayed."""
    leading = leading_category(model.latent)
    before = found.codes(model.latent)[leading]
    figures = {}
    for code in model.latent.codes:
        for value in EDITS if code.continuous else ():
            parts = np.array_split(edit(model, images, found, {code.name: value}), 8)
            read = model.encode_all(iter(parts))
            figures[f"{code.name}={value}"] = {
                "read_mean": round(float(read[code.name]["mean"].mean()), 3),
                "read_mean_absolute_error": round(
                    float(np.abs(read[code.name]["mean"] - value).mean()), 3
                ),
                "category_kept": round(float((read[leading]["value"] == before).mean()), 4),
            }
    return figures


def draw_edits(model: Model, images: Images):
    """A row for each image: it, its reproduction, and it with one code set."""
    found = invert(model, images)
    panels = [draw_grid(np.stack([images, found.images], 1), column_labels=["real", "made"])]
    for code in reversed(model.latent.codes):
        values = code.traversal(5)
        grid = np.stack([edit(model, images, found, {code.name: value}) for value in values], 1)
        labels = [f"{round(value, 1) + 0.0:g}" for value in values]
        panels.append(draw_grid(grid, f"--set {code.name}=", column_labels=labels))
    return beside(panels)


if __name__ == "__main__":
    main()
