"""The variational bound on I(c; G(z, c)), per code, in nats."""

from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.losses.log_bounds import UNBOUNDED, LogBounds


def mi_bound(
    latent: Latent,
    z: Float[Tensor, "n dim"],
    q: Float[Tensor, "n q_dim"],
    bounds: LogBounds = UNBOUNDED,
) -> dict[str, Float[Tensor, ""]]:
    """L_I = H(c) + E[log Q(c|x)] of each code, in nats (1606.03657, eq. 5).

    z is what the images were generated from, q what Q says of them. A code Q cannot see gives 0
    when Q knows the prior, and less when it does not; a category that Q always guesses gives
    H(c) = log k. `bounds` keeps finite the logarithms of categories' probabilities.
    """
    return {
        name: latent[name].entropy + (nats if latent[name].continuous else bounds(nats)).mean()
        for name, nats in log_likelihoods(latent, z, q).items()
    }


def log_likelihoods(
    latent: Latent, z: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
) -> dict[str, Float[Tensor, " n"]]:
    """log Q(c|x) of each code and each image, in nats."""
    pairs = zip(latent.split_codes(z), latent.split_q(q), strict=True)
    return {code.name: code.log_likelihood(columns, own) for (code, columns), (_, own) in pairs}


def mi_loss(bound: dict[str, Float[Tensor, ""]], weights: dict[str, float]) -> Float[Tensor, ""]:
    """−Σ λ·L_I: what G, the trunk and Q minimise; λ per code (1606.03657, eq. 6)."""
    terms = [-weights[name] * nats for name, nats in bound.items()]
    return sum(terms[1:], start=terms[0])
