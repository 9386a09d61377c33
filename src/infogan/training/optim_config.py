"""How a run minimises: rates, their decay, averaging, and when categories are looked after."""

from dataclasses import dataclass

from infogan.training.allowed import require


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
        require(self.epsilon > 0, "optim.epsilon", self.epsilon, "above 0")
        for name in ("lr_g", "lr_d", "lr_q"):
            rate = getattr(self, name)
            require(rate is None or rate > 0, f"optim.{name}", rate, "above 0")
        for name in ("beta1", "beta2"):
            require(0 <= getattr(self, name) < 1, f"optim.{name}", getattr(self, name), "[0, 1)")
        require(0 <= self.decay <= 1, "optim.decay", self.decay, "0 to 1")
        for name in ("ema_kimg", "prior_from", "regroup_from"):
            require(getattr(self, name) >= 0, f"optim.{name}", getattr(self, name), "0 or more")
