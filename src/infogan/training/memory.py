"""What a training takes of memory at its highest, counted in a small trial of its own updates."""

import weakref
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from infogan.networks.build import Discriminator, PairJudge, build_generator
from infogan.training.config import TrainConfig
from infogan.training.convergence import WATCHED
from infogan.training.labels import Labelled
from infogan.training.networks import with_networks
from infogan.training.regrouping import n_grouped
from infogan.training.state import State
from infogan.training.step import update

TRIED = (4, 8)
"""Images in the batches that are tried out; half of them in each part, where they pass in parts."""
COPIES = 6
"""Of weights: themselves, gradients, Adam's two moments, averages, and the last good state."""
UPDATES = 2
"""In the second, gradients of the first are still there."""


@dataclass(frozen=True)
class Growth:
    """How the bytes of all tensors grow with the images of a batch, moment by moment.

    Attributes:
        small: images in a batch.
        large: images in another.
        less: bytes after each tensor that the small batch made.
        more: and the large one.
        besides: bytes that are always there besides.
    """

    small: int
    large: int
    less: list[int]
    more: list[int]
    besides: int

    def at(self, batch: int) -> int:
        """Bytes at the highest moment of so many images."""
        far = (batch - self.small) / (self.large - self.small)
        pairs = zip(self.less, self.more, strict=True)
        return round(max(less + far * (more - less) for less, more in pairs)) + self.besides


def needed(config: TrainConfig, most: float = float("inf")) -> int:
    """Bytes of all tensors of a training when they are the most, its image shape being known.

    Those of weights alone, where they are more than `most`: nothing is tried then.
    """
    config, _ = with_networks(config)
    weights = COPIES * weight_bytes(config)
    return weights if weights > most else growth(config).at(config.batch_size)


def growth(config: TrainConfig) -> Growth:
    """Count in updates of two small batches, as at the end of a run, where all terms are on.

    What is held at a moment grows with the number of images along a straight line. Where they pass
    in parts, small batches pass in as many.
    """
    config, _ = with_networks(config)
    parts = -(-config.batch_size // config.micro_batch) if config.micro_batch else 1
    small, large = (n if parts == 1 else parts * n // 2 for n in TRIED)
    if parts > 1 and config.batch_size <= large:
        small = large = config.batch_size
    less = _held(config, small, parts)
    more = less if small == large else _held(config, large, parts)
    if len(less) != len(more):
        less, more = [max(less)], [max(more)]
    return Growth(small, large + (small == large), less, more, _besides(config))


def weight_bytes(config: TrainConfig) -> int:
    """Bytes of the weights of all networks, which are not made for it."""
    with torch.device("meta"):
        modules = [build_generator(config.model), Discriminator(config.model)]
        modules += [PairJudge(config.model)] if config.loss.contrastive else []
    return sum(p.numel() * p.element_size() for module in modules for p in module.parameters())


def _besides(config: TrainConfig) -> int:
    """The last good state, and real images: those watched as bytes and as floats, and others."""
    c, h, w = config.model.shape
    images = (WATCHED * 5 + n_grouped(config)) * c * h * w
    return (COPIES - 2) * weight_bytes(config) + images


def _held(config: TrainConfig, batch: int, parts: int) -> list[int]:
    """Bytes of all tensors after each that is made, in updates of such a batch in so many parts."""
    part = batch // parts if parts > 1 else 0
    config = replace(config, batch_size=batch, micro_batch=part)
    counting = _Counting()
    with counting:
        state = State.create(config)
        period = config.loss.r1_every * config.real_batch
        state.images_seen = state.end // period * period
        shape = (config.real_batch, *config.model.shape)
        real = torch.zeros(shape, device=state.placement.device)
        if config.labels:
            state.labelled = _labelled(config)
        for _ in range(UPDATES):
            update(state, real)
            state.average()
    return counting.held


def _labelled(config: TrainConfig) -> Labelled:
    """Labelled images in the place of those that have not been read yet."""
    leading = config.model.latent.leading
    images = torch.zeros((1, *config.model.shape), dtype=torch.uint8)
    name = leading.name if leading else ""
    return Labelled(name, images, torch.zeros(1, dtype=torch.int64), {})


class _Counting(TorchDispatchMode):
    """Adds up the bytes of tensors while they are there."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: list[int] = []
        self._now = 0
        self._known = dict[int, object]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                self._add(tensor.untyped_storage())
        return made

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known[key] = weakref.ref(storage, partial(self._gone, key, size))
            self._now += size
            self.held.append(self._now)

    def _gone(self, key: int, size: int, _: object) -> None:
        del self._known[key]
        self._now -= size
