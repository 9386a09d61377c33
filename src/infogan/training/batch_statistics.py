"""Batch normalisation by the statistics of the whole batch, wherever its images are computed.

PyTorch's SyncBatchNorm does the same on CUDA alone.
"""

from functools import partial

import torch
from torch import Tensor, nn

from infogan.networks.norm import BATCH_NORMS
from infogan.training.processes import Processes

BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d


def share_statistics(module: nn.Module, processes: Processes) -> None:
    """Let all batch normalisations of a module see what the other processes see."""
    if processes.count == 1:
        return
    for norm in module.modules():
        if isinstance(norm, BATCH_NORMS):
            # Of the instance: names and kinds of modules stay as checkpoints know them.
            norm.__dict__["forward"] = partial(_normalise, norm, processes)


def _normalise(norm: BatchNorm, processes: Processes, x: Tensor) -> Tensor:
    if not norm.training:
        return type(norm).forward(norm, x)
    dims = [dim for dim in range(x.dim()) if dim != 1]
    here = x.float()
    own = torch.stack([here.mean(dim=dims), here.var(dim=dims, correction=0)])
    means, variances = processes.gathered(own).unbind(dim=1)
    mean = means.mean(dim=0)
    variance = (variances + (means - mean).square()).mean(dim=0)
    _remember(norm, mean, variance, processes.count * x.numel() // x.shape[1])
    scale = norm.weight * (variance + norm.eps).rsqrt()
    shape = [1, -1, *[1] * (x.dim() - 2)]
    out = torch.addcmul((norm.bias - mean * scale).view(shape), here, scale.view(shape))
    return out.to(x.dtype)


@torch.no_grad()
def _remember(norm: BatchNorm, mean: Tensor, variance: Tensor, n: int) -> None:
    """Move the running averages, as PyTorch does: by the variance's unbiased estimate."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    assert norm.momentum is not None
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance * (n / (n - 1)), norm.momentum)
    norm.num_batches_tracked.add_(1)
