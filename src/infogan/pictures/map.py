"""A map of real images: a field for each category, and in it the first two dials.

Where dials lack, how sure Q is stands in for one. This is the layout of every map; on a picture and
its page each image is a dot, and a few, spread evenly, are thumbnails where their dots are.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8

from infogan.codes.latent import Latent
from infogan.inference.trained_model import Images, Model
from infogan.metrics.clustering import accuracy

CELLS = 8
"""Thumbnails across a field, at most."""
RANGE_MARGIN = 0.04
SHARE = 2 / 3
"""Of its cell that a thumbnail takes."""
HOW_SURE = "how sure Q is"
"""An axis where a dial lacks: the probability of the category. No code can be called so."""
WIDTH_PER_HEIGHT = 1.6
"""Of all fields together, about."""


@dataclass(frozen=True)
class Axes:
    """What the fields of a map, and the places in a field, mean; '' for nothing."""

    code: str
    """The leading category, which has the fields."""
    across: str
    up: str

    @classmethod
    def of(cls, latent: Latent) -> "Axes":
        """The axes of a model with such codes."""
        leading = latent.leading.name if latent.leading else ""
        dials = [code.name for code in latent.continuous]
        sure = HOW_SURE if leading else ""
        across, up = [*dials, *([sure, ""] if dials else ["", sure])][:2]
        return cls(leading, across, up)

    @property
    def told(self) -> str:
        """How to read the map, in a sentence."""
        ways = ((self.across, "from left to right"), (self.up, "from bottom to top"))
        dials = ", ".join(f"{name} {way}" for name, way in ways if name)
        fields = f"A field for each {self.code}" if self.code else "One field"
        return f"{fields}; in it {dials}."


@dataclass(frozen=True, eq=False)
class Places:
    """Where images lie: the number of the field, and a place in it from 0 to 1, y upwards."""

    fields: Int[np.ndarray, " n"]
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    values: dict[str, Float[np.ndarray, " n"]]
    """Of every code."""


def place(model: Model, images: Images, first: int = 0) -> Places:
    """Read images' codes, and find their places; `first` is how many have been placed before."""
    axes, codes = Axes.of(model.latent), model.encode(images)
    values = {name: each["value"].astype(float) for name, each in codes.items()}
    # What has no dial to go by is spread evenly, by the golden ratio.
    evenly: np.ndarray = np.modf((np.arange(len(images)) + first) * 0.6180339887)[0]

    def along(axis: str) -> Float[np.ndarray, " n"]:
        if axis == HOW_SURE:
            sure: np.ndarray = codes[axes.code]["probs"].max(axis=1).astype(float)
            return sure
        if not axis:
            return evenly
        code = model.latent[axis]
        share = (values[axis] - code.low) / (code.high - code.low)
        return RANGE_MARGIN + (1 - 2 * RANGE_MARGIN) * share.clip(0, 1)

    fields = values[axes.code].astype(int) if axes.code else np.zeros(len(images), int)
    return Places(fields, along(axes.across), along(axes.up), values)


def columns(fields: int) -> int:
    """In how many columns so many fields are best laid out: no gaps, and about the right shape."""

    def waste(columns: int) -> float:
        rows = math.ceil(fields / columns)
        empty = (rows * columns - fields) / fields
        return empty + 0.5 * abs(math.log(WIDTH_PER_HEIGHT * rows / columns))

    return min(range(1, fields + 1), key=waste)


@dataclass(eq=False)
class Tile:
    """An image shown as a thumbnail."""

    name: str
    image: UInt8[np.ndarray, "c h w"]
    x: float
    y: float
    distance: float
    """From the middle of its cell; the nearest is shown."""
    number: int
    """Which of all images it is."""
    values: dict[str, float]

    @property
    def place(self) -> tuple[float, float]:
        """Where its middle is shown: at its dot, but within its cell, so that none overlap."""
        return _inside(self.x), _inside(self.y)


@dataclass(eq=False)
class Field:
    """The images of one category."""

    title: str
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    tiles: dict[tuple[int, int], Tile] = field(default_factory=dict)
    marked: list[Tile] = field(default_factory=list)


@dataclass(eq=False)
class Map:
    """Images laid out by their codes, x and y from 0 to 1 with y upwards."""

    axes: Axes
    fields: list[Field]
    total: int = 0
    accuracy: float | None = None
    """Best one-to-one match with the labels, where there are any."""
    odd: set[int] = field(default_factory=set)
    """Images whose label is not that of their field."""


def make_map(
    model: Model,
    parts: Iterable[tuple[list[str], Images]],
    labels: Int[np.ndarray, " n"] | None = None,
) -> Map:
    """Lay images out, part by part; only codes and the images shown are kept.

    Labels, in the order of the images, are for `accuracy` and `odd` alone.
    """
    plan = _blank(model)
    for names, images in parts:
        for field_, tile in _read(model, plan, names, images, plan.total):
            field_.x.append(tile.x)
            field_.y.append(tile.y)
            field_.numbers.append(tile.number)
            cell = (_cell(tile.x), _cell(tile.y))
            if cell not in field_.tiles or tile.distance < field_.tiles[cell].distance:
                tile.image = tile.image.copy()  # a view would keep the whole part
                field_.tiles[cell] = tile
        plan.total += len(names)
    if labels is not None and plan.axes.code and len(labels) == plan.total:
        _compare(plan, labels)
    return plan


def mark(model: Model, plan: Map, names: list[str], images: Images) -> list[str]:
    """Put new images on a map; returns where each came to lie, in words."""
    said = []
    for field_, tile in _read(model, plan, names, images, 0):
        field_.marked.append(tile)
        said.append(f"{tile.name}: {describe(model, tile)}")
    return said


def describe(model: Model, tile: Tile) -> str:
    """A tile's codes: `digit three, slant 0.31`."""
    return ", ".join(
        f"{name} {model.names.label(name, round(value, 2))}" for name, value in tile.values.items()
    )


def _blank(model: Model) -> Map:
    axes = Axes.of(model.latent)
    if not axes.code:
        return Map(axes, [Field("")])
    values = range(model.latent[axes.code].n_categories)
    named = [model.names.label(axes.code, value) for value in values]
    return Map(axes, [Field(f"{axes.code} = {label}") for label in named])


def _read(
    model: Model, plan: Map, names: list[str], images: Images, first: int
) -> Iterable[tuple[Field, Tile]]:
    """Every image's field, and its place in it."""
    places = place(model, images, first)
    for i, (name, x, y) in enumerate(zip(names, places.x, places.y, strict=True)):
        off = abs(x * CELLS % 1 - 0.5) + abs(y * CELLS % 1 - 0.5)
        values = {code: float(each[i]) for code, each in places.values.items()}
        tile = Tile(name, images[i], float(x), float(y), float(off), first + i, values)
        yield plan.fields[places.fields[i]], tile


def _cell(place: float) -> int:
    return min(int(place * CELLS), CELLS - 1)


def _inside(place: float) -> float:
    first, half = _cell(place) / CELLS, SHARE / 2 / CELLS
    return min(max(place, first + half), first + 1 / CELLS - half)


def _compare(plan: Map, labels: Int[np.ndarray, " n"]) -> None:
    """Find the images whose label is not their field's, by the best one-to-one match."""
    clusters = np.empty(plan.total, int)
    for i, each in enumerate(plan.fields):
        clusters[each.numbers] = i
    found = accuracy(labels, clusters)
    plan.accuracy = found.one_to_one
    for i, each in enumerate(plan.fields):
        own = found.mapping.get(i)
        numbers = np.array(each.numbers, int)
        right = labels[numbers] == own if own is not None else np.zeros(len(numbers), bool)
        plan.odd |= set(numbers[~right].tolist())
        if len(numbers) and own is not None:
            each.title += f", {right.mean():.0%} label {own}"
