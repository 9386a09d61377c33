"""How wrong bfloat16 is here: every layer of every preset, forward and backward, against float64.

    python benchmarks/precision.py

One backward pass of a batch through each layer as a preset has it, on inputs of its network's own:
in bfloat16 as a run would compute it (autocast, weights channels last), in float32, and in float64.
Beside them convolutions with kernels as large as the image, which no network computes as such.
Prints the worst, and writes benchmarks/results/precision.json.
"""

import argparse
import copy
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from infogan.networks.build import Discriminator, build_generator
from infogan.networks.conv import set_order
from infogan.training.device import choose_memory_format
from infogan.training.presets import PRESETS, Preset
from mnist_seeds import processor

OUT = Path(__file__).parent / "results" / "precision.json"
LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def inputs_of_layers(preset: Preset, batch: int) -> Iterator[tuple[str, nn.Module, torch.Tensor]]:
    """Every layer of G, D and Q, and a batch that its network gives it."""
    model = dataclasses.replace(preset.config.model, image_shape=preset.shape)
    torch.manual_seed(0)
    generator, judge = build_generator(model), Discriminator(model)
    met: list[tuple[str, nn.Module, torch.Tensor]] = []
    for title, network in (("G", generator), ("D and Q", judge)):
        set_order(network, choose_memory_format("auto"))
        for name, module in network.named_modules():
            if isinstance(module, LAYERS):
                module.register_forward_pre_hook(
                    lambda module, args, name=f"{title}: {name}": met.append(
                        (name, module, args[0].detach().clone())
                    )
                )
    with torch.no_grad():
        judge(generator(model.latent.sample(batch, torch.Generator().manual_seed(0))))
    yield from met


def computed(
    layer: nn.Module, x: torch.Tensor, slope: torch.Tensor, bfloat16: bool
) -> dict[str, torch.Tensor]:
    """A layer's output, and its weight's and input's gradients given those of its outputs."""
    layer.zero_grad()
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        y = layer(x)
    y.backward(slope.to(y))
    weight = next(p for p in layer.parameters() if p.dim() > 1)
    assert weight.grad is not None
    assert x.grad is not None
    found = {"output": y.detach(), "weight gradient": weight.grad, "input gradient": x.grad}
    return {name: tensor.double() for name, tensor in found.items()}


def errors(layer: nn.Module, x: torch.Tensor) -> dict[str, dict[str, float]]:
    """Relative errors in the Euclidean norm, in bfloat16 and in float32."""
    layer._forward_pre_hooks.clear()
    exact_layer = copy.deepcopy(layer).double()
    slope = torch.randn(layer(x).shape, generator=torch.Generator().manual_seed(1))
    exact = computed(exact_layer, x.double(), slope.double(), bfloat16=False)
    return {
        precision: {
            name: float(f"{float((found - exact[name]).norm() / exact[name].norm()):.2e}")
            for name, found in computed(layer, x, slope, precision == "bfloat16").items()
        }
        for precision in ("bfloat16", "float32")
    }


def worst(row: dict[str, Any], precision: str) -> tuple[float, str]:
    """The largest error of a layer, and of what."""
    return max((error, name) for name, error in row[precision].items())


def spelled(layer: nn.Module) -> str:
    """A layer in a few words."""
    if isinstance(layer, nn.Linear):
        return f"FC {layer.in_features} → {layer.out_features}"
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    (kernel, _), (stride, _) = layer.kernel_size, layer.stride
    kind = "conv" if isinstance(layer, nn.Conv2d) else "up-conv"
    return f"{kind} {kernel}×{kernel}/{stride}, {layer.in_channels} → {layer.out_channels}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: list[dict[str, Any]] = []
    for preset in options.presets:
        for name, layer, x in inputs_of_layers(PRESETS[preset], options.batch):
            row = {"preset": preset, "layer": name, "kind": spelled(layer)} | errors(layer, x)
            found.append(row)
    # The kernel as large as the image as a convolution, though networks compute it by its spectrum.
    for size in (2, 4, 7, 8, 12, 16, 32):
        torch.manual_seed(0)
        plain = nn.Conv2d(8, 1, size, bias=False)
        set_order(plain, torch.channels_last)
        x = torch.randn(options.batch, 8, 2 * size - 1, 2 * size - 1)
        x = x.contiguous(memory_format=torch.channels_last)
        row = {
            "preset": "none",
            "layer": "kernel as large as the image",
            "kind": spelled(plain),
        } | errors(plain, x)
        found.append(row)
    found.sort(key=lambda row: worst(row, "bfloat16"), reverse=True)
    capabilities = torch.cpu.get_capabilities()
    about = {
        "processor": processor(),
        "bfloat16 instructions": [n for n in ("avx512_bf16", "amx_bf16") if capabilities.get(n)],
        "torch": torch.__version__,
        "batch": options.batch,
    }
    OUT.write_text(json.dumps(about | {"layers": found}, indent=1, ensure_ascii=False) + "\n")
    print(about)
    for row in found[:12]:
        (rounded, name), (single, _) = worst(row, "bfloat16"), worst(row, "float32")
        told = f"bfloat16 {rounded:.1e} ({name}), float32 {single:.1e}"
        print(f"{told:56} {row['preset']:14} {row['layer']:28} {row['kind']}")


if __name__ == "__main__":
    sys.exit(main())
