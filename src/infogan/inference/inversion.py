"""From a real image back to the generator's input, and from there to an edited image.

Q reads the codes; the noise, which nothing reads, is found by optimisation, and the dials with it
(categories and switches stay as Q read them). The distance minimised is the mean squared error of
the pixels plus that of the trunk's features, scaled to unit length as in LPIPS (1801.03924). Two
small terms keep the result editable: noise near the middle of its prior, dials near Q's reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from infogan.codes.circular import Circular, wrapped
from infogan.codes.latent import Latent
from infogan.errors import UserError
from infogan.inference.code_table import value_columns
from infogan.inference.trained_model import Images, Model, Values, latents, to_float, to_uint8

Start = Literal["q", "random"]
STEPS = 200
TRIES = 32
LEARNING_RATE = 0.1
PERCEPTUAL = 0.05  # weight of the trunk's features beside the pixels
TYPICAL = 0.01  # weight of the noise's mean square
TETHER = 0.02  # weight of the dials' squared distance from Q's reading
BATCH = 128
UNLIKE = 0.4
"""Part of an image's variance from which on what was made is another image. A model of digits left
0.08 to 0.34 of 24 digits, and 0.50 to 5.3 of 24 pieces of clothing."""
FLAT = 0.01
"""Variance that an image is taken to have at least, so that an empty one can be reproduced."""


@dataclass(frozen=True)
class Inversion:
    """What reproduces some images: the generator's input, and what comes of it."""

    z: Float[Tensor, "n dim"]
    images: Images
    error: Float[np.ndarray, " n"]
    """Mean squared error of each image's pixels, which run from 0 to 1."""

    def codes(self, latent: Latent) -> dict[str, Float[np.ndarray, " n"]]:
        """Every code's values."""
        return {name: value.numpy() for name, value in latent.code_values(self.z).items()}


def invert(
    model: Model,
    images: Images,
    *,
    steps: int = STEPS,
    tries: int = TRIES,
    start: Start = "q",
    seed: int = 0,
    progress: Callable[[int], object] = lambda n: None,
) -> Inversion:
    """Find codes and noise that reproduce images; each image's result depends on it alone.

    The best of `tries` draws of the noise is where `steps` of Adam begin; `steps=0` is Q alone,
    with noise as drawn. `start="random"` draws the codes too, which is there to be compared with.
    `progress` is told of every batch that is done, in images. Raises UserError.
    """
    if steps < 0 or tries < 1:
        raise UserError(f"steps {steps}, tries {tries}: take 0 or more, and 1 or more")
    check_images(model, images)
    draws = latents(model.latent, tries, seed, {})
    parts = []
    for first in range(0, len(images), BATCH):
        x = to_float(images[first : first + BATCH])
        fit = _Fit(model, x, draws, start)
        parts.append(fit.run(steps))
        progress(len(x))
    z = torch.cat(parts)
    made = model.generate(z)
    return Inversion(z, made, pixel_error(made, images))


def edit(
    model: Model,
    images: Images,
    found: Inversion,
    codes: Mapping[str, Values],
    *,
    detail: float = 0.0,
) -> Images:
    """Images with some codes set and everything else, noise included, as it was found.

    `detail` from 0 to 1 gives back that part of what the inversion missed of each image, where
    the edit leaves the picture as it is. Raises UserError for codes and values the model lacks.
    """
    if not 0 <= detail <= 1:
        raise UserError(f"detail {detail:g}: takes 0 to 1")
    z = found.z
    for name, value in model.numbers(codes).items():
        values = np.broadcast_to(np.asarray(value, dtype=np.float32), (len(z),))
        for each in np.unique(values):
            model.latent[name].check(float(each))
        z = model.latent.set_code(z, name, torch.from_numpy(values.copy()))
    edited = model.generate(z)
    if detail == 0:
        return edited
    before, after = to_float(found.images), to_float(edited)
    kept = detail * _untouched(before, after)
    return to_uint8(after + kept * (to_float(images) - before))


def columns_of(model: Model, found: Inversion) -> dict[str, np.ndarray]:
    """An inversion as columns with one row an image: each code, `noise_0`, `noise_1`, …, `error`.

    Categories go by their names, where they have them.
    """
    columns = value_columns(model, found.codes(model.latent))
    noise = found.z[:, model.latent.code_dim :].numpy()
    return columns | {f"noise_{i}": each for i, each in enumerate(noise.T)} | {"error": found.error}


def pixel_error(a: Images, b: Images) -> Float[np.ndarray, " n"]:
    """Mean squared error of each pair of images, their pixels from 0 to 1."""
    difference = (a.astype(np.float32) - b) / 255
    error: np.ndarray = np.square(difference).mean(axis=(1, 2, 3))
    return error


def resembles(images: Images, found: Inversion) -> Bool[np.ndarray, " n"]:
    """Whether each image was reproduced at all: its error beside the variance of its pixels."""
    variance = (images / 255).var(axis=(1, 2, 3))
    alike: np.ndarray = found.error <= UNLIKE * np.maximum(variance, FLAT)
    return alike


def check_images(model: Model, images: Images) -> None:
    """Raise UserError unless images have the shape the model was trained on."""
    if images.shape[1:] != model.config.shape:
        raise UserError(
            f"images of shape {images.shape[1:]}, the model's are {model.config.shape}; open them "
            "with open_images(…, size=…, channels=…)"
        )


class _Fit:
    """The optimisation of one batch."""

    def __init__(
        self, model: Model, x: Float[Tensor, "n c h w"], draws: Tensor, start: Start
    ) -> None:
        self.model, self.x = model, x
        latent = model.latent
        with torch.inference_mode():
            self.features = self._features(x).clone()
            q = model.discriminator(x).q
        self.dials, self.low, self.high = _ranges(latent)
        candidates = draws[:, None].repeat(1, len(x), 1)
        if start == "q":
            for code, columns in latent.split_q(q):
                values = code.estimate(columns.clone())
                if code.continuous:
                    values = values.clamp(code.low, code.high)
                for i, z in enumerate(candidates):
                    candidates[i] = latent.set_code(z, code.name, values)
        self.start = self._best(candidates)

    def run(self, steps: int) -> Float[Tensor, "n dim"]:
        """Adam on dials and noise, its rate falling to zero over the second half."""
        latent = self.model.latent
        z = self.start.clone().requires_grad_()
        free = self.dials.clone()
        free[latent.code_dim :] = True
        optimiser = torch.optim.Adam([z], LEARNING_RATE, betas=(0.9, 0.99))
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * min(1, 2 * (1 - step / steps))
            loss = self._distance(z)
            loss = loss + TYPICAL * z[:, latent.code_dim :].square().sum(dim=1) / max(
                1, latent.noise
            )
            loss = loss + TETHER * (z - self.start)[:, self.dials].square().sum(dim=1)
            # Only z moves, so the gradient of the weights is never computed.
            (gradient,) = torch.autograd.grad(loss.sum(), z)
            z.grad = gradient * free
            optimiser.step()
            with torch.no_grad():
                z.clamp_(self.low, self.high)
        found = z.detach()
        circles = list(latent.circles)
        found[:, circles] = wrapped(found[:, circles])
        return found

    def _distance(self, z: Float[Tensor, "n dim"]) -> Float[Tensor, " n"]:
        made = self.model.generator(z)
        pixels = (made - self.x).square().flatten(1).mean(dim=1) / 4  # from [−1, 1] to [0, 1]
        missed = (self._features(made) - self.features).square().sum(dim=1)
        distance: Tensor = pixels + PERCEPTUAL * missed
        return distance

    def _features(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        features = self.model.discriminator.get_submodule("trunk")(x)
        return F.normalize(features, dim=1)

    @torch.no_grad()
    def _best(self, candidates: Float[Tensor, "tries n dim"]) -> Float[Tensor, "n dim"]:
        distances = torch.stack([self._distance(z) for z in candidates])
        return candidates[distances.argmin(dim=0), torch.arange(len(self.x))]


def _ranges(latent: Latent) -> tuple[Tensor, Tensor, Tensor]:
    """Which columns of z are dials, and between what ends each column may move."""
    dials, ends = [], []
    for code in latent.codes:
        dials += [code.continuous] * code.dim
        # Categories are columns of their own, each from 0 to 1; a circle's end is no end.
        reach = 2.0 if isinstance(code, Circular) else 1.0
        one = (reach * code.low, reach * code.high) if code.continuous else (0.0, 1.0)
        ends += [one] * code.dim
    dials += [False] * latent.noise
    ends += [(-1.0, 1.0) if latent.noise_prior == "uniform" else (-3.0, 3.0)] * latent.noise
    low, high = torch.tensor(ends).T
    return torch.tensor(dials), low, high


def _untouched(
    before: Float[Tensor, "n c h w"], after: Float[Tensor, "n c h w"]
) -> Float[Tensor, "n 1 h w"]:
    """1 where an edit leaves the picture as it is, 0 where it changes it, smooth in between."""
    changed = (after - before).abs().amax(dim=1, keepdim=True)
    for _ in range(2):
        changed = F.avg_pool2d(changed, 3, stride=1, padding=1, count_include_pad=False)
    return (1 - changed).clamp(0, 1)
