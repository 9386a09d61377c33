"""The three networks as a picture: what goes in and out of each, and what they share."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

PAPER, INK, FAINT = (255, 255, 255), (40, 40, 40), (110, 110, 110)
# Okabe and Ito's colours, paled: a part has the same one in its box and in the list of steps.
COLOURS = {
    "G": (0, 114, 178),
    "trunk": (204, 121, 167),
    "D": (213, 94, 0),
    "Q": (0, 158, 115),
    "norms": (150, 90, 130),
    "pairs": (120, 120, 120),
}
LINE, PAD, GAP = 19, 12, 64
Point = tuple[int, int]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
Fonts = tuple[Font, Font]


@dataclass(frozen=True)
class Box:
    """A titled box of lines; `part` gives its colour."""

    title: str
    lines: tuple[str, ...]
    part: str = ""


@dataclass(frozen=True)
class Placed:
    """A box and where it stands."""

    box: Box
    x: int
    y: int
    width: int
    height: int

    @property
    def left(self) -> Point:
        """The middle of its left side, in pixels."""
        return self.x, self.y + self.height // 2

    @property
    def right(self) -> Point:
        """The middle of its right side, in pixels."""
        return self.x + self.width, self.y + self.height // 2


def draw_networks(
    title: str, columns: Sequence[Sequence[Box]], links: Sequence[Point], steps: Sequence[str]
) -> Image.Image:
    """Boxes in columns from left to right, joined by arrows, over the steps of an update.

    `links` joins boxes by their numbers, counted column by column. Each of the steps is spelled
    `losses > parts`.
    """
    fonts = ImageFont.load_default(14), ImageFont.load_default(17)
    heights = [[_size(box, fonts)[1] + 24 for box in column] for column in columns]
    tall = max(map(sum, heights)) - 24
    placed, x, top = list[Placed](), 24, 56
    for column in columns:
        sizes = [_size(box, fonts) for box in column]
        y = top + (tall - sum(height + 24 for _, height in sizes) + 24) // 2
        for box, (width, height) in zip(column, sizes, strict=True):
            placed.append(Placed(box, x, y, width, height))
            y += height + 24
        x += max(width for width, _ in sizes) + GAP
    below = top + tall + 34
    page = Image.new("RGB", (x - GAP + 24, below + (len(steps) + 1) * (LINE + 5) + 16), PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((24, 16), title, INK, fonts[1])
    for start, end in links:
        _arrow(pen, placed[start].right, placed[end].left)
    for each in placed:
        _draw_box(pen, each, fonts)
    _draw_steps(pen, (24, below), steps, fonts[0])
    return page


def _size(box: Box, fonts: Fonts) -> Point:
    widest = max([fonts[1].getlength(box.title), *map(fonts[0].getlength, box.lines)])
    return int(widest) + 2 * PAD, 2 * PAD + 26 + LINE * len(box.lines)


def _draw_box(
    pen: ImageDraw.ImageDraw,
    placed: Placed,
    fonts: Fonts,
) -> None:
    colour = COLOURS.get(placed.box.part, FAINT)
    x, y = placed.x, placed.y
    frame = (x, y, x + placed.width, y + placed.height)
    pen.rounded_rectangle(frame, 8, _pale(colour), colour, 2)
    pen.text((x + PAD, y + PAD - 2), placed.box.title, colour, fonts[1])
    for i, line in enumerate(placed.box.lines):
        pen.text((x + PAD, y + PAD + 26 + i * LINE), line, INK, fonts[0])


def _draw_steps(pen: ImageDraw.ImageDraw, at: Point, steps: Sequence[str], font: Font) -> None:
    """One line a step: its losses, and the parts it moves as chips of their colours."""
    x, y = at
    pen.text((x, y), "one update", FAINT, font)
    losses = [step.partition(" > ")[0].replace("+", " + ") for step in steps]
    indent = max(int(font.getlength(text)) for text in losses) + 44
    for i, (text, step) in enumerate(zip(losses, steps, strict=True)):
        top = y + (i + 1) * (LINE + 5)
        pen.text((x, top), f"{i + 1}.  {text}", INK, font)
        chip = x + indent
        _arrow(pen, (chip - 4, top + 9), (chip + 18, top + 9))
        chip += 26
        for part in step.partition(" > ")[2].split("+"):
            width = int(font.getlength(part)) + 14
            frame = (chip, top - 1, chip + width, top + 19)
            pen.rounded_rectangle(frame, 6, COLOURS.get(part, FAINT))
            pen.text((chip + 7, top + 9), part, PAPER, font, "lm")
            chip += width + 8


def _arrow(pen: ImageDraw.ImageDraw, start: Point, end: Point) -> None:
    """From one point to another: across, down or up half way, and across."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) // 2
    pen.line([(x0, y0), (middle, y0), (middle, y1), (x1, y1)], INK, 2)
    pen.polygon([(x1, y1), (x1 - 9, y1 - 5), (x1 - 9, y1 + 5)], INK)


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (255 - (255 - channel) // 10 for channel in colour)
    return red, green, blue
