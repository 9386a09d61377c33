"""What one step of an update minimises: any of the losses, on the images they are of."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.losses.adversarial import ADVERSARIAL
from infogan.losses.consistency import apply_augmentations, consistency_loss, draw_augmentations
from infogan.losses.equivariance import equivariance_loss
from infogan.losses.gradient_penalty import r1, wgan_gp
from infogan.losses.mutual_information import mi_bound, mi_loss
from infogan.networks.build import Verdict
from infogan.training.config import TrainConfig
from infogan.training.schedule import Step

Images = Float[Tensor, "n c h w"]
Loss = Float[Tensor, ""]
Terms = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Batch:
    """The images of one step, and what the generated ones were made from.

    `fake` carries G's gradient exactly where the step moves G.
    """

    real: Float[Tensor, "n c h w"]
    fake: Float[Tensor, "m c h w"]
    z: Float[Tensor, "m dim"]


def step_loss(
    step: Step,
    discriminator: nn.Module,
    config: TrainConfig,
    latent: Latent,
    images_seen: int,
    batch: Batch,
    rng: torch.Generator,
) -> tuple[Loss | None, Terms]:
    """The sum of a step's losses but for the contrastive one, and the terms worth logging.

    `latent` has learned priors as they now are; weights that grow are those after `images_seen`.
    The sum is None where none of the losses is switched on.
    """
    loss, adversarial = config.loss, ADVERSARIAL[config.loss.adversarial]
    views: dict[str, Images] = {}
    of_augmented = losses_of_augmented(step, config, latent)
    if "real" in step.losses or of_augmented:
        views["real"] = batch.real
    if {"fake", "fool", "mi"} & set(step.losses):
        views["fake"] = batch.fake
    if of_augmented:
        augmentations = draw_augmentations(len(batch.real), rng)
        views["augmented"] = apply_augmentations(batch.real, config.augmentation, augmentations)
    q_detached = loss.mi_gradient == "generator+q" and "G" not in step.moves
    on = dict(zip(views, judge(discriminator, list(views.values()), q_detached), strict=True))

    terms: Terms = {}
    total: list[Loss] = []
    if "real" in step.losses:
        terms["real_loss"] = adversarial.real(on["real"].d_logits)
        terms["d_real"] = on["real"].d_logits.sigmoid().mean()
        total.append(terms["real_loss"])
    if "fake" in step.losses:
        terms["fake_loss"] = adversarial.fake(on["fake"].d_logits)
        terms["d_fake"] = on["fake"].d_logits.sigmoid().mean()
        total.append(terms["fake_loss"])
    if "fool" in step.losses:
        terms["g_loss"] = adversarial.generator(on["fake"].d_logits)
        total.append(terms["g_loss"])
    if "mi" in step.losses:
        bound = mi_bound(latent, batch.z, on["fake"].q)
        terms |= {f"mi/{name}": nats for name, nats in bound.items()}
        weights = config.mi_weights_g if "G" in step.moves else config.mi_weights_q
        total.append(mi_loss(bound, weights))
    if "consistency" in of_augmented:
        terms["consistency"] = consistency_loss(
            latent,
            on["real"].q,
            on["augmented"].q,
            loss.conditional_entropy_at(images_seen),
            loss.marginal_entropy,
        )
        total.append(loss.consistency * terms["consistency"])
    if "equivariance" in of_augmented:
        terms["equivariance"] = equivariance_loss(
            latent, on["real"].q, on["augmented"].q, augmentations
        )
        total.append(loss.equivariance * terms["equivariance"])
    if "penalty" in step.losses:
        found = penalties(discriminator, config, batch, rng)
        total += [weight * term for weight, term in found.values()]
        terms |= {name: term for name, (_, term) in found.items()}
    return (sum(total[1:], start=total[0]) if total else None), terms


def losses_of_augmented(step: Step, config: TrainConfig, latent: Latent) -> set[str]:
    """The losses of a step that compare real images with augmented ones, and are switched on."""
    discrete = any(not code.continuous for code in latent.codes)
    dials = any(code.continuous for code in latent.codes)
    on = {
        "consistency": config.loss.consistency and discrete,
        "equivariance": config.loss.equivariance and dials,
    }
    return {name for name in step.losses if on.get(name)}


def penalties(
    discriminator: nn.Module, config: TrainConfig, batch: Batch, rng: torch.Generator
) -> dict[str, tuple[float, Loss]]:
    """The weight and value of each penalty on D's slope that is switched on."""
    loss, found = config.loss, dict[str, tuple[float, Loss]]()
    # In full precision, past Fabric's wrapper: that of mixed precision allows no slope within a
    # loss, and a slope's slope would suffer from rounding.
    plain = getattr(discriminator, "module", discriminator)

    def critic(x: Images) -> Float[Tensor, " n"]:
        return plain(x).d_logits

    if loss.r1:
        found["r1"] = (loss.r1, r1(critic, batch.real))
    if loss.adversarial == "wasserstein" and loss.gradient_penalty:
        penalty = wgan_gp(critic, batch.real, batch.fake, rng)
        found["gradient_penalty"] = (loss.gradient_penalty, penalty)
    return found


def judge(discriminator: nn.Module, views: Sequence[Images], q_detached: bool) -> list[Verdict]:
    """Ask D and Q about several batches, in one call where that changes nothing.

    With batch normalisation each batch must keep its own statistics, as in the original.
    """
    batch_norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    if len(views) < 2 or any(isinstance(m, batch_norms) for m in discriminator.modules()):
        return [discriminator(view, q_detached) for view in views]
    verdict: Verdict = discriminator(torch.cat(list(views)), q_detached)
    sizes = [len(view) for view in views]
    return [
        Verdict(d, q)
        for d, q in zip(verdict.d_logits.split(sizes), verdict.q.split(sizes), strict=True)
    ]
