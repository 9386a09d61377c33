"""Normalisation layers by name, in the two shapes the trunks need."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import ParametrizationList, register_parametrization

Norm = Literal["batch", "keras", "slim", "layer", "spectral", "spectral-once", "none"]

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)

# Keras's batch normalisation forgets ten times more slowly than PyTorch's, and has a larger ε.
KERAS_EPS, KERAS_MOMENTUM = 1e-3, 0.01
SLIM_EPS = 1e-3


class SlimBatchNorm1d(nn.BatchNorm1d):
    """TensorFlow-slim's batch normalisation of vectors, as it comes: a shift and no scale.

    slim also normalises by the batch itself when it samples. Here an image must not depend on its
    neighbours, so with `last_batch` it is the last batch of training that stands for it.
    """

    def __init__(self, features: int, last_batch: bool) -> None:
        super().__init__(features, SLIM_EPS, momentum=1.0 if last_batch else 0.1)
        _leave_scale_at_1(self)


class SlimBatchNorm2d(nn.BatchNorm2d):
    """The same of feature maps."""

    def __init__(self, channels: int, last_batch: bool) -> None:
        super().__init__(channels, SLIM_EPS, momentum=1.0 if last_batch else 0.1)
        _leave_scale_at_1(self)


def _leave_scale_at_1(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
    del norm.weight
    norm.register_buffer("weight", torch.ones(norm.num_features), persistent=False)


def conv_norm(norm: Norm, channels: int, generates: bool = False) -> nn.Module:
    """Normalise feature maps (n, channels, h, w); `layer` is GroupNorm with one group."""
    match norm:
        case "batch":
            return nn.BatchNorm2d(channels)
        case "keras":
            return nn.BatchNorm2d(channels, KERAS_EPS, KERAS_MOMENTUM)
        case "slim":
            return SlimBatchNorm2d(channels, last_batch=generates)
        case "layer":
            return nn.GroupNorm(1, channels)
    return nn.Identity()


def dense_norm(norm: Norm, features: int, generates: bool = False) -> nn.Module:
    """Normalise vectors (n, features)."""
    match norm:
        case "batch":
            return nn.BatchNorm1d(features)
        case "keras":
            return nn.BatchNorm1d(features, KERAS_EPS, KERAS_MOMENTUM)
        case "slim":
            return SlimBatchNorm1d(features, last_batch=generates)
        case "layer":
            return nn.LayerNorm(features)
    return nn.Identity()


def constrained(norm: Norm, layer: nn.Module) -> nn.Module:
    """Wrap a layer in spectral normalisation where that is the norm asked for (1802.05957)."""
    match norm:
        case "spectral":
            return spectral_norm(layer)
        case "spectral-once":
            weight = layer.weight
            assert isinstance(weight, nn.Parameter)
            register_parametrization(layer, "weight", SpectralOnce(len(weight)))
    return layer


class SpectralOnce(nn.Module):
    """Spectral normalisation whose power iteration moves on by `advance` alone, once an update.

    PyTorch's moves on at every pass in training, so that two passes of one update see two weights.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(outputs), dim=0))
        self.u: Tensor

    def forward(self, weight: Tensor) -> Tensor:
        rows = weight.flatten(1)
        u, v = self._iterate(rows)
        return weight / torch.dot(u, rows @ v)

    def advance(self, weight: Tensor) -> None:
        """Keep what one iteration from the last one gives."""
        self.u.copy_(self._iterate(weight.flatten(1))[0])

    @torch.no_grad()
    def _iterate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        v = normalize(rows.T @ self.u, dim=0)
        return normalize(rows @ v, dim=0), v


def spectral_layers(*modules: nn.Module | None) -> list[tuple[SpectralOnce, Tensor]]:
    """Every such normalisation, and the weight that it divides."""
    return [
        (found[0], found.original)
        for module in filter(None, modules)
        for found in module.modules()
        if isinstance(found, ParametrizationList) and isinstance(found[0], SpectralOnce)
    ]
