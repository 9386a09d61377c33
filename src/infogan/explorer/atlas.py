"""A map of real images: a field for each category, and in it the dials from end to end."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from infogan.data.open import open_images
from infogan.inference.trained_model import Images, Model, leading_category

IMAGES = 1000
BATCH = 250
MAP_SHAPE = 1.6
"""Width of the map over its height, about: the fields are laid out accordingly."""
MARGIN = 0.06


@dataclass(frozen=True, eq=False)
class Atlas:
    """Images, where each lies on the map (0 to 1 from the top left), and their codes."""

    data: str
    told: str
    """How to read the map, in a sentence."""
    images: Images
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    values: dict[str, Float[np.ndarray, " n"]]
    labels: list[dict[str, Any]]
    """Where each field's name stands: its code and category, and a place."""

    def as_dict(self) -> dict[str, Any]:
        """All but the images, as plain data."""
        return {
            "data": self.data,
            "told": self.told,
            "x": self.x.round(4).tolist(),
            "y": self.y.round(4).tolist(),
            "values": {name: each.round(3).tolist() for name, each in self.values.items()},
            "labels": self.labels,
        }


def make_atlas(model: Model, ids: list[str], data: str, n: int = IMAGES) -> Atlas:
    """Read n test images, evenly spaced over the set, and lay them out by their codes.

    `ids` name the codes in the map. Raises ValueError for images that the model cannot read.
    """
    channels, size, _ = model.config.shape
    source = open_images(data, split="test", size=size, channels=channels)
    spaced = np.linspace(0, len(source) - 1, min(n, len(source))).astype(np.int64)
    images = source.batch(spaced)
    parts = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
    read = model.encode_all(parts)
    values = {own: read[name]["value"] for own, name in zip(ids, read, strict=True)}
    leading = leading_category(model.latent)
    own = dict(zip(model.latent.names, ids, strict=True))
    dials = [own[code.name] for code in model.latent.codes if code.continuous][:2]
    across, up = [*(spread(values[name]) for name in dials), *[jitter(len(images))] * 2][:2]
    labels: list[dict[str, Any]] = []
    if leading is None:
        x, y = across, 1 - up
    else:
        kinds = values[own[leading]].astype(int)
        count = len(model.latent[leading].traversal(2))
        x, y, labels = fields(kinds, count, across, 1 - up, own[leading])
    called = [code.name for code in model.latent.codes if code.continuous][:2]
    fielded = f"A field for each {leading}" if leading else "One field"
    told = ", ".join(
        [fielded, *(f"{name} from {way}" for name, way in zip(called, WAYS, strict=False))]
    )
    return Atlas(data, f"{told}.", images, x, y, values, labels)


WAYS = ("left to right", "bottom to top")


def spread(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks from 0 to 1: images are spread evenly, however their codes crowd."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable") / max(1, len(values) - 1)


def jitter(n: int) -> Float[np.ndarray, " n"]:
    """A place for what has no dial to go by."""
    return np.random.default_rng(0).random(n)


def fields(
    kinds: np.ndarray,
    count: int,
    across: Float[np.ndarray, " n"],
    down: Float[np.ndarray, " n"],
    code: str,
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], list[dict[str, Any]]]:
    """Put each category's images into a field of its own, the fields in rows."""
    columns = min(range(1, count + 1), key=lambda columns: _waste(count, columns))
    rows = math.ceil(count / columns)
    column, row = kinds % columns, kinds // columns
    x = (column + MARGIN + (1 - 2 * MARGIN) * across) / columns
    # Room for the field's name above its images.
    y = (row + 2.5 * MARGIN + (1 - 3.5 * MARGIN) * down) / rows
    labels = [
        {
            "code": code,
            "value": kind,
            "x": (kind % columns + 0.5) / columns,
            "y": (kind // columns) / rows,
        }
        for kind in range(count)
    ]
    return x, y, labels


def _waste(count: int, columns: int) -> float:
    """How bad so many columns are: empty fields, and fields far from square."""
    rows = math.ceil(count / columns)
    return (rows * columns - count) / count + 0.3 * abs(math.log(MAP_SHAPE * rows / columns))
