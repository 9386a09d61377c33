"""Everything a training run is told, in three small frozen dataclasses."""

import math
import re
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from infogan.codes.prior import Prior
from infogan.data.rules import Fit, ImageRules, Pages
from infogan.errors import UserError
from infogan.losses.adversarial import AdversarialName
from infogan.losses.log_bounds import LogBounds
from infogan.networks.build import ModelConfig
from infogan.training.schedule import Schedule
from infogan.transforms.ranges import Augmentation
from infogan.transforms.table import TRANSFORMATIONS

Sampling = Literal["epochs", "replacement"]
LONGEST_KIMG = 1e9


@dataclass(frozen=True)
class LossConfig:
    """What is minimised.

    Attributes:
        adversarial: the game between D and G.
        mi_categorical: λ of every categorical or Bernoulli code, for G.
        mi_categorical_q: the same for the trunk and Q. The paper has one λ; below it, Q learns
            its categories from real images (by consistency), and G follows.
        mi_continuous: λ of every continuous code that follows nothing, for G.
        mi_continuous_q: the same for the trunk and Q: less, or categories are found late.
        mi_weights: λ of single codes by name, over the two above.
        mi_gradient: who learns from the mutual information: all (G, trunk and Q: the paper), or
            generator+q (a shared trunk then learns only to tell real from generated).
        consistency: weight of the consistency term on real images; 0 is the paper's InfoGAN.
        conditional_entropy: within it, the weight of answers being sure.
        conditional_entropy_start: that weight at the beginning; it then grows evenly.
        conditional_entropy_ramp: thousands of images after which it is whole.
        marginal_entropy: within it, the weight of answers being spread evenly over the categories.
        equivariance: weight of dials following how a real image was turned, sheared or scaled,
            alike in every image; then slant is slant in every category. 0 is off.
        follow: weight of dials following the transformation they are told to (codes `:follow=`),
            and of free dials ignoring it.
        independence: weight of codes not telling, on real images, what a dial follows.
        mi_follow: λ of every dial that follows a transformation, for G, who is to obey.
        mi_follow_q: the same for the trunk and Q: little, since they learn it from real images.
        supervised: weight of the labels, where some are given.
        contrastive: weight of InfoGAN-CR's regulariser on the continuous codes; 0 is off.
        contrastive_from: the part of the run that is over before it is switched on.
        contrastive_gap: at first, how far apart the codes lie that a pair does not share.
        contrastive_gap_until: the part of the run that is over when that gap falls to 0.
        r1: weight of the R1 penalty on D's slope at real images; 0 is off.
        r1_every: it is computed in every so many updates, and then weighs so many times as much.
        gradient_penalty: weight of WGAN-GP's penalty; only with adversarial=wasserstein.
        log_epsilon: added to D's probabilities and to Q's of its categories within logarithms.
        log_clip: these probabilities are clipped to [log_clip, 1 − log_clip], as Keras did before
            TensorFlow 2 (1e-7). Where D is that sure, nothing has a slope any more.
    """

    adversarial: AdversarialName = "bce"
    mi_categorical: float = 1.0
    mi_categorical_q: float = 0.1
    mi_continuous: float = 0.5
    mi_continuous_q: float = 0.1
    mi_weights: dict[str, float] = field(default_factory=dict)
    mi_gradient: Literal["all", "generator+q"] = "all"
    consistency: float = 6.0
    conditional_entropy: float = 0.5
    conditional_entropy_start: float = 0.3
    conditional_entropy_ramp: float = 64.0
    marginal_entropy: float = 1.0
    equivariance: float = 0.0
    follow: float = 0.2
    independence: float = 1.0
    mi_follow: float = 1.0
    mi_follow_q: float = 0.02
    supervised: float = 1.0
    contrastive: float = 0.0
    contrastive_from: float = 0.0
    contrastive_gap: float = 0.0
    contrastive_gap_until: float = 0.0
    r1: float = 0.0
    r1_every: int = 1
    gradient_penalty: float = 10.0
    log_epsilon: float = 0.0
    log_clip: float = 0.0

    def __post_init__(self) -> None:
        _one_of(get_args(AdversarialName), "loss.adversarial", self.adversarial)
        _one_of(("all", "generator+q"), "loss.mi_gradient", self.mi_gradient)
        for name in ("contrastive_from", "contrastive_gap_until"):
            _require(0 <= getattr(self, name) <= 1, f"loss.{name}", getattr(self, name), "0 to 1")
        for name, weight in self.mi_weights.items():
            _require(0 <= weight < math.inf, "loss.mi_weights", f"{name} {weight}", "0 or more")
        weights = (
            *("mi_categorical", "mi_categorical_q", "mi_continuous", "mi_continuous_q"),
            *("mi_follow", "mi_follow_q"),
            *("consistency", "conditional_entropy", "conditional_entropy_start"),
            *("conditional_entropy_ramp", "marginal_entropy", "equivariance", "follow"),
            *("independence", "supervised", "contrastive", "contrastive_gap"),
            *("r1", "gradient_penalty"),
        )
        for name in weights:
            _require(getattr(self, name) >= 0, f"loss.{name}", getattr(self, name), "0 or more")
        _require(self.r1_every >= 1, "loss.r1_every", self.r1_every, "1 or more")
        for name in ("log_epsilon", "log_clip"):
            _require(0 <= getattr(self, name) < 0.5, f"loss.{name}", getattr(self, name), "[0, ½)")

    @property
    def log_bounds(self) -> LogBounds:
        """How logarithms of probabilities are kept finite."""
        return LogBounds(self.log_epsilon, self.log_clip)

    def conditional_entropy_at(self, images_seen: int) -> float:
        """The weight of conditional_entropy after so many images."""
        ramp = self.conditional_entropy_ramp * 1000
        grown = min(1.0, images_seen / ramp) if ramp else 1.0
        return self.conditional_entropy_start + grown * (
            self.conditional_entropy - self.conditional_entropy_start
        )


@dataclass(frozen=True)
class OptimConfig:
    """How it is minimised: an Adam for each set of parts that the schedule moves together.

    Attributes:
        lr_g: learning rate of G, and of what moves with it.
        lr_d: learning rate of the others.
        lr_q: learning rate of steps for the mutual information alone; as the others when not given.
        beta1: Adam's β₁.
        beta2: Adam's β₂.
        epsilon: Adam's ε.
        epsilon_hat: whether ε stands outside the bias correction, as in TensorFlow and Keras.
        decay: the last part of the run over which both rates fall linearly to 0.
        ema_kimg: half-life of the moving average of all weights, in thousands of images; 0 is off.
        prior_from: thousands of images after which learned priors begin to move, or half of the
            run where that is sooner. Before that categories mean nothing yet.
        regroup_from: thousands of images after which, until half of the run, it is looked now and
            then whether one category holds two kinds while two others share one, as real images
            show; these then become one, and that one two. Where the prior is learned, an
            empty category is free, too. 0 is off; so it is where `labels` or `init_from` say what
            the categories are.
    """

    lr_g: float = 1e-3
    lr_d: float = 8e-4
    lr_q: float | None = None
    beta1: float = 0.5
    beta2: float = 0.999
    epsilon: float = 1e-8
    epsilon_hat: bool = False
    decay: float = 0.3
    ema_kimg: float = 10.0
    prior_from: float = 64.0
    regroup_from: float = 16.0

    def __post_init__(self) -> None:
        _require(self.epsilon > 0, "optim.epsilon", self.epsilon, "above 0")
        for name in ("lr_g", "lr_d", "lr_q"):
            rate = getattr(self, name)
            _require(rate is None or rate > 0, f"optim.{name}", rate, "above 0")
        for name in ("beta1", "beta2"):
            _require(0 <= getattr(self, name) < 1, f"optim.{name}", getattr(self, name), "[0, 1)")
        _require(0 <= self.decay <= 1, "optim.decay", self.decay, "0 to 1")
        for name in ("ema_kimg", "prior_from", "regroup_from"):
            _require(getattr(self, name) >= 0, f"optim.{name}", getattr(self, name), "0 or more")


@dataclass(frozen=True)
class TrainConfig:
    """One training run, complete: the same config and seed give the same weights.

    Attributes:
        data: what to learn from: digits, mnist, a folder of images, an .npy or .npz, IDX files;
            or drawn: sprites, scenes, strokes, heads, chairs-drawn, street-numbers.
        labels: a few labelled images: a CSV file of their files (or numbers in the data, from 0)
            and labels, a folder with one folder a class, or an .npz of images and labels. Then
            category 3 means 3. Empty: no label is read.
        init_from: folder of a finished run, or of a model, whose networks, codes and weights are
            taken over (--from for short). Empty: the weights are drawn.
        model: the networks and the codes.
        loss: the objectives.
        augmentation: what changes in an image without changing its category.
        optim: the optimisers.
        schedule: the steps of an update.
        seed: of the weights, the codes and the order of the images.
        kimg: length of the run, in thousands of images seen by D.
        early_stop: go to the last part of the run, in which the rates fall, as soon as real images
            no longer change their category; no label is read.
        batch_size: images an update.
        micro_batch: images that pass the networks at a time, for less memory and somewhat more
            time; 0 is all of them. The gradient is the same.
        sampling: epochs shows each image once before any comes again; replacement draws each from
            all.
        tick_kimg: thousands of images between two lines of the log.
        picture_kimg: thousands of images between two pictures, each with a checkpoint.
        save_minutes: minutes between two more checkpoints, whatever the pictures; only the newest
            of these is kept.
        size: side to which images are resized; from the data when not given.
        channels: 1 for grey, 3 for colour; from the data when not given.
        range: the numbers that are black and white, such as 0,4095 (below 0: --range=-1000,400);
            auto tells them from the values, and asks where it cannot.
        fit: what becomes of rectangles: crop (their middle square), pad, stretch; auto crops them
            unless that would leave less than half.
        ground: under transparent parts and around padded images: white, black, #rrggbb; auto is
            white, unless that would hide light drawings.
        pages: of files with several: the first, or all.
        bands: of images with more than three, which are red, green and blue, such as 3,2,1.
        device: auto, cpu, mps, cuda, or one of several: cuda:1.
        precision: auto takes bf16 where the processor has it; published presets have fp32.
        memory_format: auto takes channels_last for convolutions.
        threads: of the processor; 0 leaves them to OMP_NUM_THREADS, or `infogan train` tries out at
            its start how many are fastest. Another number may give other trained weights.
    """

    data: str = "digits"
    labels: str = ""
    init_from: str = ""
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)
    optim: OptimConfig = field(default_factory=OptimConfig)
    schedule: Schedule = field(default_factory=Schedule)
    seed: int = 0
    kimg: float = 256.0
    early_stop: bool = False
    batch_size: int = 64
    micro_batch: int = 0
    sampling: Sampling = "epochs"
    tick_kimg: float = 4.0
    picture_kimg: float = 64.0
    save_minutes: float = 1.0
    size: int | None = None
    channels: Literal[1, 3] | None = None
    range: str = "auto"
    fit: Fit = "auto"
    ground: str = "auto"
    pages: Pages = "first"
    bands: str = ""
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    memory_format: Literal["auto", "contiguous", "channels_last"] = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        for name in ("kimg", "tick_kimg", "picture_kimg"):
            allowed = f"0.001 to {LONGEST_KIMG:,.0f}: thousands of images"
            value = getattr(self, name)
            _require(0.001 <= value <= LONGEST_KIMG, name, value, allowed)
        _require(self.save_minutes > 0, "save_minutes", self.save_minutes, "above 0")
        for name, value in asdict(self.augmentation).items():
            _require(0 <= value < 10, f"augmentation.{name}", value, "0 to 10")
        known = re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", self.device)
        _require(bool(known), "device", self.device, "auto, cpu, mps, cuda, cuda:1, …")
        _one_of(("auto", "fp32", "bf16"), "precision", self.precision)
        _one_of(("auto", "contiguous", "channels_last"), "memory_format", self.memory_format)
        _require(0 <= self.threads <= 1024, "threads", self.threads, "0 to 1024")
        _one_of((None, 1, 3), "channels", self.channels)
        _ = self.rules
        _require(2 <= self.batch_size <= 65536, "batch_size", self.batch_size, "2 to 65,536")
        _require(0 <= self.micro_batch <= 65536, "micro_batch", self.micro_batch, "0 to 65,536")
        _require(0 <= self.seed < 2**32, "seed", self.seed, "0 to 2**32 − 1")
        if self.labels and not any("consistency" in step.losses for step in self.schedule.parsed):
            raise UserError(
                "labels: are learned together with consistency, which this schedule has not; "
                "take the preset fast"
            )
        if self.model.latent.learned and not self.learns_categories:
            raise UserError(
                "codes: a learned prior follows what consistency finds, which is off here; take "
                "codes without prior=learned, or the preset fast with its loss.consistency"
            )
        channels = 3 if self.model.image_shape is None else self.model.image_shape[0]
        for name in self.model.latent.followed:
            if not TRANSFORMATIONS[name].shows(channels):
                raise UserError(f"codes: a dial follows {name}, which these grey images have not")
        taught = any("equivariance" in step.losses for step in self.schedule.parsed)
        if self.model.latent.followed and not (taught and self.loss.follow):
            raise UserError(
                "codes: dials learn to follow by loss.follow, in a schedule with equivariance, "
                "which this one has not; take the preset fast, or codes without follow="
            )
        if self.loss.contrastive and len(self.model.latent.continuous) < 2:
            raise UserError("loss.contrastive: needs at least two continuous codes to tell apart")
        names = self.model.latent.names
        for name in self.loss.mi_weights:
            _require(name in names, "loss.mi_weights", name, f"one of {', '.join(names)}")

    @property
    def rules(self) -> ImageRules:
        """How images are read. Raises UserError."""
        return ImageRules.parse(
            range=self.range, fit=self.fit, ground=self.ground, bands=self.bands, pages=self.pages
        )

    @property
    def real_batch(self) -> int:
        """Real images an update: half a batch where D's steps take half batches."""
        return self.batch_size // 2 if self.schedule.half_batches else self.batch_size

    @property
    def learns_categories(self) -> bool:
        """Whether Q learns categories from real images, by consistency."""
        learns = any("consistency" in step.losses for step in self.schedule.parsed)
        return learns and self.loss.consistency > 0

    @property
    def updates(self) -> int:
        """Updates in the whole run."""
        return round(self.kimg * 1000 / self.real_batch)

    def learning_rate(self, optimiser: str) -> float:
        """The full learning rate of an optimiser of the schedule."""
        optim, steps = self.optim, self.schedule.optimisers[optimiser]
        if optim.lr_q is not None and all(step.losses == ("mi",) for step in steps):
            return optim.lr_q
        return optim.lr_g if "G" in steps[0].moves else optim.lr_d

    @property
    def mi_weights_g(self) -> dict[str, float]:
        """λ of every code by name, as G has it."""
        loss = self.loss
        return self._mi_weights(loss.mi_categorical, loss.mi_continuous, loss.mi_follow)

    @property
    def mi_weights_q(self) -> dict[str, float]:
        """λ of every code by name, as the trunk and Q have it."""
        loss = self.loss
        return self._mi_weights(loss.mi_categorical_q, loss.mi_continuous_q, loss.mi_follow_q)

    def _mi_weights(self, categorical: float, free: float, follow: float) -> dict[str, float]:
        def usual(code: Prior) -> float:
            if code.followed:
                return follow
            return free if code.continuous else categorical

        given = self.loss.mi_weights
        return {code.name: given.get(code.name, usual(code)) for code in self.model.latent.codes}


def _require(holds: bool, name: str, value: object, allowed: str) -> None:
    if not holds or (isinstance(value, float) and not math.isfinite(value)):
        raise UserError(f"{name}: {value} is not allowed; it takes {allowed}")


def _one_of(choices: tuple[object, ...], name: str, value: object) -> None:
    _require(value in choices, name, value, ", ".join(map(str, choices)))
