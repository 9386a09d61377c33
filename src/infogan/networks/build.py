"""The three networks of an InfoGAN, built from one small config."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, NamedTuple, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from infogan.codes.continuous import Gaussian
from infogan.codes.latent import Latent
from infogan.data.preprocessing import Preprocessing
from infogan.errors import UserError
from infogan.networks.chairs import ChairsGenerator, ChairsTrunk
from infogan.networks.circles import OnCircles
from infogan.networks.conv import ConvGenerator, ConvTrunk
from infogan.networks.dcgan import DCGANGenerator, DCGANTrunk
from infogan.networks.heads import TanhMeans, d_head, q_head
from infogan.networks.initial import Initial, glorot, initialise
from infogan.networks.mlp import MLPGenerator, MLPTrunk
from infogan.networks.norm import BATCH_NORMS, Norm
from infogan.networks.perceptron import PerceptronGenerator, PerceptronTrunk
from infogan.networks.photos import PhotosGenerator, PhotosTrunk
from infogan.networks.pixels import Pixels
from infogan.networks.pooling import PoolingGenerator, PoolingTrunk
from infogan.networks.residual import ResidualGenerator, ResidualTrunk
from infogan.networks.sprites import SpritesGenerator, SpritesTrunk
from infogan.networks.trunk import Trunk
from infogan.networks.tutorial import TutorialGenerator, TutorialTrunk

Family = Literal[
    "conv",
    "mlp",
    "tutorial",
    "pooling",
    "perceptron",
    "dcgan",
    "photos",
    "chairs",
    "sprites",
    "residual",
]
FamilyOrAuto = Literal[Family, "auto"]
PairNorm = Literal["trunk", "batch"]
AUTO: Literal["auto"] = "auto"
"""What codes and family are where the images are to say."""
UNTIL_CHOSEN = "c1=cat:10,c2=uni,c3=uni"
WIDEST_LAYER = 16_384


@dataclass(frozen=True)
class ModelConfig:
    """What the networks look like.

    Attributes:
        codes: the controls to find, such as "digit=cat:10,slant=uni,width=uni"; auto: those
            that the images are found to vary in.
        noise: width of the incompressible noise.
        noise_prior: normal, or uniform on [-1, 1].
        image_shape: channels, height, width; taken from the data when not given.
        family: conv (the paper's), residual for colour, mlp for small images, or those of a
            source: see its preset; auto: residual for colour from 32×32 on, else conv.
        width: channels of the first convolution (64 in the paper).
        hidden: width of the fully connected layers (1024 in the paper).
        g_hidden: that of G's in family perceptron; 0 is twice `hidden`.
        norm: normalisation in the trunk of D and Q; slim, in family dcgan, in G too.
        leak: slope of rectifiers below 0 in the trunk of family conv.
        q_hidden: width of Q's own layer; 0 leaves it out.
        q_leak: that slope in Q's own layer; 0 is ReLU.
        q_means: Q's means of continuous codes, as they come or through a tanh.
        q_trunk: whether Q shares D's trunk (the paper's way) or has its own.
        pair_norm: that of InfoGAN-CR's judge of pairs: as the trunk's, or, in family sprites,
            batch normalisation after its rectifiers.
        pixels: how family conv makes and sees them: tanh on [-1, 1], or sigmoid on [0, 1].
        initial: how weights are drawn: as PyTorch does, or as one of the sources.
        images: how those were read that it was trained on; taken from the data.
    """

    codes: str = UNTIL_CHOSEN
    noise: int = 62
    noise_prior: Literal["normal", "uniform"] = "uniform"
    image_shape: tuple[int, int, int] | None = None
    family: FamilyOrAuto = "conv"
    width: int = 16
    hidden: int = 256
    g_hidden: int = 0
    norm: Norm = "layer"
    leak: float = 0.1
    q_hidden: int = 128
    q_leak: float = 0.1
    q_means: Literal["linear", "tanh"] = "linear"
    q_trunk: Literal["shared", "own"] = "shared"
    pair_norm: PairNorm = "trunk"
    pixels: Pixels = "tanh"
    initial: Initial = "pytorch"
    images: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("leak", "q_leak"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"model.{name}: {getattr(self, name)} must lie in [0, 1)")
        for name, least in (("width", 1), ("hidden", 1), ("g_hidden", 0), ("q_hidden", 0)):
            if not least <= getattr(self, name) <= WIDEST_LAYER:
                raise UserError(
                    f"model.{name}: {getattr(self, name)} must lie in {least} to {WIDEST_LAYER:,}"
                )
        _ = self.preprocessing
        if self.family not in get_args(FamilyOrAuto):
            raise UserError(
                f"model.family: {self.family!r} is none of {', '.join(get_args(FamilyOrAuto))}"
            )
        if self.image_shape is not None:
            check_image_shape(self.image_shape)
            if self.family == "dcgan" and self.image_shape[1] % 8:
                raise UserError(
                    f"image shape {self.image_shape}: family dcgan needs a side that is a "
                    "multiple of 8, such as --size 32"
                )
        if self.pair_norm == "batch" and self.family != "sprites":
            raise UserError("model.pair_norm: batch is of family sprites alone")
        if self.family == "dcgan" and self.width % 4:
            raise UserError(f"model.width: {self.width} must be a multiple of 4 in family dcgan")

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "ModelConfig":
        """Rebuild a config from JSON or YAML, which have lists for tuples; may raise TypeError."""
        shape = content.get("image_shape")
        return cls(**(content | {"image_shape": None if shape is None else tuple(shape)}))

    @cached_property
    def latent(self) -> Latent:
        """The codes and the noise that the spelling stands for."""
        # Until the images are read: a category and two dials there are in any case.
        codes = UNTIL_CHOSEN if self.codes == AUTO else self.codes
        return Latent.parse(codes, self.noise, self.noise_prior)

    @property
    def preprocessing(self) -> Preprocessing:
        """How images become what the model takes. Raises UserError where it is damaged."""
        return Preprocessing.from_dict(self.images or None)

    @property
    def chosen_family(self) -> Family:
        """The family, once it is chosen."""
        assert self.family != "auto", "training.networks chooses it when a state is created"
        return self.family

    @property
    def shape(self) -> tuple[int, int, int]:
        """The image shape, once the data is known."""
        assert self.image_shape is not None, "image_shape is set when the data is opened"
        return self.image_shape


def check_image_shape(shape: tuple[int, int, int]) -> None:
    """Raise UserError unless shape is (1 or 3, s, s) with s a multiple of 4 from 8 to 128."""
    if (
        len(shape) != 3
        or shape[0] not in (1, 3)
        or shape[1] != shape[2]
        or shape[1] not in range(8, 129, 4)
    ):
        raise UserError(
            f"image shape {tuple(shape)}: needs 1 or 3 channels and a square side that is a "
            "multiple of 4 from 8 to 128"
        )


class Verdict(NamedTuple):
    """What D and Q say of a batch of images; of length 0 where one of them was not asked."""

    d_logits: Float[Tensor, " n"]
    q: Float[Tensor, "n q_dim"]


class Discriminator(nn.Module):
    """D and Q in one module: by default they share the trunk, and differ in their heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.trunk = _trunk(config, config.shape)
        features = self.trunk.features
        self.d_head = d_head(features, config.norm)
        self.q_trunk = _trunk(config, config.shape) if config.q_trunk == "own" else None
        # Spectral normalisation is for D's Lipschitz constant; but InfoGAN-CR's Q has it too.
        q_norm: Norm = config.norm
        if config.norm == "spectral" and config.family != "sprites":
            q_norm = "none"
        q_dim = config.latent.q_dim
        self.q_head = q_head(features, config.q_hidden, q_dim, q_norm, config.q_leak)
        if config.q_means == "tanh":
            self.q_head = nn.Sequential(self.q_head, TanhMeans(_means(config.latent), q_dim))
        initialise(self, config.initial)
        if config.initial == "keras":
            glorot(self.d_head)
            glorot(self.q_head)

    @cached_property
    def couples_images(self) -> bool:
        """Whether what it says of an image depends on the others of the batch, in training."""
        return any(isinstance(module, BATCH_NORMS) for module in self.modules())

    def forward(
        self,
        x: Float[Tensor, "n c h w"],
        q_detached: bool = False,
        ask_d: bool = True,
        ask_q: bool = True,
    ) -> Verdict:
        """Judge images; `q_detached` keeps Q's gradient out of a shared trunk.

        Layers that only serve one of D and Q are left out where it is not asked.
        """
        d_logits, q, own = x.new_empty(0), x.new_empty(0, 0), self.q_trunk
        if ask_d or own is None:
            features = self.trunk(x)
        if ask_d:
            d_logits = self.d_head(features)[:, 0].float()
        if ask_q:
            if own is not None:
                features = own(x)
            elif q_detached:
                features = features.detach()
            q = self.q_head(features).float()
        return Verdict(d_logits, q)

    def q_features(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n features"]:
        """What Q's head reads the codes from."""
        trunk = self.trunk if self.q_trunk is None else self.q_trunk
        features: Tensor = trunk(x).float()
        return features


class PairJudge(nn.Module):
    """InfoGAN-CR's H: from two images, a logit for each continuous code they might share."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, height, width = config.shape
        shape = (2 * channels, height, width)
        self.trunk = _trunk(config, shape)
        if config.pair_norm == "batch":
            self.trunk = SpritesTrunk(shape, config.width, config.hidden, "batch", norm_last=True)
        shared = len(config.latent.continuous)
        self.head = nn.Linear(self.trunk.features, shared)
        initialise(self, config.initial)

    def forward(
        self, first: Float[Tensor, "n c h w"], second: Float[Tensor, "n c h w"]
    ) -> Float[Tensor, "n codes"]:
        logits: Tensor = self.head(self.trunk(torch.cat([first, second], dim=1))).float()
        return logits


def _means(latent: Latent) -> list[int]:
    """The columns of Q's output that are means of dials with ends."""
    starts = accumulate((code.q_dim for code in latent.codes), initial=0)
    codes = zip(starts, latent.codes, strict=False)
    return [start for start, code in codes if isinstance(code, Gaussian)]


def build_generator(config: ModelConfig) -> nn.Module:
    """G: (n, latent.dim) → images (n, c, s, s) in [−1, 1]."""
    shape, width, hidden = config.shape, config.width, config.hidden
    circles = config.latent.circles
    dim = config.latent.dim + len(circles)
    makers: dict[Family, Callable[[], nn.Module]] = {
        "conv": lambda: ConvGenerator(dim, shape, width, hidden, config.pixels),
        "mlp": lambda: MLPGenerator(dim, shape, hidden),
        "tutorial": lambda: TutorialGenerator(dim, shape, width),
        "pooling": lambda: PoolingGenerator(dim, shape, width),
        "perceptron": lambda: PerceptronGenerator(dim, shape, config.g_hidden or 2 * hidden),
        "dcgan": lambda: DCGANGenerator(dim, shape, width, config.norm),
        "photos": lambda: PhotosGenerator(dim, shape, width),
        "chairs": lambda: ChairsGenerator(dim, shape, width, hidden),
        "sprites": lambda: SpritesGenerator(dim, shape, width, hidden),
        "residual": lambda: ResidualGenerator(dim, shape, width, hidden),
    }
    generator = makers[config.chosen_family]()
    if circles:
        generator = OnCircles(generator, circles)
    initialise(generator, config.initial)
    if learned := config.latent.learned:
        # A learned prior is a part of G, averaged and saved with it; no gradient moves it.
        priors = nn.ParameterList([torch.zeros(code.k) for code in learned])
        generator.priors = priors.requires_grad_(False)
    return generator


def live_latent(config: ModelConfig, generator: nn.Module) -> Latent:
    """The config's latent, its learned priors being as the generator now has them."""
    latent = config.latent
    if not latent.learned:
        return latent
    priors = generator.priors
    assert isinstance(priors, nn.ParameterList), "build_generator adds them"
    return latent.with_logits(priors)


def _trunk(config: ModelConfig, shape: tuple[int, int, int]) -> Trunk:
    """The layers below the heads; `.features` says how many numbers they give for an image."""
    width, hidden, norm = config.width, config.hidden, config.norm
    makers: dict[Family, Callable[[], Trunk]] = {
        "conv": lambda: ConvTrunk(shape, width, hidden, norm, config.leak, config.pixels),
        "mlp": lambda: MLPTrunk(shape, hidden, norm),
        "tutorial": lambda: TutorialTrunk(shape, width, norm),
        "pooling": lambda: PoolingTrunk(shape, width, hidden, norm),
        "perceptron": lambda: PerceptronTrunk(shape, hidden, norm),
        "dcgan": lambda: DCGANTrunk(shape, width, hidden, norm),
        "photos": lambda: PhotosTrunk(shape, width, norm),
        "chairs": lambda: ChairsTrunk(shape, width, hidden, norm),
        "sprites": lambda: SpritesTrunk(shape, width, hidden, norm),
        "residual": lambda: ResidualTrunk(shape, width, hidden, norm, config.leak),
    }
    return makers[config.chosen_family]()
