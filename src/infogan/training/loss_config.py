"""What a run minimises: the weight and form of every loss."""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from infogan.losses.adversarial import AdversarialName
from infogan.losses.log_bounds import LogBounds
from infogan.training.allowed import one_of, require


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
        conditional_entropy_two_sided: the same where a code ignores colour or texture, and copies
            and images must agree with each other; 0 leaves it to the copies to agree, as elsewhere.
        conditional_entropy_ramp: thousands of images after which it is `conditional_entropy`.
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
        r1: weight of the R1 penalty on D's slope at real images; 0 is off. Left out it is off, but
            0.5 where dials follow place and for colour (`training.networks`).
        r1_every: it is computed in every so many updates, and then weighs so many times as much.
        augment_d: part of the images, real and generated alike, that D is shown shifted and with a
            square hidden, so that it cannot learn few by heart; where it is not given, all of them
            if each image comes more than 128 times.
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
    conditional_entropy_two_sided: float = 0.9
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
    r1: float | None = None
    r1_every: int = 1
    augment_d: float | None = None
    gradient_penalty: float = 10.0
    log_epsilon: float = 0.0
    log_clip: float = 0.0

    def __post_init__(self) -> None:
        one_of(get_args(AdversarialName), "loss.adversarial", self.adversarial)
        one_of(("all", "generator+q"), "loss.mi_gradient", self.mi_gradient)
        for name in ("contrastive_from", "contrastive_gap_until"):
            require(0 <= getattr(self, name) <= 1, f"loss.{name}", getattr(self, name), "0 to 1")
        for name, weight in self.mi_weights.items():
            require(0 <= weight < math.inf, "loss.mi_weights", f"{name} {weight}", "0 or more")
        weights = (
            *("mi_categorical", "mi_categorical_q", "mi_continuous", "mi_continuous_q"),
            *("mi_follow", "mi_follow_q"),
            *("consistency", "conditional_entropy", "conditional_entropy_start"),
            *("conditional_entropy_two_sided", "conditional_entropy_ramp", "marginal_entropy"),
            *("equivariance", "follow"),
            *("independence", "supervised", "contrastive", "contrastive_gap"),
            "gradient_penalty",
        )
        for name in weights:
            require(getattr(self, name) >= 0, f"loss.{name}", getattr(self, name), "0 or more")
        require(0 <= (self.augment_d or 0) <= 1, "loss.augment_d", self.augment_d, "0 to 1")
        require((self.r1 or 0) >= 0, "loss.r1", self.r1, "0 or more")
        require(self.r1_every >= 1, "loss.r1_every", self.r1_every, "1 or more")
        for name in ("log_epsilon", "log_clip"):
            require(0 <= getattr(self, name) < 0.5, f"loss.{name}", getattr(self, name), "[0, ½)")

    @property
    def log_bounds(self) -> LogBounds:
        """How logarithms of probabilities are kept finite."""
        return LogBounds(self.log_epsilon, self.log_clip)

    def conditional_entropy_at(self, images_seen: int, two_sided: bool = False) -> float:
        """The weight of conditional_entropy after so many images, for either kind of code."""
        ramp = self.conditional_entropy_ramp * 1000
        done = min(1.0, images_seen / ramp) if ramp else 1.0
        kinds = self.conditional_entropy_start, self.conditional_entropy_two_sided
        start = kinds[two_sided]
        return start + done * (self.conditional_entropy - start)
