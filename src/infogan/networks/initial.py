"""How weights are drawn before training; biases then start at 0."""

from typing import Literal

from torch import nn

Initial = Literal["pytorch", "dcgan", "xavier"]

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def initialise(module: nn.Module, initial: Initial) -> None:
    """Draw the weights of all layers anew; normalisations keep scale 1 and shift 0.

    pytorch: as PyTorch made them; dcgan: N(0, 0.02) (1511.06434); xavier: N(0, 2 / inputs), as the
    perceptrons of seed 003 have it. Layers in spectral normalisation are scaled there anyway.
    """
    if initial == "pytorch":
        return
    for layer in module.modules():
        if isinstance(layer, LAYERS) and not nn.utils.parametrize.is_parametrized(layer):
            inputs = layer.weight[0].numel()
            nn.init.normal_(layer.weight, std=0.02 if initial == "dcgan" else (2 / inputs) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
