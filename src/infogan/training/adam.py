"""Adam, and the ε of the sources that were not written in PyTorch."""

from collections.abc import Callable, Iterable

import torch
from torch import nn


class EpsilonHatAdam(torch.optim.Adam):
    """Adam with ε outside the bias correction, as TensorFlow and Keras have it.

    They divide by √v + ε̂ where PyTorch divides by √v + ε·√(1 − β₂ᵗ), v being uncorrected
    (1412.6980, end of section 2). So ε = ε̂ / √(1 − β₂ᵗ) at step t: at first 32 times as large.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        betas: tuple[float, float],
        eps: float,
        fused: bool,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, fused=fused)
        self.epsilon_hat = eps

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take a step, of whose number ε depends."""
        for group in self.param_groups:
            taken = next((self.state[p]["step"] for p in group["params"] if p in self.state), 0)
            group["eps"] = self.epsilon_hat / (1 - group["betas"][1] ** (float(taken) + 1)) ** 0.5
        loss: float | None = super().step(closure)
        return loss
