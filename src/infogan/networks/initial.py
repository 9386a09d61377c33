"""How weights are drawn before training; biases then start at 0."""

from typing import Literal

from torch import Tensor, nn

from infogan.networks.norm import BATCH_NORMS, spectral_layers

Initial = Literal["pytorch", "dcgan", "xavier", "keras", "truncated", "tensorflow", "openai"]

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
Layer = nn.Linear | nn.Conv2d | nn.ConvTranspose2d
SPREAD = 0.02


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
