"""Weights as they are drawn."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from infogan.networks.build import Discriminator, build_generator
from infogan.networks.initial import DrawnFrom, initialise, inputs


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Linear(12, 5), 12),
        (nn.Conv2d(3, 7, 4, stride=2), 3 * 16),
        # At stride 2 a kernel of 4×4 leaves each output 2×2 of each input channel.
        (nn.ConvTranspose2d(6, 2, 4, stride=2, padding=1), 6 * 4),
        (nn.ConvTranspose2d(6, 2, 4), 6 * 16),
    ],
)
def test_inputs_of_an_output(layer, expected):
    assert inputs(layer) == expected
    # Ones everywhere: an output away from the edges adds up its inputs.
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    if isinstance(layer, nn.Linear):
        y = layer(torch.ones(1, layer.in_features))
    else:
        y = layer(torch.ones(1, layer.in_channels, 12, 12))[0, 0, 4:6, 4:6]
    assert torch.all(y == expected)


def test_xavier_keeps_the_spread_of_rectified_inputs_through_a_transposed_convolution():
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(64, 8, 4, stride=2, padding=1)
    initialise(layer, "xavier")
    x = torch.randn(16, 64, 12, 12).relu()
    # E x² is ½ after a rectifier; twice 1 / inputs makes up for it.
    assert layer(x)[..., 4:-4, 4:-4].std().item() == pytest.approx(1, rel=0.05)


def test_openai_draws_the_scale_of_normalisations_too():
    norm = nn.BatchNorm2d(4096)
    initialise(norm, "openai")
    assert norm.weight.mean().item() == pytest.approx(1, abs=0.002)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=0.1)
    initialise(plain := nn.BatchNorm2d(64), "tensorflow")
    assert torch.all(plain.weight == 1)


def test_first_weights_depend_on_their_seed_alone(tiny_config):
    config = tiny_config({"norm": "spectral", "initial": "truncated"}).model

    def weights(seed):
        with DrawnFrom(seed):
            networks = build_generator(config), Discriminator(config)
        return torch.cat([t.flatten() for each in networks for t in each.state_dict().values()])

    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    alone = [weights(seed) for seed in range(8)]
    assert torch.equal(torch.random.get_rng_state(), before)  # the caller's own draws go on
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(weights, range(8)))
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(alone[0], alone[1])
