"""The order of one update: which losses, whom they move, on which images.

An update is a few steps in turn, each spelled `losses > parts`:

    >>> Schedule().parsed[1]
    Step(losses=('fool', 'mi', 'contrast'), moves=('G',))
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar, get_args

from infogan.errors import UserError
from infogan.networks.parts import PARTS, Part

Word = TypeVar("Word", bound=str)
Loss = Literal["real", "fake", "fool", "mi", "consistency", "equivariance", "contrast", "penalty"]
LOSSES: tuple[Loss, ...] = get_args(Loss)

REACHES: dict[Loss, tuple[Part, ...]] = {
    "real": ("trunk", "D", "norms"),
    "fake": ("G", "trunk", "D", "norms"),
    "fool": ("G", "trunk", "D", "norms"),
    "mi": ("G", "trunk", "Q", "norms"),
    "consistency": ("trunk", "Q", "norms"),
    "equivariance": ("trunk", "Q", "norms"),
    "contrast": ("G", "pairs"),
    "penalty": ("trunk", "D", "norms"),
}
"""The parts on which each loss depends; a step must move one of them."""

DEFAULT = (
    "real+fake+mi+consistency+equivariance+contrast+penalty > trunk+D+Q+pairs, fool+mi+contrast > G"
)


@dataclass(frozen=True)
class Step:
    """One step of one optimiser: the losses that are added up, and the parts they move."""

    losses: tuple[Loss, ...]
    moves: tuple[Part, ...]

    @property
    def optimiser(self) -> str:
        """Steps that move the same parts share an optimiser, known by this name."""
        return "+".join(self.moves)

    def __str__(self) -> str:
        return f"{'+'.join(self.losses)} > {self.optimiser}"


@dataclass(frozen=True)
class Schedule:
    """The order of one update.

    Attributes:
        steps: `losses > parts, losses > parts, …`, in turn; `2*` before a step repeats it. Losses:
            real, fake (D tells them apart), fool (G is taken for real), mi (the mutual
            information), consistency, equivariance, contrast, penalty; those of weight 0 are left
            out. Parts: G, trunk, D and Q (what is theirs alone), norms (the trunk's batch
            normalisations alone), pairs (InfoGAN-CR's judge). Steps that move the same parts share
            an Adam.
        half_batches: whether D's steps take half a batch of each kind, and G's a whole one.
        latents: once: all steps of an update see the same codes and noise; anew: each draws
            its own.
        fakes: how G makes the images of steps that do not move it: as in training, or as in
            inference, by the running averages of its batch normalisation.
    """

    steps: str = DEFAULT
    half_batches: bool = False
    latents: Literal["once", "anew"] = "once"
    fakes: Literal["training", "inference"] = "training"

    def __post_init__(self) -> None:
        for name, choices in (("latents", ("once", "anew")), ("fakes", ("training", "inference"))):
            if (value := getattr(self, name)) not in choices:
                raise UserError(f"schedule.{name}: {value!r} is none of {', '.join(choices)}")
        if not any("G" in step.moves for step in self.parsed):
            raise UserError(f"schedule.steps: no step of {self.steps!r} moves G")

    @cached_property
    def parsed(self) -> tuple[Step, ...]:
        """The steps in turn, repetitions spelled out; UserError where they cannot be read."""
        return tuple(step for item in self.steps.split(",") for step in _parse(item.strip()))

    @property
    def optimisers(self) -> dict[str, tuple[Step, ...]]:
        """The steps of each optimiser, by its name."""
        return {
            name: tuple(step for step in self.parsed if step.optimiser == name)
            for name in dict.fromkeys(step.optimiser for step in self.parsed)
        }


def _parse(item: str) -> list[Step]:
    match = re.fullmatch(r"(?:(\d)\s*\*)?\s*([\w+ ]+?)\s*>\s*([\w+ ]+)", item)
    if match is None:
        raise UserError(f"schedule.steps: cannot read {item!r}; write losses > parts")
    losses = _words(match[2], LOSSES, "loss")
    moves = _words(match[3], PARTS, "part")
    reached = {part for loss in losses for part in REACHES[loss]}
    if not reached & set(moves):
        raise UserError(
            f"schedule.steps: {item!r} moves nothing, since {' and '.join(losses)} depends on "
            f"{', '.join(part for part in PARTS if part in reached)} alone"
        )
    return [Step(losses, moves)] * int(match[1] or 1)


def _words(text: str, known: tuple[Word, ...], what: str) -> tuple[Word, ...]:
    """The words of `a+b`, in the order of `known`, each once."""
    words = [word.strip() for word in text.split("+")]
    for word in words:
        if word not in known:
            raise UserError(f"schedule.steps: no {what} {word!r}; there are {', '.join(known)}")
    return tuple(word for word in known if word in words)
