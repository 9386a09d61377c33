"""What the images that a model draws tell of its codes: the bound L_I, image by image."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from infogan.inference.trained_model import Model, at_once, to_float
from infogan.losses.mutual_information import log_likelihoods


@torch.inference_mode()
def information(model: Model, z: Float[Tensor, "n dim"]) -> dict[str, Float[np.ndarray, " n"]]:
    """H(c) + log Q(c|x) of each code in nats, for the image (uint8) of each latent.

    The mean over the images is the bound L_I (1606.03657, eq. 5).
    """
    latent = model.latent
    parts = [
        log_likelihoods(latent, part, model.discriminator(to_float(model.generate(part))).q)
        for part in z.split(at_once(model.config.shape[1]))
    ]
    return {
        code.name: code.entropy + torch.cat([part[code.name] for part in parts]).double().numpy()
        for code in latent.codes
    }
