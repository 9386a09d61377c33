"""What every code's prior must know, whatever its kind."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.errors import UserError, did_you_mean
from infogan.transforms.table import POSE, TRANSFORMATIONS, names_of


@dataclass(frozen=True)
class Prior(ABC):
    """One named code: its prior p(c), the family of Q(c|x) that goes with it, and what it is about.

    Attributes:
        name: unique within a latent.
        ignore: the transformations of an image that leave the code as it is, such as
            `pose+colour`; empty: pose for categories, none for dials. With `rotation@3.14` how far,
            where that is not as far as the run's augmentation goes.
        follow: of a dial, the transformation whose amount it tells, such as `shear`; with `@0.3`
            how far images are moved to teach it.
    """

    name: str = ""
    ignore: str = field(default="", kw_only=True)
    follow: str = field(default="", kw_only=True)
    continuous: ClassVar[bool]

    @property
    def ignored(self) -> dict[str, float | None]:
        """The transformations this code ignores, and how far; None: as the augmentation says."""
        if self.ignore:
            return read_ignore(self.ignore)
        return {} if self.continuous else dict.fromkeys(POSE)

    @property
    def followed(self) -> dict[str, float]:
        """The transformation this code follows and how far, in its unit; empty for a free code."""
        return {}

    def check_about(self) -> None:
        """Raise UserError for a dial that ignores what it follows."""
        if twice := set(self.ignored) & set(self.followed):
            raise UserError(f"{self.name or 'code'}: ignores and follows {', '.join(twice)}")

    @property
    @abstractmethod
    def dim(self) -> int:
        """Columns this code takes in the generator's input."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Of the prior; of categories and circles, of all their columns together."""

    @property
    @abstractmethod
    def q_dim(self) -> int:
        """Numbers Q must output for this code."""

    @property
    @abstractmethod
    def low(self) -> float:
        """The lowest value worth showing: a dial's low end, or category 0."""

    @property
    @abstractmethod
    def high(self) -> float:
        """The highest value worth showing: a dial's high end, or the last category."""

    @property
    def n_categories(self) -> int:
        """How many values a discrete code can take: the numbers from 0."""
        raise TypeError(f"{self} is continuous: it has no categories")

    @property
    @abstractmethod
    def entropy(self) -> float:
        """H(c) in nats (differential entropy for continuous codes)."""

    @property
    @abstractmethod
    def spelling(self) -> str:
        """The kind as the command line spells it, such as `cat:10`."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        """Draw n codes from the prior."""

    @abstractmethod
    def log_likelihood(
        self, code: Float[Tensor, "n dim"], q: Float[Tensor, "n q_dim"]
    ) -> Float[Tensor, " n"]:
        """log Q(c|x) in nats, per sample, from Q's raw output."""

    @abstractmethod
    def posterior(self, q: Float[Tensor, "n q_dim"]) -> dict[str, Tensor]:
        """Parameters of Q(c|x): `probs` (n, k), or `mean` (n,) and `std` (n,)."""

    def log_probs(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n k"]:
        """log Q(c|x) of each value a discrete code can take, in nats."""
        raise TypeError(f"{self} is continuous: it has a density, not probabilities")

    @property
    def shares(self) -> list[float]:
        """How often the prior of a discrete code draws each of its values."""
        raise TypeError(f"{self} is continuous: it has a density, not probabilities")

    @property
    def for_rare_kinds(self) -> str:
        """The code as it would be spelled where some kinds are rare; empty where it is no other."""
        return ""

    @property
    def uneven(self) -> float:
        """KL divergence from those shares, in nats, up to which Q's use of a code is free."""
        return 0.0

    @abstractmethod
    def estimate(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, " n"]:
        """Q's single best value: the category's index, or the mean."""

    @abstractmethod
    def reading(self, q: Float[Tensor, "n q_dim"]) -> Float[Tensor, "n columns"]:
        """What losses compare: probabilities, a dial's mean, or a point on the unit circle."""

    @abstractmethod
    def share_known(self, nats: float) -> float:
        """How much of the code a bound L_I of so many nats amounts to, from 0 to 1."""

    @abstractmethod
    def traversal(self, steps: int) -> list[float]:
        """Values at which to show this code, in order."""

    @abstractmethod
    def check(self, value: float) -> None:
        """Raise UserError where a value is one this code cannot take."""

    def columns(self, values: Float[Tensor, " n"]) -> Float[Tensor, "n dim"]:
        """Turn values (a category's index, a number) into the generator's input columns."""
        return values[:, None]

    @property
    def words(self) -> str:
        """The arguments of its spelling that say what it ignores and follows."""
        about = {"ignore": self.ignore, "follow": self.follow}
        return "".join(f":{word}={value}" for word, value in about.items() if value)

    def __str__(self) -> str:
        spelt = self.spelling + self.words
        return f"{self.name}={spelt}" if self.name else spelt


FARTHEST = 10
"""Times the usual end of a range, beyond which nothing is left of an image."""
NEAREST = 0.01
"""Part of the usual end of a range, below which no change is to be seen."""


def read_ignore(text: str) -> dict[str, float | None]:
    """`pose+rotation@3.14` as the transformations and, where it says so, how far.

    Raises UserError for an unknown one, and for a range of a group, whose units differ.
    """
    words = [word.strip() for word in text.split("+")]
    plain = [word for word in words if "@" not in word]
    if "none" in plain and len(words) > 1:
        raise UserError(f"ignore={text}: none stands alone")
    found: dict[str, float | None] = dict.fromkeys(names_of("+".join(plain)) if plain else ())
    for word in (word for word in words if "@" in word):
        name, _, far = word.partition("@")
        if name not in TRANSFORMATIONS:
            raise UserError(
                f"ignore={text}: only single transformations are told how far, such as "
                f"rotation@0.2{did_you_mean(name, TRANSFORMATIONS)}"
            )
        if found.get(name) is not None:
            raise UserError(f"ignore={text}: {name} is told how far twice")
        found[name] = _far(f"ignore={text}", name, far)
    return {name: found[name] for name in TRANSFORMATIONS if name in found}


def read_follow(text: str) -> dict[str, float]:
    """`shear` or `shear@0.3` as the transformation and how far; UserError where it is neither."""
    if not text:
        return {}
    name, at, far = text.partition("@")
    known = TRANSFORMATIONS.get(name)
    if known is None or not known.dial:
        dials = [each.name for each in TRANSFORMATIONS.values() if each.dial]
        near = did_you_mean(name.replace("_", "-"), dials)
        raise UserError(f"follow={text}: a dial can follow {', '.join(dials)}{near}")
    return {name: _far(f"follow={text}", name, far) if at else known.taught or known.far}


def _far(where: str, name: str, text: str) -> float:
    try:
        far = float(text)
    except ValueError:
        far = 0.0
    usual = TRANSFORMATIONS[name].far
    if not NEAREST * usual <= far <= FARTHEST * usual:
        raise UserError(
            f"{where}: how far must be a number from {NEAREST * usual:g} to {FARTHEST * usual:g}, "
            f"such as {name}@{usual:g}"
        )
    return far


def exact(number: float) -> str:
    """A number as briefly as it can be written without changing when it is read again."""
    return repr(float(number)).removesuffix(".0")
