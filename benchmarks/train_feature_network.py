"""Train strokenet, the feature network of FID, KID, precision and recall, on labelled MNIST.

    python benchmarks/train_feature_network.py FOLDER_WITH_THE_FOUR_IDX_FILES

Writes src/infogan/metrics/weights/strokenet.safetensors, and beside it a JSON file with its
sha256 and its accuracy. The labels make a tool of evaluation; no model of ours is trained on them.
"""

import argparse
import gzip
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from infogan.metrics.features import WEIGHTS, StrokeNet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mnist", type=Path, help="folder with MNIST's four IDX files, gzipped")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    started = time.process_time()
    network = train(*read(options.mnist, "train"), epochs=options.epochs, seed=options.seed)
    network.eval()
    seconds = time.process_time() - started
    score = accuracy(network, *read(options.mnist, "t10k"))
    data = save({key: tensor.contiguous() for key, tensor in network.state_dict().items()})
    record = {
        "network": "strokenet",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "trained_on": "MNIST, 60,000 training images with labels",
        "test_accuracy": round(score, 4),
        "epochs": options.epochs,
        "seed": options.seed,
        "torch": torch.__version__,
        "processor_seconds": round(seconds, 1),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(data)
    options.out.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record, indent=2))


def train(images: Tensor, labels: Tensor, *, epochs: int, seed: int, batch: int = 128) -> StrokeNet:
    network = StrokeNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-3)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=generator)
        for rows in order[: steps // epochs * batch].view(-1, batch):
            loss = F.cross_entropy(network.head(network(images[rows])), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {loss.item():.4f}", flush=True)
    return network


@torch.inference_mode()
def accuracy(network: StrokeNet, images: Tensor, labels: Tensor) -> float:
    guesses = [network.head(network(chunk)).argmax(dim=1) for chunk in images.split(1000)]
    return float((torch.cat(guesses) == labels).float().mean())


def read(folder: Path, split: str) -> tuple[Tensor, Tensor]:
    """Images in [0, 1], NCHW, and labels."""
    images = _payload(folder / f"{split}-images-idx3-ubyte.gz", header=16)
    labels = _payload(folder / f"{split}-labels-idx1-ubyte.gz", header=8)
    pixels = torch.from_numpy(images.reshape(-1, 1, 28, 28).astype(np.float32) / 255)
    return pixels, torch.from_numpy(labels.astype(np.int64))


def _payload(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


if __name__ == "__main__":
    main()
