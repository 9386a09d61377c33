"""One training in several processes, started by torchrun: each computes its part of every batch.

All draw the same batch from the same randomness. Process r of n takes every n-th image of it from
the r-th on, asks the networks about those, and gathers what they say; each then computes the losses
of the whole batch, so that terms across the batch are as in one process. The loss of the run is the
mean over processes, hence gradients are averaged, once for each step of an optimiser.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from infogan.errors import UserError

STARTS = "TORCHELASTIC_RESTART_COUNT"
"""Where torchrun says how often it has started the processes again."""

T = TypeVar("T")
Part = TypeVar("Part", bound=Any)


@dataclass(frozen=True)
class Processes:
    """Which of how many this process is; alone, every method gives back what it was given.

    What waits for a process that has ended raises ConnectionError.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that decides, tells and writes."""
        return self.rank == 0

    def own(self, whole: Part) -> Part:
        """This process's part of a batch: a tensor or an array by its first dimension."""
        part: Part = whole[self.rank :: self.count]
        return part

    def whole(self, part: Tensor) -> Tensor:
        """The batch of which each process has its part, gradients reaching all of them."""
        if self.count == 1 or not part.numel():
            return part
        return self.gathered(part).transpose(0, 1).flatten(0, 1)

    def gathered(self, tensor: Tensor) -> Tensor:
        """The tensors of all processes, stacked, gradients reaching all of them."""
        if self.count == 1:
            return tensor[None]
        stacked: Tensor = _Gather.apply(tensor, self)  # type: ignore[no-untyped-call]
        return stacked

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Put the mean over the processes into these tensors, all in one message."""
        tensors = list(tensors)
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        _sum(flat)
        means = flat.div_(self.count).split([tensor.numel() for tensor in tensors])
        for tensor, mean in zip(tensors, means, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def any(self, holds: bool) -> bool:
        """Whether it holds in any process."""
        if self.count == 1:
            return holds
        flag = torch.tensor([float(holds)])
        _sum(flag)
        return bool(flag)

    def shared(self, content: T) -> T:
        """What the first process has."""
        if self.count == 1:
            return content
        box = [content if self.first else None]
        _waiting(lambda: dist.broadcast_object_list(box, src=0))
        told: Any = box[0]
        return told  # type: ignore[no-any-return]

    def check_batch(self, batch_size: int, real_batch: int) -> None:
        """UserError where these processes cannot share a batch evenly."""
        if real_batch % self.count:
            halved = "half of it, which D's steps take, " if real_batch < batch_size else ""
            raise UserError(
                f"batch_size {batch_size}: {halved}cannot be shared evenly by {self.count} "
                f"processes; take a multiple of {self.count * (batch_size // real_batch)}"
            )


ALONE = Processes()


def join(device: str) -> Processes:
    """The processes that torchrun started, this one among them; ALONE without it.

    On CPUs they talk by gloo, on `cuda` by NCCL. Of several machines torchrun starts the processes
    again with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 alone. Raises UserError for a device they cannot
    share.
    """
    if not dist.is_torchelastic_launched():
        return ALONE
    if device not in ("cpu", "cuda"):
        raise UserError(f"device {device}: with several processes give cpu, cuda or auto")
    if not dist.is_initialized():
        store, rank, count = next(iter(rendezvous("env://")))
        if os.environ["GROUP_WORLD_SIZE"] == "1":
            # torchrun keeps the addresses of processes that are no more: meet apart each time.
            apart = f"start {os.environ[STARTS]}"
            store = dist.PrefixStore(apart, store)  # type: ignore[attr-defined]
        backend = "gloo" if device == "cpu" else "cpu:gloo,cuda:nccl"
        dist.init_process_group(backend, store=store, rank=rank, world_size=count)
    return Processes(dist.get_rank(), dist.get_world_size())


def follows() -> bool:
    """Whether torchrun started this process, and another one first."""
    return dist.is_torchelastic_launched() and os.environ["RANK"] != "0"


def on_this_machine() -> int:
    """How many of the processes compute on this machine."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if dist.is_torchelastic_launched() else 1


def own_device(device: str) -> str:
    """The accelerator of this process, of those of its machine."""
    return f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device


def started_again() -> bool:
    """Whether torchrun has started these processes again, since one of them ended."""
    return dist.is_torchelastic_launched() and os.environ[STARTS] != "0"


class _Gather(torch.autograd.Function):
    """Stacks the tensors of all processes. The gradient of each is the sum of what all have."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, processes: Processes) -> Tensor:
        ctx.rank = processes.rank
        tensor = tensor.contiguous()
        parts = [torch.empty_like(tensor) for _ in range(processes.count)]
        _waiting(lambda: dist.all_gather(parts, tensor))
        return torch.stack(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return _Sum.backward(None, *gradients)[ctx.rank], None


class _Sum(torch.autograd.Function):
    """Adds up the tensors of all processes: its own gradient, so that slopes have slopes."""

    @staticmethod
    def forward(_ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        _sum(total)
        return total

    @staticmethod
    def backward(_ctx: Any, *gradients: Any) -> Any:
        return _Sum.apply(gradients[0])  # type: ignore[no-untyped-call]


def _sum(tensor: Tensor) -> None:
    _waiting(lambda: dist.all_reduce(tensor))


def _waiting(talk: Callable[[], object]) -> None:
    try:
        talk()
    except RuntimeError as error:  # gloo's and NCCL's word for a peer that is gone
        # Its first sentence, less the place in its source.
        said = str(error).splitlines()[0].rpartition("] ")[2].partition(". ")[0]
        raise ConnectionError(
            "another process of this training has ended; all is saved up to the last checkpoint: "
            f"go on with the same command and --resume ({said})"
        ) from error
