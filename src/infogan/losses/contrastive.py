"""InfoGAN-CR's regulariser: from two images, tell which code they share (1906.06034, section 3)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from infogan.codes.continuous import Uniform
from infogan.codes.latent import Latent


@dataclass(frozen=True)
class Pairs:
    """Generated images, two by two, and which continuous code each two share."""

    first: Float[Tensor, "n c h w"]
    second: Float[Tensor, "n c h w"]
    shared: Int[Tensor, " n"]

    def detach(self) -> "Pairs":
        """The same images without their history, for the step that must not reach G."""
        return Pairs(self.first.detach(), self.second.detach(), self.shared)


def contrastive_loss(pair_judge: nn.Module | None, pairs: Pairs) -> Float[Tensor, ""]:
    """−E log H(k | x, x′) in nats: small when the shared code shows (1906.06034, eq. 2)."""
    assert pair_judge is not None, "the judge is built whenever the term's weight is above 0"
    return F.cross_entropy(pair_judge(pairs.first, pairs.second), pairs.shared)


def contrastive_pairs(
    latent: Latent, n: int, rng: torch.Generator, gap: float = 0.0
) -> tuple[Float[Tensor, "n dim"], Float[Tensor, "n dim"], Int[Tensor, " n"]]:
    """Draw n pairs of generator inputs that share one continuous code each, and say which.

    Everything else, the noise included, is drawn anew for each of the two; the uniform codes that
    are not shared lie at least `gap` apart (1906.06034, section 3: the larger, the easier).
    """
    first, second = latent.sample(n, rng), latent.sample(n, rng)
    columns = torch.tensor(continuous_columns(latent))
    if gap:
        for column, code in zip(columns, latent.continuous, strict=True):
            if isinstance(code, Uniform):
                ends = apart(n, code.low, code.high, gap, rng)
                first[:, column], second[:, column] = ends
    shared = torch.randint(len(columns), (n,), generator=rng)
    rows = torch.arange(n)
    second[rows, columns[shared]] = first[rows, columns[shared]]
    return first, second, shared


def apart(
    n: int, low: float, high: float, gap: float, rng: torch.Generator
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Draw n pairs uniformly from [low, high]², given that they differ by at least `gap`."""
    unit = torch.rand(3, n, generator=rng)
    # Of two such points the distance d has a density that falls linearly to 0 at high − low.
    distance = gap + (high - low - gap) * (1 - unit[0].sqrt())
    lower = low + (high - low - distance) * unit[1]
    swapped = unit[2] < 0.5
    return (
        torch.where(swapped, lower + distance, lower),
        torch.where(swapped, lower, lower + distance),
    )


def continuous_columns(latent: Latent) -> list[int]:
    """Where in the generator's input the continuous codes stand."""
    columns, start = [], 0
    for code in latent.codes:
        if code.continuous:
            columns.append(start)
        start += code.dim
    return columns
