"""Saved tensors beside those they are for: alike in name, shape and type, and finite."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from infogan.errors import UserError


def check_alike(saved: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> None:
    """UserError naming the tensor that only one of both has, or whose shape or type differs."""
    for key, tensor in expected.items():
        if key not in saved:
            raise UserError(f"{path}: {key} is missing, expected of shape {tuple(tensor.shape)}")
        found = saved[key]
        if found.shape != tensor.shape:
            raise UserError(
                f"{path}: {key} has shape {tuple(found.shape)}, expected {tuple(tensor.shape)}"
            )
        if found.dtype != tensor.dtype:
            kinds = (str(each.dtype).removeprefix("torch.") for each in (found, tensor))
            raise UserError("{}: {} is {}, expected {}".format(path, key, *kinds))
    if extra := sorted(saved.keys() - expected.keys()):
        raise UserError(f"{path}: holds {extra[0]}, which a model of this config does not have")


def check_numbers(saved: Mapping[str, Tensor], path: Path) -> None:
    """UserError naming the first tensor with a NaN or an infinite value."""
    for key, tensor in saved.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise UserError(
                f"{path}: {key} holds NaN or infinite values; train again, or copy it again"
            )
