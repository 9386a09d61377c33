"""Everything a training run is told, in one frozen dataclass of a few small ones."""

import re
from dataclasses import asdict, dataclass, field
from typing import Literal

from infogan.codes.prior import Prior
from infogan.data.rules import Fit, ImageRules, Pages
from infogan.errors import UserError
from infogan.networks.build import ModelConfig
from infogan.training.allowed import one_of, require
from infogan.training.loss_config import LossConfig
from infogan.training.optim_config import OptimConfig
from infogan.training.schedule import Schedule
from infogan.transforms.ranges import Augmentation
from infogan.transforms.table import TRANSFORMATIONS

Sampling = Literal["epochs", "replacement"]
LONGEST_KIMG = 1e9


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
            require(0.001 <= value <= LONGEST_KIMG, name, value, allowed)
        require(self.save_minutes > 0, "save_minutes", self.save_minutes, "above 0")
        for name, value in asdict(self.augmentation).items():
            require(0 <= value < 10, f"augmentation.{name}", value, "0 to 10")
        known = re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", self.device)
        require(bool(known), "device", self.device, "auto, cpu, mps, cuda, cuda:1, …")
        one_of(("auto", "fp32", "bf16"), "precision", self.precision)
        one_of(("auto", "contiguous", "channels_last"), "memory_format", self.memory_format)
        require(0 <= self.threads <= 1024, "threads", self.threads, "0 to 1024")
        one_of((None, 1, 3), "channels", self.channels)
        _ = self.rules
        require(2 <= self.batch_size <= 65536, "batch_size", self.batch_size, "2 to 65,536")
        require(0 <= self.micro_batch <= 65536, "micro_batch", self.micro_batch, "0 to 65,536")
        require(0 <= self.seed < 2**32, "seed", self.seed, "0 to 2**32 − 1")
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
            require(name in names, "loss.mi_weights", name, f"one of {', '.join(names)}")

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
