"""Perceptrons: parameter counts worked out by hand, and every shape of image."""

import pytest
import torch

from infogan.networks.mlp import MLPGenerator, MLPTrunk


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_counts():
    generator = MLPGenerator(10, (1, 8, 8), hidden=16)
    assert parameters(generator) == (10 * 16 + 16) + 2 * 16 + (16 * 64 + 64)
    plain = 64 * 16 + 16
    counts = {"none": plain, "spectral": plain, "layer": plain + 32, "batch": plain + 32}
    for norm, count in counts.items():
        assert parameters(MLPTrunk((1, 8, 8), hidden=16, norm=norm)) == count


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [8, 28, 36, 128])
def test_shapes(size, channels):
    shape = (channels, size, size)
    images = MLPGenerator(5, shape, hidden=4)(torch.randn(3, 5))
    assert images.shape == (3, *shape)
    assert images.abs().max() <= 1
    for norm in ("batch", "layer", "spectral", "none"):
        assert MLPTrunk(shape, hidden=4, norm=norm)(images).shape == (3, 4)


def test_every_pixel_can_matter():
    x = torch.randn(4, 3, 8, 8, requires_grad=True)
    MLPTrunk((3, 8, 8), hidden=32, norm="layer")(x).square().sum().backward()
    assert (x.grad != 0).any(dim=0).all()
