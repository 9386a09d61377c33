"""A learned prior: how often a category is drawn follows how often Q gives it to real images."""

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.training.state import State

HALF_LIFE = 8.0
"""Of the shares, in thousands of images: those of one batch alone would be a matter of chance."""
LEAST = 1e-3
"""Share that a category keeps: G must go on drawing it, for Q may come to use it."""


@torch.no_grad()
def follow_use(state: State, q: Float[Tensor, "n q_dim"]) -> None:
    """Move learned priors towards Q's use of their categories on real images.

    The step of expectation maximisation for a mixture's weights, a little of it in every update.
    """
    latent, config = state.latent, state.config
    starts = 1000 * min(config.optim.prior_from, config.kimg / 2)
    if not latent.learned or state.images_seen < starts:
        return
    columns = {code.name: own for code, own in latent.split_q(q)}
    use = [code.log_probs(columns[code.name]).float().exp().mean(dim=0) for code in latent.learned]
    keep = 0.5 ** (config.real_batch / (1000 * HALF_LIFE))
    for logits, now in zip(state.generator.priors, use, strict=True):  # type: ignore[arg-type]
        shares = keep * logits.softmax(dim=0) + (1 - keep) * now
        logits.copy_(shares.clamp_min(LEAST).log())
