"""A map of real images as one HTML file, which asks for nothing from anywhere."""

import base64
import io
from html import escape

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

WIDTH = 100 * SHARE / CELLS  # a thumbnail's, in % of a field's

STYLE = f"""
:root {{ color-scheme: light }}
body {{ margin: 1.2rem; font: 14px/1.4 system-ui, sans-serif; color: #333; background: #fff }}
h1 {{ font-size: 1.2rem; margin: 0 0 .2rem }}
p {{ margin: 0 0 .8rem }}
p i {{ display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin: 0 .3em 0 1em }}
main {{ display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)) }}
figure {{ margin: 0 }}
figcaption {{ height: 1.6em; overflow: hidden }}
.field {{ position: relative; aspect-ratio: 1; background: rgb{GROUND} }}
svg {{ position: absolute; inset: 0; width: 100%; height: 100% }}
path {{ stroke-linecap: round; stroke-width: .8; stroke: rgb{BLUE}; stroke-opacity: .45 }}
path.odd {{ stroke: rgb{ORANGE}; stroke-width: 1.1; stroke-opacity: .9 }}
img {{ position: absolute; width: {WIDTH:.2f}%; translate: -50% -50%; image-rendering: pixelated }}
img.odd {{ outline: 2px solid rgb{ORANGE} }}
img.marked {{ width: {2 * WIDTH:.2f}%; outline: 3px solid rgb{VERMILLION}; z-index: 1 }}
img:hover, img:focus {{ scale: 3; z-index: 2; outline-width: 1px }}
"""


def map_page(model: Model, plan: Map, title: str) -> str:
    """The map as HTML: thumbnails grow under the pointer, and say their file and codes."""
    shown = [each for each in plan.fields if each.numbers or each.marked]
    key = "".join(
        f'<i style="background: rgb{colour}"></i>{escape(words)}' for colour, words in legend(plan)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(plan.axes.told)}{key}</p>
<main>
{"".join(_field(model, plan, each) for each in shown)}</main>
</body>
</html>
"""


def _field(model: Model, plan: Map, each: Field) -> str:
    dots: dict[bool, list[str]] = {False: [], True: []}
    for x, y, number in zip(each.x, each.y, each.numbers, strict=True):
        dots[number in plan.odd].append(f"M{100 * x:.1f} {100 - 100 * y:.1f}h0")
    paths = "".join(
        f'<path{" class=odd" if odd else ""} d="{"".join(moves)}"/>'
        for odd, moves in dots.items()
        if moves
    )
    tiles = [
        _tile(model, tile, ' class="odd"' if tile.number in plan.odd else "")
        for tile in each.tiles.values()
    ]
    tiles += [_tile(model, tile, ' class="marked"') for tile in each.marked]
    return (
        f"<figure><figcaption>{escape(heading(each))}</figcaption>"
        f'<div class="field"><svg viewBox="0 0 100 100" aria-hidden="true">{paths}</svg>'
        f"{''.join(tiles)}</div></figure>\n"
    )


def _tile(model: Model, tile: Tile, kind: str) -> str:
    said = escape(f"{tile.name}: {describe(model, tile)}")
    x, y = (tile.x, tile.y) if "marked" in kind else tile.place
    return (
        f'<img{kind} tabindex="0" src="{_data(tile)}" alt="{said}" title="{said}" '
        f'style="left: {100 * x:.1f}%; top: {100 - 100 * y:.1f}%">'
    )


def _data(tile: Tile) -> str:
    buffer = io.BytesIO()
    picture = thumbnail(tile)
    grey = len(tile.image) == 1
    (picture.convert("L") if grey else picture).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
