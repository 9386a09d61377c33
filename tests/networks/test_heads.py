"""The heads of D and Q: sizes of the paper's table."""

import pytest
import torch
from torch import nn

from infogan.networks.heads import d_head, q_head


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_sizes_are_the_papers():
    assert parameters(d_head(1024, "batch")) == 1024 + 1
    # FC 128, batch normalisation, then 10 logits and two means (σ is fixed at 1).
    counted = (1024 * 128 + 128) + 2 * 128 + (128 * 12 + 12)
    assert parameters(q_head(1024, 128, 12, "batch")) == counted


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_shapes(norm):
    features = torch.randn(5, 16)
    assert d_head(16, norm)(features).shape == (5, 1)
    assert q_head(16, 8, 3, norm)(features).shape == (5, 3)


def test_ds_gain_is_held_at_1_by_spectral_normalisation():
    head = d_head(16, "spectral")
    for _ in range(20):
        head(torch.randn(2, 16))
    assert torch.linalg.vector_norm(head.weight).item() == pytest.approx(1, abs=1e-3)
