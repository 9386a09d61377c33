"""A map of real images as a picture: dots and thumbnails, a field for each category."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from infogan.figures import INK, PAPER
from infogan.pictures.image_files import to_picture
from infogan.pictures.map import CELLS, SHARE, Field, Map, Tile, columns

# Okabe and Ito's palette, whose members differ for every kind of colour vision.
BLUE, ORANGE, VERMILLION = (0, 114, 178), (230, 159, 0), (213, 94, 0)
GROUND = (246, 247, 249)
CELL = 42
SIDE = CELL * CELLS
THUMBNAIL = round(SHARE * CELL)
GAP, TITLE, HEAD, FOOT = 14, 22, 34, 26
SMOOTH = 2  # dots are drawn this much larger, and shrunk


def draw_map(plan: Map, title: str = "") -> Image.Image:
    """The whole map: its title, the fields in rows, and what the marks mean below."""
    shown = [each for each in plan.fields if each.numbers or each.marked] or plan.fields[:1]
    across = columns(len(shown))
    rows = math.ceil(len(shown) / across)
    width = GAP + across * (SIDE + GAP)
    height = HEAD + rows * (TITLE + SIDE + GAP) + FOOT
    page = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((GAP, 8), title, fill=INK, font=ImageFont.load_default(17))
    for i, each in enumerate(shown):
        x = GAP + i % across * (SIDE + GAP)
        y = HEAD + i // across * (TITLE + SIDE + GAP)
        pen.text((x, y + 3), heading(each), fill=INK, font=ImageFont.load_default(14))
        page.paste(_draw_field(each, plan), (x, y + TITLE))
    _legend(page, plan, height - FOOT + 4)
    return page


def _draw_field(each: Field, plan: Map) -> Image.Image:
    odd = [number in plan.odd for number in each.numbers]
    picture = _dots(each, odd)
    pen = ImageDraw.Draw(picture)
    for tile in each.tiles.values():
        _paste(picture, pen, tile, tile.place, 1, ORANGE if tile.number in plan.odd else None)
    for tile in each.marked:
        _paste(picture, pen, tile, (tile.x, tile.y), 2, VERMILLION)
    return picture


def _dots(each: Field, odd: list[bool]) -> Image.Image:
    picture = Image.new("RGB", (SIDE * SMOOTH, SIDE * SMOOTH), GROUND)
    pen = ImageDraw.Draw(picture, "RGBA")
    for wanted, colour, radius in ((False, (*BLUE, 110), 2.6), (True, (*ORANGE, 230), 3.6)):
        for x, y, is_odd in zip(each.x, each.y, odd, strict=True):
            if is_odd == wanted:
                left, top = x * SIDE * SMOOTH, (1 - y) * SIDE * SMOOTH
                ends = (left - radius, top - radius, left + radius, top + radius)
                pen.ellipse(ends, fill=colour)
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _paste(
    picture: Image.Image,
    pen: ImageDraw.ImageDraw,
    tile: Tile,
    place: tuple[float, float],
    zoom: int,
    frame: tuple[int, int, int] | None,
) -> None:
    """Put a thumbnail at a place, moved inwards at the edges."""
    small = thumbnail(tile).resize((THUMBNAIL * zoom, THUMBNAIL * zoom), Image.Resampling.NEAREST)
    border = 3 if frame else 0
    half = small.width / 2
    ends = np.array([half + border, SIDE - half - border])
    x, y = np.clip([place[0] * SIDE, (1 - place[1]) * SIDE], *ends)
    left, top = round(x - half), round(y - half)
    if frame:
        # A white line sets the frame off from what lies around it.
        right, bottom = left + small.width, top + small.height
        pen.rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=PAPER)
        pen.rectangle((left - 2, top - 2, right + 1, bottom + 1), outline=frame, width=2)
    picture.paste(small, (left, top))


def thumbnail(tile: Tile) -> Image.Image:
    """A tile's image, in colour, at the thumbnails' size."""
    picture = to_picture(tile.image).convert("RGB")
    return picture.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)


def _legend(page: Image.Image, plan: Map, y: int) -> None:
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    x = float(GAP)
    for colour, words in legend(plan):
        pen.ellipse((x, y + 5, x + 7, y + 12), fill=colour)
        pen.text((x + 13, y), words, fill=INK, font=font)
        x += 13 + font.getlength(words) + 24
    pen.text((page.width - GAP, y), plan.axes.told, fill=INK, font=font, anchor="ra")


def legend(plan: Map) -> list[tuple[tuple[int, int, int], str]]:
    """What the colours mean."""
    entries = [(BLUE, "an image")]
    if plan.accuracy is not None:
        entries.append((ORANGE, "its label is not that of its field"))
    if any(each.marked for each in plan.fields):
        entries.append((VERMILLION, "marked"))
    return entries


def heading(each: Field) -> str:
    """A field's title, and how many images lie in it."""
    return f"{each.title}{', ' if each.title else ''}{len(each.numbers):,} images"
