"""Normalisation layers by name, in the two shapes the trunks need."""

from typing import Literal

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

Norm = Literal["batch", "layer", "spectral", "none"]


def conv_norm(norm: Norm, channels: int) -> nn.Module:
    """Normalise feature maps (n, channels, h, w); `layer` is GroupNorm with one group."""
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(1, channels) if norm == "layer" else nn.Identity()


def dense_norm(norm: Norm, features: int) -> nn.Module:
    """Normalise vectors (n, features)."""
    if norm == "batch":
        return nn.BatchNorm1d(features)
    return nn.LayerNorm(features) if norm == "layer" else nn.Identity()


def constrained(norm: Norm, layer: nn.Module) -> nn.Module:
    """Wrap a layer in spectral normalisation where that is the norm asked for (1802.05957)."""
    return spectral_norm(layer) if norm == "spectral" else layer
