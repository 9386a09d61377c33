"""A trained model at work: sample, traverse, encode, invert."""

from infogan.inference.inversion import invert
from infogan.inference.trained_model import Model

__all__ = ["Model", "invert"]
