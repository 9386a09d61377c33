"""The model that `infogan demo` opens: trained on scikit-learn's digits, and put into the package.

    OMP_NUM_THREADS=1 python benchmarks/demo_model.py

Fully connected layers a quarter as wide as usual, so that the model stays under a megabyte. No
label is read in training; those of the images score the categories afterwards. What was trained,
how long it took, on which processor and what came of it is in `made.json` beside the model.
"""

import argparse
import dataclasses
import shutil
import tempfile
import time
from pathlib import Path

import infogan
from infogan.data.open import open_images, open_labels
from infogan.evaluation import batches
from infogan.files import write_json
from infogan.metrics.clustering import accuracy
from infogan.runs.conclusion import read_verdict
from infogan.runs.run import train
from infogan.storage.model_folder import DESCRIPTION, WEIGHTS
from infogan.storage.run_folder import RunFolder
from infogan.versions import versions
from mnist_seeds import machine

PACKAGE = Path(infogan.__file__).parent / "demo"
CODES = "c1=cat:10,c2=uni,c3=uni"
HIDDEN, NOISE = 64, 32


def main() -> None:
    """Train, score, and copy what makes a model's folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kimg", type=float, default=128.0)
    parser.add_argument("--out", type=Path, default=PACKAGE)
    args = parser.parse_args()
    config = infogan.preset("fast")
    model = dataclasses.replace(config.model, codes=CODES, hidden=HIDDEN, noise=NOISE)
    config = dataclasses.replace(
        config, data="digits", model=model, seed=args.seed, kimg=args.kimg, picture_kimg=args.kimg
    )
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder) / "demo")
        started = time.perf_counter()
        trained = train(out=run.path, config=config)
        seconds = time.perf_counter() - started
        verdict = read_verdict(run)
        args.out.mkdir(parents=True, exist_ok=True)
        for name in (DESCRIPTION, WEIGHTS):
            shutil.copyfile(run.path / name, args.out / name)
        for file in (run.config_file, run.words_file, run.card_file):
            shutil.copyfile(file, args.out / file.name)
    read = trained.encode_all(batches(open_images("digits")))["c1"]["value"].astype(int)
    made = {
        "command": f"python benchmarks/demo_model.py --seed {args.seed} --kimg {args.kimg:g}",
        "images": len(read),
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": versions(),
        "accuracy": round(accuracy(open_labels("digits"), read).value, 4),
        "verdict": verdict.summary if verdict else "",
    }
    write_json(args.out / "made.json", made)
    print(made)


if __name__ == "__main__":
    main()
