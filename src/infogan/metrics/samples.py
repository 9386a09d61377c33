"""What the metrics over (codes, factors) share: their protocols, their checks, their samples."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from infogan.errors import UserError

Protocol = Literal["A", "B"]

_NAMES = {"A": "protocol A (disentanglement_lib)", "B": "protocol B (InfoGAN-CR)"}


def protocol_name(protocol: Protocol) -> str:
    """The protocol's letter and the code base it follows; UserError for another letter."""
    if protocol not in _NAMES:
        raise UserError(
            f"protocol {protocol!r} is unknown: "
            "choose 'A' (disentanglement_lib) or 'B' (InfoGAN-CR)"
        )
    return _NAMES[protocol]


def check(
    codes: Float[np.ndarray, "n d"], factors: Int[np.ndarray, "n k"], *, least_factors: int = 1
) -> None:
    """Raise UserError unless codes and factors describe the same images and can be scored."""
    if len(codes) != len(factors):
        raise UserError(f"{len(codes)} codes but {len(factors)} factors: give one row per image")
    if not np.isfinite(codes).all():
        raise UserError("codes hold NaN or infinity: the encoder has diverged, train it again")
    if factors.shape[1] < least_factors:
        raise UserError(
            f"{factors.shape[1]} factors: this metric compares them, give at least {least_factors}"
        )
    constant = np.flatnonzero(factors.min(axis=0) == factors.max(axis=0))
    if len(constant):
        raise UserError(
            f"factor column {constant[0]} has a single value: leave out the factors that never vary"
        )


def draw(available: int, wanted: int, rng: np.random.Generator) -> Int[np.ndarray, " m"]:
    """Indices of `wanted` images drawn without replacement; all, in order, where fewer exist."""
    if wanted >= available:
        return np.arange(available)
    return rng.choice(available, wanted, replace=False)


def split(
    available: int, train: int, test: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]:
    """Disjoint train and test indices, both shrunk in proportion where too few images exist."""
    scale = min(1.0, available / (train + test))
    trained, tested = int(train * scale), int(test * scale)
    if trained < 1 or tested < 1:
        raise UserError(
            f"{available} images cannot be split into {train} to fit and {test} to test: give more"
        )
    order = rng.permutation(available)
    return order[:trained], order[trained : trained + tested]
