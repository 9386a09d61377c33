"""Updates whose images pass the networks a few at a time: less memory, the same gradient.

What networks say of images is small. It is kept for the whole batch, and losses are computed of
that, so that terms across the batch stay as they are. What layers need for their gradients is
forgotten and computed again (1604.06174), a few images at a time, over which gradients add up.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.utils.checkpoint import checkpoint

from infogan.errors import UserError
from infogan.networks.build import Verdict
from infogan.networks.norm import BATCH_NORMS


def pass_in_parts(generator: nn.Module, judges: Iterable[nn.Module], most: int) -> None:
    """Let networks take at most so many images at a time; 0 is all.

    A generator with batch normalisation takes all at once: it needs their statistics. Raises
    UserError for judges that do, or whose layers move on at every pass.
    """
    if not most:
        return
    judges = list(judges)
    if any(map(_needs_all, judges)):
        raise UserError(
            f"micro_batch {most}: D's batch normalisation takes statistics of the whole batch, and "
            "its norm spectral moves on at every pass; take --model.norm layer or spectral-once, "
            "or leave micro_batch at 0"
        )
    for module in judges if _needs_all(generator) else [generator, *judges]:
        # Of the instance: names and kinds of modules stay as checkpoints know them.
        module.__dict__["forward"] = partial(_in_parts, module.forward, most)


def _needs_all(module: nn.Module) -> bool:
    return any(isinstance(layer, (*BATCH_NORMS, _SpectralNorm)) for layer in module.modules())


def mean_in_parts(term: Callable[..., Tensor], most: int, *images: Tensor) -> Tensor:
    """A term that is a mean over images, computed of at most so many at a time; 0 is all."""
    n = len(images[0])
    if not most or n <= most:
        return term(*images)
    sums = [len(part[0]) * _forgetful(term, *part) for part in _parts(most, images)]
    return torch.stack(sums).sum() / n


def _in_parts(forward: Callable[..., Any], most: int, *given: Any, **options: Any) -> Any:
    if len(given[0]) <= most:
        return forward(*given, **options)
    said = [_forgetful(forward, *part, **options) for part in _parts(most, given)]
    if isinstance(said[0], Tensor):
        return torch.cat(said)
    return Verdict(*map(torch.cat, zip(*said, strict=True)))


def _parts(most: int, given: tuple[Any, ...]) -> list[list[Any]]:
    """Arguments for each part: tensors are split, everything else is for all."""
    return [
        [each[start : start + most] if isinstance(each, Tensor) else each for each in given]
        for start in range(0, len(given[0]), most)
    ]


def _forgetful(work: Callable[..., Any], *given: Any, **options: Any) -> Any:
    return checkpoint(work, *given, use_reentrant=False, preserve_rng_state=False, **options)
