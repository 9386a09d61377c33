"""Consistency on real images: what a category ignores should not change it.

This is what makes the discovery of categories dependable: the paper's loss only ever shows Q
generated images. The idea stands behind IMSAT (1702.08720), IIC (1807.06653) and
Elastic-InfoGAN (1910.01112).
"""

import math
from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent


def consistency_loss(
    latent: Latent,
    q: Float[Tensor, "n q_dim"],
    q_changed: Mapping[str, Float[Tensor, "n q_dim"]],
    conditional_entropy: float,
    marginal_entropy: float,
) -> Float[Tensor, ""]:
    """Σ over discrete codes of CE(sg(p), p′) + α · mean H(p) − β · H(mean p), in nats.

    α and β are `conditional_entropy` and `marginal_entropy`.
    p and p′ are Q's probabilities for an image and for its copy changed in what the code ignores:
    `q_changed`, by the code's name. The first term asks for the same answer to both, the others for
    answers that are sure, and spread over all categories; or, where the prior is not even, as the
    prior is: log k − KL(mean p ‖ prior) for H(mean p). A prior that is learned follows the answers,
    which may differ from it by `code.uneven` nats.
    Sureness must stay weak: answers that are sure too early can no longer be moved.
    0 where the latent has no discrete code.
    """
    total = q.new_zeros(())
    for code, columns in latent.split_q(q):
        if not code.continuous:
            changed = dict(zip(latent.names, latent.split_q(q_changed[code.name]), strict=True))
            log_p = code.log_probs(columns)
            p = log_p.exp()
            agreement = -(p.detach() * code.log_probs(changed[code.name][1])).sum(dim=1).mean()
            entropy = -(p * log_p).sum(dim=1).mean()
            mean = p.mean(dim=0)
            entropy_of_mean = -(mean * mean.clamp_min(1e-8).log()).sum()
            # Away from even use, towards the prior's: log k − KL(mean p ‖ prior) in all.
            wanted = mean.new_tensor(code.shares).mul(len(mean)).clamp_min(1e-8).log()
            spread = entropy_of_mean + (mean * wanted).sum()
            if code.uneven:
                spread = spread.clamp_max(math.log(len(mean)) - code.uneven)
            total = total + agreement + conditional_entropy * entropy
            total = total - marginal_entropy * spread
    return total
