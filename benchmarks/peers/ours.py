"""This library where its peers stand: `train PRESET [PRECISION]`, `generate N`, `onnx N`.

benchmarks/speed.py starts it, a process for each training, with the number of threads that
`infogan train` would find. `python -m peers.ours memory PRESET` trains a little, and ends.
"""

import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from infogan.data.source import ArraySource
from infogan.export.onnx import export_onnx
from infogan.inference.trained_model import Model
from infogan.runs.speed import measured
from infogan.training.config import TrainConfig
from infogan.training.cost import convolution, cost_of_update, turns
from infogan.training.presets import PRESETS
from infogan.training.state import State
from peers.turns import Work, serve

DEVICE = "cuda" if "cuda" in sys.argv else "cpu"


def config_of(name: str, precision: str = "auto") -> TrainConfig:
    """A preset's, or that of `colourN`: the default for colour images of this size."""
    if name.startswith("colour"):
        size = int(name.removeprefix("colour"))
        config, shape = PRESETS["auto"].config, (3, size, size)
        model = dataclasses.replace(config.model, codes="c1=cat:10,c2=uni,c3=uni")
    else:
        config, shape = PRESETS[name].config, PRESETS[name].shape
        model = config.model
    model = dataclasses.replace(model, image_shape=shape)
    return dataclasses.replace(config, model=model, precision=precision, device=DEVICE)


def noise(config: TrainConfig) -> ArraySource:
    """As many images as MNIST has; fewer of large ones."""
    shape = config.model.shape
    count = 60_000 if shape[0] == 1 else 2000
    images = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    return ArraySource("noise", images)


def training(config: TrainConfig) -> Work:
    """One turn of the loop in `infogan.training.loop`, ticks apart."""
    source = noise(config)
    if DEVICE == "cpu":
        print(f"{config.data}: threads {measured(config, source)}", file=sys.stderr)
    return turns(State.create(config), source)


def flop_of_update(name: str) -> int:
    """FLOP of one update, counted."""
    config = dataclasses.replace(config_of(name, "fp32"), device="cpu")
    cost = cost_of_update(State.create(config), noise(config))
    return sum(each.flop for each in cost.operators.values())


def generation(n: int) -> Work:
    """Images as bytes from latents, by the tutorial's G."""
    model, z = _generator(n)
    return lambda: model.generate(z)


def onnx_generation(n: int) -> Work:
    """The same by the exported graph, in ONNX Runtime."""
    import onnxruntime

    model, z = _generator(n)
    with tempfile.TemporaryDirectory() as folder:
        path = export_onnx(model, Path(folder), ("generator",))[0]
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: z.numpy()}
    return lambda: session.run(None, given)


def _generator(n: int) -> tuple[Model, torch.Tensor]:
    model = Model.blank(config_of("tutorial").model)
    return model, model.latent.sample(n, torch.Generator().manual_seed(0))


def make(work: str) -> Work:
    """What one turn of a work does."""
    kind, *rest = work.split()
    if kind == "train":
        return training(config_of(*rest))
    if kind == "ceiling":
        dtype = torch.bfloat16 if rest[0] == "bf16" else torch.float32
        return convolution(torch.device(DEVICE), dtype)[0]
    if kind == "generate":
        return generation(int(rest[0]))
    return onnx_generation(int(rest[0]))


if __name__ == "__main__":
    if "memory" in sys.argv:
        turn = training(config_of(sys.argv[-1]))
        for _ in range(5):
            turn()
        sys.exit()
    serve(make, finish=torch.cuda.synchronize if DEVICE == "cuda" else lambda: None)
