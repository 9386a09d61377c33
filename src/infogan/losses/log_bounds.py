"""How sources keep the logarithm of a probability finite."""

import math
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class LogBounds:
    """What is done to a probability before its logarithm is taken; nothing by default.

    Attributes:
        epsilon: added within the logarithm, as in log(D(x) + 1e-8).
        clip: the probability is kept in [clip, 1 − clip], beyond which its slope is 0 (Keras).
    """

    epsilon: float = 0.0
    clip: float = 0.0

    def __call__(self, log_p: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """log p, from log p as it is."""
        if self.clip:
            log_p = log_p.clamp(math.log(self.clip), math.log1p(-self.clip))
        return (log_p.exp() + self.epsilon).log() if self.epsilon else log_p


UNBOUNDED = LogBounds()
