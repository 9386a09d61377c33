"""What the dials become over seeds, with and without equivariance: in the words of describe-codes.

    python benchmarks/dials.py --data FOLDER --seeds 0 1 2 3 4

Each run is the default preset's on the real MNIST, with `loss.equivariance` at 0 and at --weight.
Labels of the test images are read to score the category. Results are written after each run, and a
run that is there already is not made again.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

from infogan.data.open import open_images, open_labels
from infogan.evaluation import batches
from infogan.evaluation.code_descriptions import CodeDescription
from infogan.evaluation.descriptions import PROTOCOL, describe_codes
from infogan.metrics.clustering import accuracy
from infogan.runs.run import train
from infogan.training.presets import preset
from mnist_seeds import machine

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder with MNIST's IDX files")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--weight", type=float, default=0.6)
    parser.add_argument("--kimg", type=float, default=128.0)
    parser.add_argument("--out", default=str(RESULTS / "dials.json"))
    args = parser.parse_args()
    out = Path(args.out)
    results = json.loads(out.read_text()) if out.is_file() else {"runs": []}
    results |= {
        "command": f"python benchmarks/dials.py --data FOLDER --kimg {args.kimg:g} "
        f"--weight {args.weight:g}",
        "protocol": PROTOCOL,
        "machine": machine(),
    }
    done = {(run["seed"], run["equivariance"], run["kimg"]) for run in results["runs"]}
    for seed in args.seeds:
        for weight in (args.weight, 0.0):
            if (seed, weight, args.kimg) not in done:
                results["runs"].append(one_run(args.data, seed, weight, args.kimg))
                out.write_text(json.dumps(results, indent=1) + "\n")


def one_run(data: str, seed: int, weight: float, kimg: float) -> dict[str, object]:
    """Train once; the words for each dial, and the accuracy of the category."""
    config = preset("fast")
    loss = dataclasses.replace(config.loss, equivariance=weight)
    config = dataclasses.replace(config, data=data, seed=seed, kimg=kimg, loss=loss)
    with tempfile.TemporaryDirectory() as folder:
        model = train(out=Path(folder) / "run", config=config, progress=False)
    test, labels = open_images(data, split="test"), open_labels(data, split="test")
    clusters = model.encode_all(batches(test))["c1"]["value"].astype(int)
    run: dict[str, object] = {
        "seed": seed,
        "equivariance": weight,
        "kimg": kimg,
        "acc": round(accuracy(labels, clusters).value, 4),
        "dials": {
            name: said(found) for name, found in describe_codes(model).items() if name != "c1"
        },
    }
    print(run, flush=True)
    return run


def said(found: CodeDescription) -> dict[str, object]:
    """The name a dial gets, with its rank correlation and effect; or the measure nearest to one."""
    changes = {change.measure: change for change in found.changes}
    nearest = max(found.changes, key=lambda change: abs(change.rho or 0), default=None)
    change = changes.get(found.name, nearest)
    return {
        "name": found.name,
        "nearest": change and change.measure,
        "rho": change and round(change.rho, 3),
        "effect": change and round(change.effect, 2),
    }


if __name__ == "__main__":
    main()
