"""A small chart of lines: shares between 0 and 1 over a few values, each line with its name."""

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

from infogan.figures import INK, PAPER
from infogan.pictures.charts import COLOURS, apart

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 36, 130, 30, 40
FAINT = (225, 225, 225)

Interval = tuple[float, float]


def draw_lines(
    values: Sequence[int],
    lines: Mapping[str, Sequence[float]],
    *,
    title: str,
    axis: str,
    intervals: Mapping[str, Sequence[Interval]] | None = None,
) -> Image.Image:
    """One line for each name, over `values`; intervals are drawn as bars where they are given."""
    page = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    low, high = min(values), max(values)

    def at(value: float, share: float) -> tuple[float, float]:
        across = (value - low) / (high - low) if high > low else 0.5
        x = LEFT + 12 + across * (WIDTH - LEFT - RIGHT - 24)
        return x, HEIGHT - BOTTOM - min(1.0, max(0.0, share)) * (HEIGHT - TOP - BOTTOM)

    pen.text((LEFT, 6), title, fill=INK, font=font)
    for tenth in range(0, 11, 2):
        y = at(low, tenth / 10)[1]
        pen.line([(LEFT, y), (WIDTH - RIGHT, y)], fill=FAINT)
        pen.text((LEFT - 6, y), f"{tenth / 10:g}", fill=INK, font=font, anchor="rm")
    for value in values:
        x = at(value, 0)[0]
        pen.text((x, HEIGHT - BOTTOM + 4), str(value), fill=INK, font=font, anchor="ma")
    middle = (LEFT + WIDTH - RIGHT) / 2
    pen.text((middle, HEIGHT - 4), axis, fill=INK, font=font, anchor="md")

    ends = []
    for (name, shares), colour in zip(lines.items(), COLOURS, strict=False):
        points = [at(value, share) for value, share in zip(values, shares, strict=True)]
        for value, ends_of_bar in zip(values, (intervals or {}).get(name, ()), strict=False):
            pen.line([at(value, share) for share in ends_of_bar], fill=colour)
        pen.line(points, fill=colour, width=2)
        for x, y in points:
            pen.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colour)
        ends.append(points[-1][1])
    for y, name, colour in zip(apart(ends, HEIGHT - BOTTOM, 15), lines, COLOURS, strict=False):
        pen.text((WIDTH - RIGHT + 4, y), name, fill=colour, font=font, anchor="lm")
    return page


def under_titles(pictures: Mapping[str, Image.Image]) -> Image.Image:
    """Pictures next to each other, aligned at the top, each under its title ('' for none)."""
    gap, head, font = 16, 20, ImageFont.load_default(13)
    width = sum(picture.width for picture in pictures.values()) + gap * (len(pictures) - 1)
    height = head + max(picture.height for picture in pictures.values())
    page, x = Image.new("RGB", (width, height), PAPER), 0
    pen = ImageDraw.Draw(page)
    for title, picture in pictures.items():
        page.paste(picture, (x, head))
        pen.text((x, 2), title, fill=INK, font=font)
        x += picture.width + gap
    return page
