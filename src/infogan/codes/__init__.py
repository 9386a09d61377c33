"""Codes: their priors, the latent that holds them all, and what their user calls them."""

from infogan.codes.circular import Circular
from infogan.codes.continuous import Gaussian, Normal, Uniform
from infogan.codes.discrete import Bernoulli, Categorical
from infogan.codes.latent import Latent
from infogan.codes.prior import Prior

__all__ = [
    "Bernoulli",
    "Categorical",
    "Circular",
    "Gaussian",
    "Latent",
    "Normal",
    "Prior",
    "Uniform",
]
