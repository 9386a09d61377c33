"""The range of pixels: sources that work in [0, 1] meet this project's [−1, 1] here."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

Pixels = Literal["tanh", "sigmoid"]
Images = Float[Tensor, "n c h w"]


class Sigmoid(nn.Module):
    """Raw values to pixels in [−1, 1] by the sigmoid of a source whose pixels lie in [0, 1]."""

    def forward(self, x: Images) -> Images:
        return 2 * x.sigmoid() - 1


class ToUnit(nn.Module):
    """Pixels in [−1, 1] to [0, 1], where a source's D and Q expect them there."""

    def forward(self, x: Images) -> Images:
        return (x + 1) / 2


class Crop(nn.Module):
    """The central size × size pixels, where layers that double make a little more than asked."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Images) -> Float[Tensor, "n c size size"]:
        edge = (x.shape[-1] - self.size) // 2
        return x[..., edge : edge + self.size, edge : edge + self.size]


def same_padding(kernel: int) -> nn.Module:
    """What TensorFlow and Keras put around an image before a convolution of stride 1."""
    before = (kernel - 1) // 2
    after = kernel - 1 - before
    return nn.ZeroPad2d((before, after, before, after))
