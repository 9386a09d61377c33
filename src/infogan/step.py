"""One update of the three networks: first D and Q, then G, on the same generated images."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .config import TrainConfig
from .model import Verdict
from .objectives.adversarial import ADVERSARIAL
from .objectives.consistency import augment, consistency_loss
from .objectives.gradient_penalty import r1, wgan_gp
from .objectives.mutual_information import mi_bound, mi_loss

Images = Float[Tensor, "n c h w"]
Loss = Float[Tensor, ""]
Terms = dict[str, Tensor]


def discriminator_loss(
    discriminator: nn.Module,
    config: TrainConfig,
    consistency: float,
    real: Images,
    fake: Images,
    z: Float[Tensor, "n dim"],
    rng: torch.Generator,
) -> tuple[Loss, Terms]:
    """What the trunk, D and Q minimise; `fake` must carry no gradient.

    `consistency` is that term's weight at this moment of the run. Returns the loss and the terms
    worth logging.
    """
    latent, loss = config.model.latent, config.loss
    views = [real, fake]
    if consistency:
        views.append(augment(real, config.augmentation, rng))
    q_detached = loss.mi_gradient == "generator+q"
    on_real, on_fake, *on_augmented = judge(discriminator, views, q_detached)

    terms = {
        "d_loss": ADVERSARIAL[loss.adversarial].discriminator(on_real.d_logits, on_fake.d_logits),
        "d_real": on_real.d_logits.sigmoid().mean(),
        "d_fake": on_fake.d_logits.sigmoid().mean(),
    }
    bound = mi_bound(latent, z, on_fake.q)
    total = terms["d_loss"] + mi_loss(bound, config.mi_weights_q)
    if on_augmented:
        terms["consistency"] = consistency_loss(
            latent, on_real.q, on_augmented[0].q, loss.sureness, loss.spread
        )
        total = total + consistency * terms["consistency"]

    def critic(x: Images) -> Float[Tensor, " n"]:
        return discriminator(x).d_logits

    if loss.r1:
        terms["r1"] = r1(critic, real)
        total = total + loss.r1 * terms["r1"]
    if loss.adversarial == "wasserstein" and loss.gradient_penalty:
        terms["gradient_penalty"] = wgan_gp(critic, real, fake, rng)
        total = total + loss.gradient_penalty * terms["gradient_penalty"]
    return total, terms


def generator_loss(
    discriminator: nn.Module,
    config: TrainConfig,
    fake: Images,
    z: Float[Tensor, "n dim"],
) -> tuple[Loss, Terms]:
    """What G minimises: to be taken for real, and to be understood by Q."""
    verdict: Verdict = discriminator(fake)
    g_loss = ADVERSARIAL[config.loss.adversarial].generator(verdict.d_logits)
    bound = mi_bound(config.model.latent, z, verdict.q)
    terms = {"g_loss": g_loss} | {f"mi/{name}": nats for name, nats in bound.items()}
    return g_loss + mi_loss(bound, config.mi_weights_g), terms


def judge(discriminator: nn.Module, views: Sequence[Images], q_detached: bool) -> list[Verdict]:
    """Ask D and Q about several batches, in one call where that changes nothing.

    With batch normalisation each batch must keep its own statistics, as in the original.
    """
    batch_norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    if any(isinstance(module, batch_norms) for module in discriminator.modules()):
        return [discriminator(view, q_detached) for view in views]
    verdict: Verdict = discriminator(torch.cat(list(views)), q_detached)
    sizes = [len(view) for view in views]
    return [
        Verdict(d, q)
        for d, q in zip(verdict.d_logits.split(sizes), verdict.q.split(sizes), strict=True)
    ]
