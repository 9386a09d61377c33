"""Where to compute, in which precision, in which memory order: chosen, unless it is forced."""

from typing import Literal

import torch

from infogan.errors import UserError

Precision = Literal["fp32", "bf16"]


def choose_device(device: str) -> str:
    """The accelerator when there is one; UserError where the one asked for is missing."""
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if present[name])
    if not present[device]:
        raise UserError(f"device {device}: this machine has none; use --device auto")
    return device


def choose_precision(precision: str, device: str) -> Precision:
    """bf16 where the processor computes in it natively (elsewhere it is slower than fp32)."""
    if precision == "auto":
        return "bf16" if _has_bf16(device) else "fp32"
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
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
