"""What one update costs, counted: operator calls, passes, waiting for the device, memory, FLOP.

Counts, unlike seconds, are the same on a busy machine; seconds are taken along by operator.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from infogan.data.source import Source
from infogan.training.loop import Meter, set_learning_rates, stream_from_here
from infogan.training.state import State
from infogan.training.step import update

WARM = 3
"""Updates before the one that is looked at: the first ones make what later ones have."""
WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "_unique2"}
"""Operators whose answer Python, or the next shape, must wait for."""
TO_HOST = ("cpu", "numpy", "tolist")
"""Methods of tensors that bring them to Python."""


@dataclass
class Operator:
    """All calls of one operator in an update.

    Attributes:
        calls: how often.
        seconds: in it, with what it calls in turn.
        flop: floating-point operations, a multiplication and an addition being two.
        bytes: of the tensors it was given and made.
    """

    calls: int = 0
    seconds: float = 0.0
    flop: int = 0
    bytes: int = 0


@dataclass
class Cost:
    """One update.

    Attributes:
        operators: by name, forward and backward, optimisers and averages included.
        passes: calls of G, of trunks, and of the heads of D and Q.
        images: that went through each of these.
        waits: times that Python waited for a number, or that a shape did.
        allocations: tensors that came with memory of their own.
    """

    operators: dict[str, Operator] = field(default_factory=dict)
    passes: dict[str, int] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    waits: int = 0
    allocations: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """All that does not depend on how busy the machine is."""
        calls = sum(each.calls for each in self.operators.values())
        passes = {f"passes of {name}": n for name, n in self.passes.items()}
        images = {f"images through {name}": n for name, n in self.images.items()}
        counted = {"operator calls": calls, "waits": self.waits, "allocations": self.allocations}
        return counted | passes | images


def cost_of_update(state: State, source: Source) -> Cost:
    """Train a little, then count one turn of the loop: the images' way in, update, averages."""
    turn, cost = turns(state, source), Cost()
    for _ in range(WARM):
        turn()
    with _passes_counted(state, cost), _waits_counted(cost), _Counting(cost, _finish(state)):
        turn()
    return cost


def turns(state: State, source: Source) -> Callable[[], None]:
    """What the loop does between two looks at the clock, each time it is called."""
    batches, meter = stream_from_here(state, source), Meter(state.images_seen)

    def turn() -> None:
        set_learning_rates(state)
        real = state.to_model(next(batches))
        meter.add(update(state, real))
        state.images_seen += len(real)
        state.average()

    return turn


def _finish(state: State) -> Callable[[], None]:
    """Waits until the device has done what it was told, for its seconds to be the operator's."""
    if state.placement.device.type == "cuda":
        return torch.cuda.synchronize
    return lambda: None


class _Counting(TorchDispatchMode):
    """Counts every operator that PyTorch is asked for, backward passes included."""

    def __init__(self, cost: Cost, finish: Callable[[], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cost, self._finish = cost, finish

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, packet = kwargs or {}, func.overloadpacket
        name = packet.__name__
        started = time.perf_counter()
        made = func(*args, **kwargs)
        self._finish()
        row = self._cost.operators.setdefault(name, Operator())
        row.seconds += time.perf_counter() - started
        row.calls += 1
        given, new = _tensors((args, kwargs)), _tensors(made)
        known = {tensor.untyped_storage().data_ptr() for tensor in given}
        fresh = [t for t in new if t.untyped_storage().data_ptr() not in known]
        self._cost.allocations += len(fresh)
        # Views cost nothing: only what is written anew, or in place, is moved.
        if fresh or name.endswith("_"):
            row.bytes += sum(t.numel() * t.element_size() for t in (*given, *fresh))
        if packet in flop_registry:
            row.flop += int(flop_registry[packet](*args, **kwargs, out_val=made))
        self._cost.waits += name in WAITS
        return made


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


@contextmanager
def _passes_counted(state: State, cost: Cost) -> Iterator[None]:
    judge = state.discriminator
    counted = {
        "G": state.generator,
        "the trunk": judge.trunk,
        "Q's own trunk": judge.q_trunk,
        "D's head": judge.d_head,
        "Q's head": judge.q_head,
    }
    handles = [
        module.register_forward_hook(_count_pass(cost, name))
        for name, module in counted.items()
        if isinstance(module, nn.Module)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _count_pass(cost: Cost, name: str) -> Callable[[nn.Module, Any, Any], None]:
    def hook(module: nn.Module, given: Any, made: Any) -> None:
        cost.passes[name] = cost.passes.get(name, 0) + 1
        cost.images[name] = cost.images.get(name, 0) + len(given[0])

    return hook


@contextmanager
def _waits_counted(cost: Cost) -> Iterator[None]:
    """Count tensors brought to Python by methods that are no operators."""
    originals: dict[str, Callable[..., Any]] = {name: getattr(Tensor, name) for name in TO_HOST}

    def counted(name: str) -> Callable[..., Any]:
        def method(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            cost.waits += 1
            return originals[name](tensor, *args, **kwargs)

        return method

    with ExitStack() as stack:
        for name in TO_HOST:
            stack.enter_context(patch.object(Tensor, name, counted(name)))
        yield


@dataclass(frozen=True)
class Ceilings:
    """What the machine can do, measured now.

    Attributes:
        flop_per_second: the better of a large matrix product and a convolution, in the precision.
        bytes_per_second: read and written by copying, where it is fastest (in the caches).
    """

    flop_per_second: float
    bytes_per_second: float

    def floor(self, operator: Operator) -> float:
        """Seconds below which an operator cannot take."""
        computing = operator.flop / self.flop_per_second
        return max(computing, operator.bytes / self.bytes_per_second)


def ceilings(device: torch.device, dtype: torch.dtype) -> Ceilings:
    """Measure them: half a second or so on a processor."""
    side = 1024 if device.type == "cpu" else 8192
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    speeds = [2 * side**3 / _best(lambda: a @ b, device)]
    convolve, flop = convolution(device, dtype)
    speeds.append(flop / _best(convolve, device))
    copying = []
    for megabytes in (0.25, 4, 64):
        source = torch.ones(int(megabytes * 2**18), device=device)
        target = torch.empty_like(source)
        seconds = _best(partial(target.copy_, source), device)
        copying.append(2 * source.numel() * source.element_size() / seconds)
    return Ceilings(max(speeds), max(copying))


def convolution(device: torch.device, dtype: torch.dtype) -> tuple[Callable[[], object], int]:
    """A convolution of the kind that networks have, forward and backward, and its FLOP.

    4×4 with stride 2, from 64 to 128 maps of 14×14, batch 128, channels last.
    """
    order = torch.channels_last
    x = torch.randn(128, 64, 14, 14, device=device).to(dtype).contiguous(memory_format=order)
    weight = torch.randn(128, 64, 4, 4, device=device).to(dtype).contiguous(memory_format=order)
    x.requires_grad_()
    weight.requires_grad_()

    def once() -> None:
        y = nn.functional.conv2d(x, weight, stride=2, padding=1)
        torch.autograd.grad(y, (x, weight), torch.ones_like(y))

    return once, 3 * 2 * 128 * 128 * 7 * 7 * 64 * 4 * 4


def _best(work: Callable[[], object], device: torch.device, seconds: float = 0.1) -> float:
    """Seconds of the quickest of several turns, or of the only one where it takes longer."""
    work()
    best, began = math.inf, time.perf_counter()
    while best == math.inf or time.perf_counter() - began < seconds:
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return best
