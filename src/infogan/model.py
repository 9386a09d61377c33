"""The three networks of an InfoGAN, built from one small config."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .latent import Latent
from .networks.conv import ConvGenerator, ConvTrunk
from .networks.heads import d_head, q_head
from .networks.mlp import MLPGenerator, MLPTrunk
from .networks.norm import Norm


@dataclass(frozen=True)
class ModelConfig:
    """What the networks look like.

    Attributes:
        codes: the knobs to find, such as "digit=cat:10,slant=uni,width=uni".
        noise: width of the incompressible noise.
        noise_prior: normal, or uniform on [-1, 1].
        image_shape: channels, height, width; taken from the data when not given.
        family: conv (the paper's), or mlp for small images.
        width: channels of the first convolution (64 in the paper).
        hidden: width of the fully connected layers (1024 in the paper).
        norm: normalisation in the trunk of D and Q.
        q_hidden: width of Q's own layer.
        q_trunk: whether Q shares D's trunk (the paper's way) or has its own.
    """

    codes: str = "c1=cat:10,c2=uni,c3=uni"
    noise: int = 62
    noise_prior: Literal["normal", "uniform"] = "uniform"
    image_shape: tuple[int, int, int] | None = None
    family: Literal["conv", "mlp"] = "conv"
    width: int = 16
    hidden: int = 256
    norm: Norm = "layer"
    q_hidden: int = 128
    q_trunk: Literal["shared", "own"] = "shared"

    def __post_init__(self) -> None:
        for field in ("width", "hidden", "q_hidden"):
            if getattr(self, field) < 1:
                raise ValueError(f"model.{field}: {getattr(self, field)} must be at least 1")
        if self.image_shape is not None:
            check_image_shape(self.image_shape)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "ModelConfig":
        """Rebuild a config from JSON or YAML, which have lists for tuples; may raise TypeError."""
        shape = content.get("image_shape")
        return cls(**(content | {"image_shape": None if shape is None else tuple(shape)}))

    @property
    def latent(self) -> Latent:
        return Latent.parse(self.codes, self.noise, self.noise_prior)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The image shape, once the data is known."""
        assert self.image_shape is not None, "image_shape is set when the data is opened"
        return self.image_shape


def check_image_shape(shape: tuple[int, int, int]) -> None:
    """Raise ValueError unless shape is (1 or 3, s, s) with s a multiple of 4 from 8 to 128."""
    if (
        len(shape) != 3
        or shape[0] not in (1, 3)
        or shape[1] != shape[2]
        or shape[1] not in range(8, 129, 4)
    ):
        raise ValueError(
            f"image shape {tuple(shape)}: needs 1 or 3 channels and a square side that is a "
            "multiple of 4 from 8 to 128"
        )


class Verdict(NamedTuple):
    """What D and Q say of a batch of images."""

    d_logits: Float[Tensor, " n"]
    q: Float[Tensor, "n q_dim"]


class Discriminator(nn.Module):
    """D and Q in one module: by default they share the trunk, and differ in their heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.trunk = _trunk(config, config.shape)
        self.d_head = d_head(config.hidden, config.norm)
        self.q_trunk = _trunk(config, config.shape) if config.q_trunk == "own" else None
        # Spectral normalisation is for D's Lipschitz constant; Q's likelihood is left free.
        q_norm: Norm = config.norm if config.norm in ("batch", "layer") else "none"
        self.q_head = q_head(config.hidden, config.q_hidden, config.latent.q_dim, q_norm)

    def forward(self, x: Float[Tensor, "n c h w"], q_detached: bool = False) -> Verdict:
        """Judge images; `q_detached` keeps Q's gradient out of a shared trunk."""
        features = self.trunk(x)
        if self.q_trunk is not None:
            q_features = self.q_trunk(x)
        else:
            q_features = features.detach() if q_detached else features
        return Verdict(self.d_head(features)[:, 0].float(), self.q_head(q_features).float())


class PairJudge(nn.Module):
    """InfoGAN-CR's H: from two images, a logit for each continuous code they might share."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, height, width = config.shape
        self.trunk = _trunk(config, (2 * channels, height, width))
        shared = sum(code.continuous for code in config.latent.codes)
        self.head = nn.Linear(config.hidden, shared)

    def forward(
        self, first: Float[Tensor, "n c h w"], second: Float[Tensor, "n c h w"]
    ) -> Float[Tensor, "n codes"]:
        return self.head(self.trunk(torch.cat([first, second], dim=1))).float()


def build_generator(config: ModelConfig) -> nn.Module:
    """G: (n, latent.dim) → images (n, c, s, s) in [−1, 1]."""
    dim, shape = config.latent.dim, config.shape
    if config.family == "mlp":
        return MLPGenerator(dim, shape, config.hidden)
    return ConvGenerator(dim, shape, config.width, config.hidden)


def _trunk(config: ModelConfig, shape: tuple[int, int, int]) -> nn.Module:
    if config.family == "mlp":
        return MLPTrunk(shape, config.hidden, config.norm)
    return ConvTrunk(shape, config.width, config.hidden, config.norm)
