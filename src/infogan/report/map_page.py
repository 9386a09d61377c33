"""A map of real images as one HTML file, which asks for nothing from anywhere."""

import base64
import io

from infogan.inference.trained_model import Model
from infogan.pictures.map import CELLS, SHARE, Field, Map, Tile, describe
from infogan.pictures.map_picture import (
    BLUE,
    GROUND,
    ORANGE,
    VERMILLION,
    heading,
    legend,
    thumbnail,
)
from infogan.templates import render

WIDTH = round(100 * SHARE / CELLS, 2)  # a thumbnail's, in % of a field's


def map_page(model: Model, plan: Map, title: str) -> str:
    """The map as HTML: thumbnails grow under the pointer, and say their file and codes."""
    shown = [each for each in plan.fields if each.numbers or each.marked]
    return render(
        "report/map.html",
        title=title,
        told=plan.axes.told,
        legend=legend(plan),
        fields=[_field(model, plan, each) for each in shown],
        width=WIDTH,
        ground=GROUND,
        blue=BLUE,
        orange=ORANGE,
        vermillion=VERMILLION,
    )


def _field(model: Model, plan: Map, each: Field) -> dict[str, object]:
    dots = {"": "", "odd": ""}
    for x, y, number in zip(each.x, each.y, each.numbers, strict=True):
        dots["odd" if number in plan.odd else ""] += f"M{100 * x:.1f} {100 - 100 * y:.1f}h0"
    tiles = [
        _tile(model, tile, tile.place, "odd" if tile.number in plan.odd else "")
        for tile in each.tiles.values()
    ]
    tiles += [_tile(model, tile, (tile.x, tile.y), "marked") for tile in each.marked]
    return {"heading": heading(each), "dots": dots, "tiles": tiles}


def _tile(model: Model, tile: Tile, place: tuple[float, float], kind: str) -> dict[str, object]:
    return {
        "class": kind,
        "source": _data(tile),
        "said": f"{tile.name}: {describe(model, tile)}",
        "left": f"{100 * place[0]:.1f}",
        "top": f"{100 - 100 * place[1]:.1f}",
    }


def _data(tile: Tile) -> str:
    buffer = io.BytesIO()
    picture = thumbnail(tile)
    grey = len(tile.image) == 1
    (picture.convert("L") if grey else picture).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
