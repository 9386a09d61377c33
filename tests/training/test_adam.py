"""Adam's ε as TensorFlow and Keras have it."""

import math

import pytest
import torch

from infogan.training.adam import EpsilonHatAdam


def by_hand(gradients: list[float], rate: float, epsilon: float) -> float:
    """The formulas of Keras's and TensorFlow's documentation, from 0."""
    at, m, v = 0.0, 0.0, 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = 0.5 * m + 0.5 * g, 0.999 * v + 0.001 * g * g
        corrected = rate * math.sqrt(1 - 0.999**t) / (1 - 0.5**t)
        at -= corrected * m / (math.sqrt(v) + epsilon)
    return at


@pytest.mark.parametrize("fused", [False, True])
def test_steps_are_those_of_the_formulas(fused):
    # Gradients of the size of ε, where its place matters most.
    gradients, weight = [1e-6, -3e-6, 2e-6, 5e-7], torch.nn.Parameter(torch.zeros(1))
    adam = EpsilonHatAdam([weight], 0.1, (0.5, 0.999), 1e-7, fused=fused)
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        adam.step()
    assert weight.item() == pytest.approx(by_hand(gradients, 0.1, 1e-7), rel=1e-4)


def test_at_the_first_step_epsilon_weighs_32_times_as_much_as_torchs():
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.tensor([1e-7])
    EpsilonHatAdam([weight], 1.0, (0.5, 0.999), 1e-7, fused=False).step()
    # √v is g·√0.001; the step is 1 / (1 + ε̂ / (g·√0.001)).
    assert weight.item() == pytest.approx(-1 / (1 + math.sqrt(1000)), rel=1e-4)
