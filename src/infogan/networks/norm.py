"""Normalisation layers by name, in the two shapes the trunks need."""

from typing import Literal

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

Norm = Literal["batch", "keras", "layer", "spectral", "none"]

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)

# Keras's batch normalisation forgets ten times more slowly than PyTorch's, and has a larger ε.
KERAS_EPS, KERAS_MOMENTUM = 1e-3, 0.01


def conv_norm(norm: Norm, channels: int) -> nn.Module:
    """Normalise feature maps (n, channels, h, w); `layer` is GroupNorm with one group."""
    match norm:
        case "batch":
            return nn.BatchNorm2d(channels)
        case "keras":
            return nn.BatchNorm2d(channels, KERAS_EPS, KERAS_MOMENTUM)
        case "layer":
            return nn.GroupNorm(1, channels)
    return nn.Identity()


def dense_norm(norm: Norm, features: int) -> nn.Module:
    """Normalise vectors (n, features)."""
    match norm:
        case "batch":
            return nn.BatchNorm1d(features)
        case "keras":
            return nn.BatchNorm1d(features, KERAS_EPS, KERAS_MOMENTUM)
        case "layer":
            return nn.LayerNorm(features)
    return nn.Identity()


def constrained(norm: Norm, layer: nn.Module) -> nn.Module:
    """Wrap a layer in spectral normalisation where that is the norm asked for (1802.05957)."""
    return spectral_norm(layer) if norm == "spectral" else layer
