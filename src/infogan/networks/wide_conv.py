"""A convolution whose kernel is about as large as the image, as one product of spectra."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class WideConv2d(nn.Conv2d):
    """nn.Conv2d of stride 1 without padding, of the same weights, by the Fourier transform.

    Its sums have one term for each of a kernel's pixels, so that a kernel of 32×32 takes a
    twentieth of the time, and rounds less. It is never in bfloat16, in which some processors
    compute such a convolution wrongly (benchmarks/precision.py). An exported graph has the
    convolution itself.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int) -> None:
        super().__init__(in_channels, out_channels, kernel, bias=False)

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        if torch.compiler.is_compiling():  # so it is while a graph is exported
            return super().forward(input)
        height, width = input.shape[-2:]
        # Even, and never shorter than the image: then no sum of the result wraps around.
        size = (height + height % 2, width + width % 2)
        image = torch.fft.rfft2(input.float().contiguous(), s=size)
        kernel = torch.fft.rfft2(self.weight.float().contiguous(), s=size).conj()
        spectrum = torch.stack([(image * each).sum(dim=1) for each in kernel], dim=1)
        down, across = self.kernel_size
        sums: Tensor = torch.fft.irfft2(spectrum, s=size)
        return sums[..., : height - down + 1, : width - across + 1]
