"""The convolution by spectra is the convolution."""

import pytest
import torch
from torch import nn

from infogan.networks.wide_conv import WideConv2d


@pytest.mark.parametrize(
    ("size", "kernel", "outer"), [((63, 63), 32, 1), ((15, 15), 8, 3), ((20, 13), 5, 2)]
)
def test_values_and_gradients_are_those_of_the_convolution(size, kernel, outer):
    torch.manual_seed(0)
    wide = WideConv2d(8, outer, kernel)
    plain = nn.Conv2d(8, outer, kernel, bias=False).double()
    plain.load_state_dict(wide.state_dict())
    x = torch.randn(3, 8, *size, requires_grad=True)
    exact = x.detach().double().requires_grad_()
    y, expected = wide(x), plain(exact)
    assert y.shape == expected.shape
    slope = torch.randn_like(y)
    y.backward(slope)
    expected.backward(slope.double())
    pairs = [(y, expected), (x.grad, exact.grad), (wide.weight.grad, plain.weight.grad)]
    for found, true in pairs:
        error = (found.double() - true).norm() / true.norm()
        assert error < 1e-6


def test_it_stays_in_single_precision_under_autocast():
    wide, x = WideConv2d(8, 1, 8), torch.randn(2, 8, 15, 15)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(wide(x), wide(x.float()))
        assert wide(x).dtype == torch.float32


def test_an_exported_graph_has_the_convolution_itself():
    wide, x = WideConv2d(8, 1, 8).eval(), torch.randn(2, 8, 15, 15)
    graph = torch.export.export(wide, (x,))
    operators = {str(node.target) for node in graph.graph.nodes if node.op == "call_function"}
    assert not any("fft" in name for name in operators)
    torch.testing.assert_close(graph.module()(x), wide(x), atol=1e-5, rtol=1e-5)
