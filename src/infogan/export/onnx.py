"""ONNX: the generator and the encoder as graphs that other programs run without PyTorch.

A folder `DIR` gets `generator.onnx` (`z` → `images`), `encoder.onnx` (`images` → each code's
posterior) and `onnx.json`, which says what goes in, what comes out, and where each code lies in
`z`. Both graphs hold their weights, take any batch size, and are compared with PyTorch through
onnxruntime before anything is put in place.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.errors import UserError, require_extra
from infogan.files import filling_folder, write_json
from infogan.inference.trained_model import Model, latents
from infogan.versions import __version__

Graph = Literal["generator", "encoder"]
GRAPHS: tuple[Graph, ...] = ("generator", "encoder")
DESCRIPTION = "onnx.json"
FORMAT_VERSION = 1
TOLERANCE = 1e-4
CHECKED_BATCHES = (1, 3, 64)
MAX_BATCH = 4096


class Encoder(nn.Module):
    """Images in [−1, 1] → the posterior of every code, in the order of `posterior_names`."""

    def __init__(self, discriminator: nn.Module, latent: Latent) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.latent = latent

    def forward(self, images: Float[Tensor, "n c h w"]) -> tuple[Tensor, ...]:
        q = self.discriminator(images).q
        return tuple(
            tensor
            for code, columns in self.latent.split_q(q)
            for tensor in code.posterior(columns).values()
        )


def posterior_names(latent: Latent) -> list[str]:
    """What `encoder.onnx` puts out: `digit_probs` (n, 10); `slant_mean` and `slant_std` (n,)."""
    columns = latent.split_q(torch.zeros(1, latent.q_dim))
    return [f"{code.name}_{field}" for code, column in columns for field in code.posterior(column)]


def export_onnx(model: Model, out: Path, parts: tuple[Graph, ...] = GRAPHS) -> list[Path]:
    """Write the graphs and their description into a folder; returns the files.

    Raises UserError where the `onnx` extra is not installed, and where a graph's outputs differ
    from PyTorch's by more than 1e-4; then nothing is written.
    """
    require_extra("onnx", "the ONNX format", "onnx", "onnxscript", "onnxruntime")
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; --out names a folder")
    with filling_folder(out) as folder:
        differences = {part: _export_part(model, part, folder / f"{part}.onnx") for part in parts}
        write_json(folder / DESCRIPTION, describe(model, differences))
    return [out / name for name in (*(f"{part}.onnx" for part in parts), DESCRIPTION)]


def describe(model: Model, differences: dict[Graph, float]) -> dict[str, Any]:
    """What a program must know to use the graphs: their inputs, outputs, and the codes."""
    latent, shape = model.latent, list(model.config.shape)
    codes: list[dict[str, Any]] = []
    posteriors: dict[str, list[Any]] = {}
    start = 0
    for code, column in latent.split_q(torch.zeros(1, latent.q_dim)):
        posterior = {
            f"{code.name}_{field}": ["n", *tensor.shape[1:]]
            for field, tensor in code.posterior(column).items()
        }
        values = [round(value, 6) + 0.0 for value in code.traversal(11)]
        codes.append(
            {
                "name": code.name,
                "kind": code.spelling,
                "continuous": code.continuous,
                "columns": [start, start + code.dim],
                "values": values,
                "labels": [model.names.label(code.name, value) for value in values],
                "posterior": list(posterior),
            }
        )
        posteriors |= posterior
        start += code.dim
    graphs = {
        "generator": {"inputs": {"z": ["n", latent.dim]}, "outputs": {"images": ["n", *shape]}},
        "encoder": {"inputs": {"images": ["n", *shape]}, "outputs": posteriors},
    }
    return {
        "format_version": FORMAT_VERSION,
        "infogan": __version__,
        "images": {"shape": shape, "range": [-1.0, 1.0], "from_uint8": "x / 127.5 - 1"},
        # In z: a category of several columns one-hot, all else as it is, then the noise.
        "codes": codes,
        "noise": {"columns": [start, latent.dim], "prior": latent.noise_prior},
        "graphs": {
            part: {"file": f"{part}.onnx", **graphs[part], "largest_difference": difference}
            for part, difference in differences.items()
        },
    }


def _export_part(model: Model, part: Graph, path: Path) -> float:
    """Write one graph and compare it with PyTorch; returns the largest difference."""
    z = latents(model.latent, max(CHECKED_BATCHES), 0, {})
    with torch.inference_mode():
        images = model.generator(z).clone()
    if part == "generator":
        module, example, names = model.generator, z, (["z"], ["images"])
    else:
        module = Encoder(model.discriminator, model.latent)
        # Random pixels too: an encoder meets images no generator made.
        pixels = torch.rand(images.shape, generator=torch.Generator().manual_seed(0))
        example = torch.cat([images[::2], 2 * pixels[1::2] - 1])
        names = (["images"], posterior_names(model.latent))
    _write_graph(module.eval(), example[:2], path, *names)
    return _check_graph(module, example, path)


def _write_graph(
    module: nn.Module, example: Tensor, path: Path, inputs: list[str], outputs: list[str]
) -> None:
    # An example of two, since one would be taken for a constant.
    batch = torch.export.Dim("batch", min=1, max=MAX_BATCH)
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            module,
            (example.clone(),),
            path,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=({0: batch},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _check_graph(module: nn.Module, example: Tensor, path: Path) -> float:
    """The largest difference between the graph's outputs and PyTorch's; ValueError above 1e-4."""
    from onnxruntime import InferenceSession

    session = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name, largest = session.get_inputs()[0].name, 0.0
    for n in CHECKED_BATCHES:
        with torch.inference_mode():
            expected = module(example[:n])
        expected = [expected] if isinstance(expected, Tensor) else expected
        found = session.run(None, {name: example[:n].numpy()})
        for theirs, ours in zip(found, expected, strict=True):
            if theirs.shape != tuple(ours.shape):
                raise UserError(
                    f"{path.name}: gives {theirs.shape} where PyTorch gives {tuple(ours.shape)}; "
                    "nothing was written"
                )
            largest = max(largest, float(np.abs(theirs - ours.numpy()).max()))
    if not largest <= TOLERANCE:
        raise UserError(
            f"{path.name}: differs from PyTorch by {largest:.1e}, allowed is {TOLERANCE:g}; "
            "nothing was written"
        )
    return largest


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks on its own progress and on absent packages to itself."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
