"""The paper's convolutional networks, layer by layer; and every size they are built for."""

from itertools import product

import pytest
import torch
from torch import nn

from infogan.networks.conv import ConvGenerator, ConvTrunk, doublings

NORMS = ("batch", "layer", "spectral", "none")


def shapes(module: nn.Module, x: torch.Tensor, kinds: tuple[type, ...]) -> list[tuple[int, ...]]:
    """What comes out of each layer of these kinds, in order, for one image."""
    seen: list[tuple[int, ...]] = []
    for layer in module.modules():
        if isinstance(layer, kinds):
            layer.register_forward_hook(lambda *hooked: seen.append(tuple(hooked[2].shape[1:])))
    module(x)
    return seen


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_generator_is_the_papers_at_28():
    generator = ConvGenerator(74, (1, 28, 28), width=64, hidden=1024)
    layers = (nn.Linear, nn.ConvTranspose2d)
    assert shapes(generator, torch.zeros(2, 74), layers) == [
        (1024,),
        (7 * 7 * 128,),
        (64, 14, 14),
        (1, 28, 28),
    ]
    # Weights, and two for each channel of a batch normalisation; the last layer has a bias.
    dense = 74 * 1024 + 2 * 1024 + 1024 * 6272 + 2 * 6272
    assert parameters(generator) == dense + 128 * 64 * 16 + 2 * 64 + 64 * 16 + 1


def test_trunk_is_the_papers_at_28():
    trunk = ConvTrunk((1, 28, 28), width=64, hidden=1024, norm="batch")
    assert shapes(trunk, torch.zeros(2, 1, 28, 28), (nn.Linear, nn.Conv2d)) == [
        (64, 14, 14),
        (128, 7, 7),
        (1024,),
    ]
    convolutions = (16 * 64 + 64) + (64 * 128 * 16 + 128 + 2 * 128)
    assert parameters(trunk) == convolutions + (6272 * 1024 + 1024 + 2 * 1024)
    leaks = [m.negative_slope for m in trunk.modules() if isinstance(m, nn.LeakyReLU)]
    assert leaks == [0.1] * 3


@pytest.mark.parametrize(
    ("size", "times"), [(8, 2), (28, 2), (32, 2), (36, 3), (64, 3), (68, 4), (128, 4)]
)
def test_larger_images_have_more_doublings(size, times):
    assert doublings(size) == times


@pytest.mark.parametrize("size", range(8, 129, 4))
def test_every_size_fits(size):
    z = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    for channels in (1, 3):
        shape = (channels, size, size)
        images = ConvGenerator(5, shape, width=1, hidden=4)(z)
        assert images.shape == (2, *shape)
        assert images.abs().max() <= 1
        for norm in NORMS:
            features = ConvTrunk(shape, width=1, hidden=4, norm=norm)(images)
            assert features.shape == (2, 4)


def test_odd_sizes_are_cropped_around_the_centre():
    generator = ConvGenerator(5, (1, 36, 36), width=1, hidden=4).eval()
    z = torch.randn(2, 5)
    whole = generator.up(generator.dense(z)).tanh()
    assert whole.shape[-1] == 40
    assert torch.equal(generator(z), whole[..., 2:38, 2:38])


def test_channels_stop_growing():
    trunk = ConvTrunk((1, 128, 128), width=2, hidden=4, norm="none")
    wide = [m.out_channels for m in trunk.modules() if isinstance(m, nn.Conv2d)]
    assert wide == [2, 4, 8, 16]


@pytest.mark.parametrize("norm", NORMS)
def test_only_batch_normalisation_lets_images_see_each_other(norm):
    torch.manual_seed(0)
    trunk = ConvTrunk((1, 16, 16), width=4, hidden=8, norm=norm)
    if norm == "spectral":
        trunk.eval()  # in training each call refines its estimate
    x = torch.randn(6, 1, 16, 16)
    alone, together = trunk(x[:3]), trunk(x)[:3]
    assert torch.allclose(alone, together, atol=1e-5) == (norm != "batch")


def test_spectral_normalisation_holds_every_gain_at_1():
    torch.manual_seed(0)
    trunk = ConvTrunk((1, 16, 16), width=4, hidden=8, norm="spectral")
    for _ in range(50):
        trunk(torch.randn(2, 1, 16, 16))
    layers = [m for m in trunk.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3
    for layer in layers:
        gain = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), ord=2)
        assert gain.item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("norm", "first"), list(product(NORMS, [(1, 8, 8), (3, 12, 12)])))
def test_every_parameter_learns(norm, first):
    torch.manual_seed(0)
    trunk = ConvTrunk(first, width=2, hidden=8, norm=norm)
    trunk(torch.randn(8, *first)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trunk.parameters())
    assert sum((p.grad != 0).any() for p in trunk.parameters()) >= 3
