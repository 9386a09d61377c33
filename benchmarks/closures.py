"""What judges say of known sets: which transformations are they closed under?

    INFOGAN_DATA=FOLDER python benchmarks/closures.py            FOLDER holds mnist/, fashion-mnist/

Each set's answer stands beside what is known of it. A set that is in the results is not judged
again. No label or factor is read.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from infogan.data.open import open_images
from infogan.selection.proposal import propose_codes
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"
KNOWN = {
    "mnist": ("shear", "thickness"),
    "mnist-inverted": ("shear", "thickness"),
    "mnist-rotated": ("rotation", "thickness"),
    "strokes": ("shear", "thickness", "stretch", "scale"),
    "sprites": ("shift-x", "shift-y", "rotation", "scale"),
    "colour-digits": ("hue",),
    "scenes": ("hue",),
    "fashion-mnist": (),
    "digits": (),
}
"""What varies in each by its making, or by what people know of writing."""


def main() -> None:
    """Judge what is missing, one set after another."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=list(KNOWN), choices=list(KNOWN))
    parser.add_argument("--seed", type=int, default=200)
    parser.add_argument("--out", default=str(RESULTS / "closures.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    out = Path(args.out)
    results = {"machine": machine(), "seed": args.seed, "sets": {}}
    if out.is_file():
        results = json.loads(out.read_text())
    for name in args.sets:
        if name in results["sets"]:
            continue
        started = time.process_time()
        found = propose_codes(open_images(name), seed=args.seed, progress=False)
        seconds = time.process_time() - started
        results["sets"][name] = {
            "codes": found.codes,
            "varying": found.varying,
            "known": KNOWN[name],
            "reasons": found.reasons,
            "judges": {each.name: [each.auc, each.reach] for each in found.closures},
            "processor_seconds": round(seconds, 1),
        }
        print(f"{name}: {seconds:.0f} s, {found.varying}, {found.codes}", flush=True)
        out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
