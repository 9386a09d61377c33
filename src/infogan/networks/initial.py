"""How weights are drawn before training; biases then start at 0."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from infogan.networks.norm import BATCH_NORMS, spectral_layers

Initial = Literal["pytorch", "dcgan", "xavier", "keras", "truncated", "tensorflow", "openai"]

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
Layer = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
SPREAD = 0.02


class DrawnFrom(TorchFunctionMode):
    """Within it layers draw their first weights from this generator, in this thread alone.

    They would from PyTorch's global one, which is everybody's: threads that build networks at the
    same time would draw from each other's, and a caller's own draws would change.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Give the generator to whatever draws and was given none."""
        kwargs = kwargs or {}
        draws = func in DRAWS or "generator" in kwargs
        if draws and kwargs.get("generator") is None:
            kwargs = kwargs | {"generator": self._generator}
        return func(*args, **kwargs)


DRAWS = {torch.randn, torch.rand, Tensor.normal_, Tensor.uniform_}
"""What draws, and may be called without naming a generator."""


def initialise(module: nn.Module, initial: Initial) -> None:
    """Draw the weights of all layers anew; normalisations keep scale 1 and shift 0.

    pytorch: as PyTorch made them. dcgan: N(0, 0.02) (1511.06434). xavier: N(0, 2 / inputs), as the
    perceptrons of seed 003 have it. keras: as dcgan; D's and Q's own layers by `glorot`. truncated:
    N(0, 0.02) within two of these. tensorflow: convolutions as truncated, all else as dcgan (the
    helpers of DCGAN-tensorflow, which InfoGAN-CR took over). openai: the same, and normalisations
    with a scale of N(1, 0.02). PyTorch's spectral normalisation keeps PyTorch's own draw.
    """
    if initial == "pytorch":
        return
    for layer in module.modules():
        if isinstance(layer, LAYERS) and (weight := _drawn(layer)) is not None:
            _draw(layer, weight, initial)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, BATCH_NORMS) and initial == "openai":
            nn.init.normal_(layer.weight, 1.0, SPREAD)


def glorot(module: nn.Module) -> None:
    """Draw from ±√(6 / (inputs + outputs)), as Keras does where a text names no initialiser."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)


def _drawn(layer: Layer) -> Tensor | None:
    """The parameter that a layer's weight is made from."""
    if not nn.utils.parametrize.is_parametrized(layer):
        return layer.weight
    return next((weight for _, weight in spectral_layers(layer)), None)


def _draw(layer: Layer, weight: Tensor, initial: Initial) -> None:
    of_source = initial in ("tensorflow", "openai") and isinstance(layer, nn.Conv2d)
    if initial == "truncated" or of_source:
        nn.init.trunc_normal_(weight, std=SPREAD, a=-2 * SPREAD, b=2 * SPREAD)
    elif initial == "xavier":
        nn.init.normal_(weight, std=(2 / inputs(layer)) ** 0.5)
    else:
        nn.init.normal_(weight, std=SPREAD)


def inputs(layer: Layer) -> float:
    """How many numbers each output is made from, away from the edges."""
    if isinstance(layer, nn.ConvTranspose2d):
        # Weights are (inputs, outputs, h, w), and a stride leaves each output fewer of the kernel.
        (h, w), (down, right) = layer.kernel_size, layer.stride
        return layer.in_channels * h * w / (down * right)
    return layer.weight[0].numel()
