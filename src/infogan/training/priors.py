"""A learned prior: how often a category is drawn follows how often Q gives it to real images."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from infogan.codes.discrete import Categorical
from infogan.networks.build import live_latent
from infogan.training.state import State

HALF_LIFE = 8.0
"""Of the shares, in thousands of images: those of one batch alone would be a matter of chance."""
LEAST = 0.01
"""Part of an even share that a category keeps: G goes on drawing it, for Q may come to use it."""


@torch.no_grad()
def follow_use(state: State, q: Float[Tensor, "n q_dim"]) -> None:
    """Move learned priors towards Q's use of their categories on real images.

    The step of expectation maximisation for a mixture's weights, a little of it in every update.
    """
    if not state.latent.learned or not _moving(state):
        return
    keep = 0.5 ** (state.config.real_batch / (1000 * HALF_LIFE))
    for code, columns in state.latent.split_q(q):
        if isinstance(code, Categorical) and code.logits is not None:
            use = code.log_probs(columns).exp().mean(dim=0)
            _put(code, keep * code.logits.softmax(dim=0) + (1 - keep) * use)


@torch.no_grad()
def follow_regrouping(state: State, name: str, categories: Int[Tensor, " n"]) -> None:
    """Give a learned prior that moves the shares of a code's new categories, on average too.

    What Q is asked for would else pull it back to the former ones.
    """
    for generator in (state.generator, state.ema_generator):
        code = live_latent(state.config.model, generator)[name]
        if isinstance(code, Categorical) and code.logits is not None and _moving(state):
            shares = categories.bincount(minlength=code.k) / len(categories)
            _put(code, shares.to(code.logits))


def _moving(state: State) -> bool:
    """Whether categories mean something by now; at the latest after half of the run."""
    return state.images_seen >= min(1000 * state.config.optim.prior_from, state.end / 2)


def _put(code: Categorical, shares: Float[Tensor, " k"]) -> None:
    assert code.logits is not None
    code.logits.copy_(shares.clamp_min(LEAST / code.k).log())
