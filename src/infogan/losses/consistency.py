"""Consistency on real images: what a category ignores should not change it.

This is what makes the discovery of categories dependable: the paper's loss only ever shows Q
generated images. The idea stands behind IMSAT (1702.08720), IIC (1807.06653) and
Elastic-InfoGAN (1910.01112).
"""

import math
from collections.abc import Collection, Mapping

from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.codes.prior import Prior


def consistency_loss(
    latent: Latent,
    q: Float[Tensor, "n q_dim"],
    q_changed: Mapping[str, Float[Tensor, "n q_dim"]],
    conditional_entropy: Mapping[str, float],
    marginal_entropy: float,
    two_sided: Collection[str] = (),
) -> Float[Tensor, ""]:
    """Σ over discrete codes of CE(sg(p), p′) + α · mean H(p) − β · H(mean p), in nats.

    α and β are `conditional_entropy`, by the code's name, and `marginal_entropy`.
    p and p′ are Q's probabilities for an image and for its copy changed in what the code ignores:
    `q_changed`, by the code's name. The first term asks for the same answer to both, the others for
    answers that are sure, and spread over all categories; or, where the prior is not even, as the
    prior is: log k − KL(mean p ‖ prior) for H(mean p). A prior that is learned follows the answers,
    which may differ from it by `code.uneven` nats.
    Sureness must stay weak: answers that are sure too early can no longer be moved.

    Copies that can be told from images at a glance, as those of another colour can, may all be
    answered alike, at no cost to what is said of images. Codes that are `two_sided` have p and p′
    change places in half of all three terms.
    0 where the latent has no discrete code.
    """
    total = q.new_zeros(())
    for code, columns in latent.split_q(q):
        if not code.continuous:
            changed = dict(zip(latent.names, latent.split_q(q_changed[code.name]), strict=True))
            log_p, log_p_changed = code.log_probs(columns), code.log_probs(changed[code.name][1])
            weights = conditional_entropy[code.name], marginal_entropy
            loss = _one_way(code, log_p, log_p_changed, *weights)
            if code.name in two_sided:
                loss = (loss + _one_way(code, log_p_changed, log_p, *weights)) / 2
            total = total + loss
    return total


def _one_way(
    code: Prior,
    log_p: Float[Tensor, "n k"],
    log_p_changed: Float[Tensor, "n k"],
    conditional_entropy: float,
    marginal_entropy: float,
) -> Float[Tensor, ""]:
    """CE(sg(p), p′) + α · mean H(p) − β · H(mean p) of one code."""
    p = log_p.exp()
    agreement = -(p.detach() * log_p_changed).sum(dim=1).mean()
    entropy = -(p * log_p).sum(dim=1).mean()
    mean = p.mean(dim=0)
    entropy_of_mean = -(mean * mean.clamp_min(1e-8).log()).sum()
    # Away from even use, towards the prior's: log k − KL(mean p ‖ prior) in all.
    wanted = mean.new_tensor(code.shares).mul(len(mean)).clamp_min(1e-8).log()
    spread = entropy_of_mean + (mean * wanted).sum()
    if code.uneven:
        spread = spread.clamp_max(math.log(len(mean)) - code.uneven)
    return agreement + conditional_entropy * entropy - marginal_entropy * spread
