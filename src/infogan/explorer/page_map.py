"""The page's map: real images laid out as on every map, with the fields on one sheet."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from infogan.data.open import open_images
from infogan.inference.trained_model import Images, Model
from infogan.pictures.map import Axes, Places, columns, place

IMAGES = 1000
BATCH = 250
GAP = 0.03
"""Between a field's images and its edges, in fields."""
HEAD = 0.12
"""Room above them for the field's name."""


@dataclass(frozen=True, eq=False)
class PageMap:
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


def make_page_map(model: Model, ids: list[str], data: str, n: int = IMAGES) -> PageMap:
    """Read n test images, evenly spaced over the set, and lay them out by their codes.

    `ids` name the codes in the map. Raises UserError for images that the model cannot read.
    """
    channels, size, _ = model.config.shape
    rules = model.config.preprocessing.rules
    source = open_images(data, split="test", size=size, channels=channels, rules=rules)
    spaced = np.linspace(0, len(source) - 1, min(n, len(source))).astype(np.int64)
    images = source.batch(spaced)
    axes, own = Axes.of(model.latent), dict(zip(model.latent.names, ids, strict=True))
    parts = [place(model, images[i : i + BATCH], i) for i in range(0, len(images), BATCH)]
    count = model.latent[axes.code].n_categories if axes.code else 1
    x, y = sheet(parts, count)
    labels = [
        {"code": own[axes.code], "value": kind, "x": left, "y": top}
        for kind, (left, top) in enumerate(headings(count))
        if axes.code
    ]
    values = {
        own[name]: np.concatenate([part.values[name] for part in parts])
        for name in model.latent.names
    }
    return PageMap(data, axes.told, images, x, y, values, labels)


def sheet(
    parts: list[Places], count: int
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Places within fields as places on a sheet that has `count` fields, in rows."""
    across = columns(count)
    fields = np.concatenate([part.fields for part in parts])
    x = GAP + (1 - 2 * GAP) * np.concatenate([part.x for part in parts])
    # On the page y goes downwards.
    y = HEAD + (1 - HEAD - GAP) * (1 - np.concatenate([part.y for part in parts]))
    return (fields % across + x) / across, (fields // across + y) / math.ceil(count / across)


def headings(count: int) -> list[tuple[float, float]]:
    """Where the name of each field stands: the middle of its upper edge."""
    across = columns(count)
    rows = math.ceil(count / across)
    return [((i % across + 0.5) / across, i // across / rows) for i in range(count)]
