"""Where to compute, in which precision, in which memory order: chosen, unless it is forced."""

import math
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from infogan.errors import UserError

Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Placement:
    """Where a run computes, and in which precision its networks do."""

    device: torch.device
    precision: Precision

    def autocast(self) -> AbstractContextManager[object]:
        """Within it networks compute in that precision; their weights stay in float32."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)


WITHOUT_BF16 = ("SSE41", "AVX", "AVX2", "AVX512_CORE", "AVX512_CORE_VNNI")
"""What ONEDNN_MAX_CPU_ISA may keep convolutions to, where they have no native bf16.

PyTorch still computes in it then, some ten times slower than in float32.
"""


def choose_device(device: str) -> str:
    """The accelerator when there is one; UserError where the one asked for is missing.

    `cuda:1` is the second of several.
    """
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if present[name])
    kind, _, number = device.partition(":")
    if not present[kind]:
        raise UserError(f"device {device}: this machine has none; use --device auto")
    if number and int(number) >= (count := torch.cuda.device_count()):
        raise UserError(f"device {device}: this machine has {count}, counted from cuda:0")
    return device


def choose_precision(precision: str, device: str) -> Precision:
    """bf16 where the processor computes in it natively, and rightly (else it is slow, or wrong)."""
    if precision == "auto":
        trusted = _has_bf16(device) and (device != "cpu" or bf16_is_right())
        return "bf16" if trusted else "fp32"
    return "bf16" if precision == "bf16" else "fp32"


def choose_memory_format(memory_format: str) -> torch.memory_format:
    """channels_last, which convolutions are quicker in, unless contiguous is asked for."""
    if memory_format == "contiguous":
        return torch.contiguous_format
    return torch.channels_last


def _has_bf16(device: str) -> bool:
    if device == "cuda":
        native: bool = torch.cuda.is_bf16_supported(including_emulation=False)
        return native
    if device != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in WITHOUT_BF16:
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class Probe(NamedTuple):
    """A convolution to try out, up or down, and the side of its images."""

    up: bool
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    side: int


# Of the kinds that networks have. Kernels as large as the image are never in bf16 (wide_conv.py):
# of 8×8 and more, with AMX, their outputs are wrong (benchmarks/precision.py).
PROBES = (
    Probe(False, 1, 8, 4, 2, 1, 16),
    Probe(False, 8, 16, 4, 2, 1, 16),
    Probe(False, 8, 16, 3, 1, 1, 8),
    Probe(False, 8, 16, 5, 1, 2, 8),
    Probe(False, 8, 1, 2, 1, 0, 2),
    Probe(True, 16, 8, 4, 2, 1, 8),
    Probe(True, 8, 1, 4, 2, 1, 8),
)
WRONG = 0.05
"""Relative error above which it is no longer rounding, which is 0.003 (benchmarks/precision.py)."""


@cache
def bf16_is_right() -> bool:
    """Whether this processor's convolutions in bf16 and their gradients are right, tried out.

    On some a kernel of 2×2 on an image of 2×2 is not (PyTorch's issue 163347).
    """
    orders = (torch.contiguous_format, torch.channels_last)
    return all(probe_error(probe, order) < WRONG for probe in PROBES for order in orders)


def probe_error(probe: Probe, order: torch.memory_format) -> float:
    """The largest relative error in bf16 of the output and the weight's gradient."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(4, probe.inputs, probe.side, probe.side, generator=rng)
    channels = (probe.inputs, probe.outputs) if probe.up else (probe.outputs, probe.inputs)
    weight = torch.randn(*channels, probe.kernel, probe.kernel, generator=rng)

    def computed(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        convolve = F.conv_transpose2d if probe.up else F.conv2d
        w = weight.to(dtype).contiguous(memory_format=order).requires_grad_()
        y = convolve(
            x.to(dtype).contiguous(memory_format=order),
            w,
            stride=probe.stride,
            padding=probe.padding,
        )
        slope = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
        (gradient,) = torch.autograd.grad(y, w, slope)
        return y.detach().double(), gradient.double()

    try:
        rounded = computed(torch.bfloat16)
    except RuntimeError:  # oneDNN has no backward pass in bf16 on some processors
        return math.inf
    pairs = zip(rounded, computed(torch.float64), strict=True)
    return max(float((found - true).norm() / true.norm()) for found, true in pairs)
