"""Priors of single codes: sampling, entropy, Q's family, and the values worth showing."""

from infogan.priors.base import Prior
from infogan.priors.dials import Gaussian, Normal, Uniform
from infogan.priors.discrete import Bernoulli, Categorical

__all__ = ["Bernoulli", "Categorical", "Gaussian", "Normal", "Prior", "Uniform"]
