"""What D and Q say of the images of a step: asked in parts, told of the whole batch."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.networks.build import Discriminator, Verdict
from infogan.training.processes import ALONE, Processes

Images = Float[Tensor, "n c h w"]


def judge(
    discriminator: Discriminator,
    views: Mapping[str, Images],
    q_detached: bool,
    ask_d: Collection[str],
    ask_q: Collection[str],
    processes: Processes = ALONE,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> dict[str, Verdict]:
    """Ask D about some batches and Q about some, in one call where that changes nothing.

    Each process asks about its part of each; what they say is of the whole.

    With batch normalisation each batch must keep its own statistics, as in the original. Each call
    has an `autocast` of its own: calls within one share their rounded weights, and so round the sum
    of their gradients.
    """

    def ask(view: Images, of_d: bool, of_q: bool) -> Verdict:
        with autocast():
            verdict = discriminator(view, q_detached, of_d, of_q)
        return Verdict(*map(processes.whole, verdict))

    if len(views) < 2 or discriminator.couples_images:
        return {name: ask(view, name in ask_d, name in ask_q) for name, view in views.items()}
    verdict = ask(torch.cat(list(views.values())), bool(ask_d), bool(ask_q))
    sizes = [len(view) * processes.count for view in views.values()]
    # What was not asked is as empty for each.
    d = verdict.d_logits.split(sizes) if ask_d else [verdict.d_logits] * len(sizes)
    q = verdict.q.split(sizes) if ask_q else [verdict.q] * len(sizes)
    return dict(zip(views, map(Verdict, d, q), strict=True))
