"""A map of real images: a field for each category, and in it the first two dials.

Every image is a dot; a few, spread evenly, are shown as thumbnails where their dots are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int, UInt8

from infogan.inference.trained_model import Images, Model, leading_category
from infogan.metrics.clustering import accuracy

CELLS = 8
"""Thumbnails across a field, at most."""
RANGE_MARGIN = 0.04
SHARE = 2 / 3
"""Of its cell that a thumbnail takes."""


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

    code: str | None
    across: str
    up: str
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

    Labels, in the order of the images, are for `accuracy` and `odd` alone. Without dials the axes
    are Q's sureness, and an even spread.
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
    if labels is not None and plan.code is not None and len(labels) == plan.total:
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
    leading = leading_category(model.latent)
    dials = [code.name for code in model.latent.codes if code.continuous]
    across, up = [*dials, *(["sureness", ""] if len(dials) == 1 else ["", "sureness"])][:2]
    if leading is None:
        return Map(None, across, up, [Field("")])
    values = model.latent[leading].traversal(2)
    fields = [Field(f"{leading} = {model.names.label(leading, value)}") for value in values]
    return Map(leading, across, up, fields)


def _read(
    model: Model, plan: Map, names: list[str], images: Images, first: int
) -> Iterable[tuple[Field, Tile]]:
    """Every image's field, and its place in it."""
    codes = model.encode(images)
    kinds = np.zeros(len(names), int)
    sureness = np.ones(len(names))
    if plan.code is not None:
        kinds = codes[plan.code]["value"].astype(int)
        sureness = codes[plan.code]["probs"].max(axis=1)
    spread = np.modf((np.arange(len(names)) + first) * 0.6180339887)[0]  # evenly, by golden ratio
    axes = []
    for axis in (plan.across, plan.up):
        if axis in codes:
            ends = model.latent[axis].traversal(2)
            share = (codes[axis]["value"] - ends[0]) / (ends[-1] - ends[0])
            axes.append(RANGE_MARGIN + (1 - 2 * RANGE_MARGIN) * share.clip(0, 1))
        else:
            axes.append(sureness if axis else spread)
    for i, (name, x, y) in enumerate(zip(names, *axes, strict=True)):
        off = abs(x * CELLS % 1 - 0.5) + abs(y * CELLS % 1 - 0.5)
        values = {code: float(each["value"][i]) for code, each in codes.items()}
        tile = Tile(name, images[i], float(x), float(y), float(off), first + i, values)
        yield plan.fields[kinds[i]], tile


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
