"""Using a trained model: generate, set codes, traverse them, and read codes off real images."""

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL.Image import Image
from torch import Tensor, nn

from infogan.codes.latent import Latent
from infogan.codes.names import Names
from infogan.codes.prior import Prior
from infogan.errors import UserError
from infogan.figures import draw_overview
from infogan.networks.build import Discriminator, ModelConfig, build_generator, live_latent
from infogan.networks.initial import DrawnFrom

Images = UInt8[np.ndarray, "n c h w"]
Values = float | str | Sequence[float] | Sequence[str] | np.ndarray

AT_ONCE, SIDE = 256, 32
"""Images of that side that pass a network at a time; of larger ones fewer, for the same memory."""


@dataclass(repr=False)
class Model:
    """A trained InfoGAN: G to draw images from codes, Q to read codes off images."""

    config: ModelConfig
    generator: nn.Module
    discriminator: nn.Module
    names: Names = field(default_factory=Names)

    @classmethod
    def blank(cls, config: ModelConfig, seed: int = 0) -> "Model":
        """Untrained networks of the right shapes, in evaluation mode."""
        with DrawnFrom(seed):
            generator, discriminator = build_generator(config), Discriminator(config)
        return cls(config, generator.eval(), discriminator.eval())

    @property
    def latent(self) -> Latent:
        """The codes and the noise, learned priors being as they were learned."""
        return live_latent(self.config, self.generator)

    def show(self, *, seed: int = 0) -> Image:
        """A picture of what every code does, which a notebook shows: `model.show().save(path)`."""
        return draw_overview(self, seed=seed)

    def __repr__(self) -> str:
        channels, height, width = self.config.shape
        kind = "grey" if channels == 1 else "colour"
        return f"Model of {height}×{width} {kind} images; codes {self.latent}"

    def _repr_html_(self) -> str:
        """How notebooks show a model: in a line, and its overview."""
        content = io.BytesIO()
        self.show().save(content, "PNG", optimize=True)
        source = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
        told = escape(repr(self))
        return (
            f'<p>{told}</p><img alt="What each code does" style="max-width: 100%" src="{source}">'
        )

    def sample(
        self, n: int, *, seed: int = 0, **codes: Values
    ) -> tuple[Images, dict[str, Float[np.ndarray, " n"]]]:
        """Draw n images, the codes not named at random; returns them with every code's values.

        A category is meant by its number, or in text by its name. Image i depends on the seed and
        i alone, whatever n is. Raises UserError for an unknown code or a value it cannot take.
        """
        z = latents(self.latent, n, seed, self.numbers(codes))
        values = self.latent.code_values(z)
        return self.generate(z), {name: value.numpy() for name, value in values.items()}

    def numbers(self, codes: Mapping[str, Values]) -> dict[str, float | np.ndarray]:
        """Values of codes with text, such as "eight" or "3", read as the numbers it stands for."""
        return {name: self._number(self.latent[name], value) for name, value in codes.items()}

    def _number(self, code: Prior, value: Values) -> float | np.ndarray:
        values = np.asarray(value)
        if values.dtype.kind in "UO":
            texts = [self.names.value(code, str(each)) for each in values.ravel()]
            values = np.array(texts).reshape(values.shape)
        return values

    @torch.inference_mode()
    def generate(self, z: Float[Tensor, "n dim"]) -> Images:
        """Images (uint8) of latents."""
        parts = z.split(at_once(self.config.shape[1]))
        return np.concatenate([to_uint8(self.generator(part)) for part in parts])

    def traverse(
        self, name: str, *, rows: int = 10, steps: int = 11, seed: int = 0
    ) -> tuple[UInt8[np.ndarray, "rows steps c h w"], list[float]]:
        """Vary one code along each row, everything else held; returns images and the values.

        The rows show the categories of the first categorical code in turn, where there is another
        one than the code that varies, and random codes and noise otherwise.
        """
        values = self.latent[name].traversal(steps)
        base = latents(self.latent, rows, seed, {})
        leading = self.latent.leading
        if leading is not None and leading.name != name:
            turn = torch.arange(rows).remainder(leading.n_categories).float()
            base = self.latent.set_code(base, leading.name, turn)
        z = base.repeat_interleave(len(values), dim=0)
        z = self.latent.set_code(z, name, torch.tensor(values).repeat(rows))
        images = self.generate(z)
        return images.reshape(rows, len(values), *images.shape[1:]), values

    @torch.inference_mode()
    def encode(self, images: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        """Q(c|x) of bytes (n, c, h, w), or grey (n, h, w): `probs`, or `mean` and `std`, per code.

        And `value`, the best guess. Raises UserError for arrays that are not bytes of the model's
        own shape: `InfoGAN.from_model(model)` reads images of any layout that it knows, and
        `infogan encode` files.
        """
        own = self._own(images)
        q = torch.cat([self.discriminator(part).q for part in self._parts(own)])
        return {
            code.name: {key: value.numpy() for key, value in code.posterior(columns).items()}
            | {"value": code.estimate(columns).numpy()}
            for code, columns in self.latent.split_q(q)
        }

    def _own(self, images: np.ndarray) -> Images:
        """Images as the networks take them; grey ones may come without their one channel."""
        channels, height, width = self.config.shape
        images = np.asarray(images)
        if channels == 1 and images.shape[1:] == (height, width):
            images = images[:, None]
        if images.shape[1:] != self.config.shape or images.dtype != np.uint8:
            own, found = ("×".join(map(str, each)) for each in (self.config.shape, images.shape))
            raise UserError(
                f"images: takes n×{own} bytes, found {found} of {images.dtype}; "
                "InfoGAN.from_model(model).transform(images) reads arrays as in training, "
                "infogan encode files"
            )
        return images

    @torch.inference_mode()
    def features(self, images: Images) -> Float[np.ndarray, "n features"]:
        """What the trunk makes of images, from which Q reads the codes."""
        judge = self.discriminator
        assert isinstance(judge, Discriminator)
        return torch.cat([judge.q_features(part) for part in self._parts(images)]).numpy()

    def _parts(self, images: Images) -> Iterator[Float[Tensor, "n c h w"]]:
        """Images as the networks take them, a few at a time; one part at least."""
        step = at_once(self.config.shape[1])
        for start in range(0, max(1, len(images)), step):
            yield to_float(images[start : start + step])

    def encode_all(self, batches: Iterator[Images]) -> dict[str, dict[str, np.ndarray]]:
        """Encode batch after batch; only the codes are kept, never the images."""
        parts = [self.encode(batch) for batch in batches]
        return {
            name: {key: np.concatenate([part[name][key] for part in parts]) for key in fields}
            for name, fields in parts[0].items()
        }


def at_once(side: int) -> int:
    """How many images of a side pass a network at a time where no gradient is asked for."""
    return max(1, min(AT_ONCE, AT_ONCE * SIDE**2 // side**2))


def latents(
    latent: Latent, n: int, seed: int, codes: Mapping[str, Values], start: int = 0
) -> Float[Tensor, "n dim"]:
    """Draw n inputs for the generator, with some codes set: one value for all, or one each.

    They are those of the images `start` to `start` + n of a seed. Raises UserError.
    """
    if n < 1:
        raise UserError(f"n={n}: at least one image is needed")
    if not 0 <= seed < 2**32:
        raise UserError(f"seed {seed}: takes 0 to 2**32 - 1")
    # Torch's generator heeds 32 bits alone: each seed has its own range of them, one for an image.
    first = int(np.random.SeedSequence(seed).generate_state(1)[0]) + start
    draws = [torch.Generator().manual_seed((first + i) % 2**32) for i in range(n)]
    z = torch.cat([latent.sample(1, generator) for generator in draws])
    for name, value in codes.items():
        values = np.asarray(value, dtype=np.float32)
        if values.shape not in ((), (1,), (n,)):
            raise UserError(f"{name}: {values.size} values for {n} images; give one, or {n}")
        values = np.broadcast_to(values, (n,))
        for each in np.unique(values):
            latent[name].check(float(each))
        z = latent.set_code(z, name, torch.from_numpy(values.copy()))
    return z


def to_float(images: Images) -> Float[Tensor, "n c h w"]:
    """uint8 images to floats in [−1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images)).float().div_(127.5).sub_(1)


def to_uint8(x: Float[Tensor, "n c h w"]) -> Images:
    """Floats in [−1, 1] to uint8 images."""
    return x.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
