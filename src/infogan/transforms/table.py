"""The vocabulary: every transformation by name, its group, its unit and how far it usually goes.

>>> names_of("colour+flip")
('flip', 'hue', 'saturation')
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.errors import UserError, did_you_mean
from infogan.transforms.colour import contrast, light, recolour
from infogan.transforms.geometry import cut_out, flip, move
from infogan.transforms.stroke import blur, thicken
from infogan.transforms.texture import texture

Images = Float[Tensor, "n c h w"]
Units = dict[str, Float[Tensor, " n"]]
"""Of each transformation, how much of its range each image gets: from −1 to 1."""


@dataclass(frozen=True)
class Transformation:
    """One way to change an image, by an amount.

    Attributes:
        name: as codes spell it.
        group: pose, stroke, colour, light, texture or hidden.
        far: the largest amount that sets of images are asked about, and, but for `taught`, that a
            dial which follows it is taught.
        taught: where a dial is taught less. Categories read the same copies, and are found late, in
            some runs not, where thin strokes are all but gone in them.
        unit: of both.
        noun: what it changes, in a word: the name of a dial that follows it.
        dial: whether a dial can follow it; a mirror image is no amount.
        circle: the amount, either way, after which it has come round; 0 where it never does.
    """

    name: str
    group: str
    far: float
    unit: str
    noun: str
    dial: bool = True
    circle: float = 0.0
    taught: float = 0.0

    def shows(self, channels: int) -> bool:
        """Whether it can change such images at all: grey ones have no colour."""
        return channels == 3 or self.group != "colour"


_ALL = (
    Transformation("shift-x", "pose", 0.3, "half sides", "x"),
    Transformation("shift-y", "pose", 0.3, "half sides", "y"),
    Transformation("rotation", "pose", 0.4, "rad", "turn", circle=math.pi),
    Transformation("scale", "pose", 0.3, "log", "size"),
    Transformation("stretch", "pose", 0.3, "log", "width"),
    Transformation("shear", "pose", 0.4, "slope", "slant"),
    Transformation("flip", "pose", 1.0, "", "mirror", dial=False),
    Transformation("thickness", "stroke", 0.5, "px", "thickness", taught=0.3),
    Transformation("blur", "stroke", 1.0, "px", "blur", dial=False),
    Transformation("hue", "colour", 0.5, "half turns", "hue", circle=1.0),
    Transformation("saturation", "colour", 1.0, "log", "saturation"),
    Transformation("light", "light", 0.6, "log", "light"),
    Transformation("contrast", "light", 0.6, "log", "contrast"),
    Transformation("texture", "texture", 1.0, "", "texture", dial=False),
    Transformation("cut-out", "hidden", 0.3, "side", "hidden", dial=False),
)
TRANSFORMATIONS: Mapping[str, Transformation] = {each.name: each for each in _ALL}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(each.group for each in _ALL))
PLACE = ("shift-x", "shift-y")
POSE = (*PLACE, "rotation", "scale", "stretch", "shear")
"""What categories ignore unless told otherwise; a mirror image may be another kind."""


def names_of(text: str) -> tuple[str, ...]:
    """The transformations that `a+b` names, in the table's order; groups stand for their members.

    `pose` leaves out flip, and `none` is none. Raises UserError for an unknown word.
    """
    words = [word.strip() for word in text.split("+")]
    named: set[str] = set()
    for word in words:
        if word in GROUPS:
            named |= {t.name for t in _ALL if t.group == word and t.name != "flip"}
        elif word in TRANSFORMATIONS:
            named.add(word)
        elif word == "none" and len(words) > 1:
            raise UserError(f"{text}: none stands alone")
        elif word != "none":
            known = ", ".join((*GROUPS, *TRANSFORMATIONS))
            near = did_you_mean(word.replace("_", "-"), (*GROUPS, *TRANSFORMATIONS))
            raise UserError(f"no transformation {word!r}: there are {known}{near}")
    return tuple(name for name in TRANSFORMATIONS if name in named)


def draw(names: Iterable[str], n: int, generator: torch.Generator) -> Units:
    """For each of n images, evenly from −1 to 1 of each range."""
    wanted = tuple(names)
    drawn = 2 * torch.rand(len(wanted), n, generator=generator) - 1
    return dict(zip(wanted, drawn, strict=True))


def transform(x: Images, units: Units, ranges: Mapping[str, float]) -> Images:
    """Images in [−1, 1] changed by these parts of the ranges: light first, then place.

    Movements are one resampling together. Raises KeyError for a unit without a range.
    """
    amounts = {name: unit * ranges[name] for name, unit in units.items()}
    none = torch.zeros(len(x))
    if amounts.keys() & {"hue", "saturation"}:
        x = recolour(x, amounts.get("hue", none), amounts.get("saturation", none))
    for name, change in (("light", light), ("contrast", contrast), ("thickness", thicken)):
        if name in amounts:
            x = change(x, amounts[name])
    if amounts.keys() & set(POSE):
        x = move(x, amounts)
    last = (("flip", flip), ("blur", blur), ("texture", texture), ("cut-out", cut_out))
    for name, change in last:
        if name in amounts:
            x = change(x, amounts[name])
    return x
