"""A run's losses and accuracy as one small picture."""

import math

from PIL import Image, ImageDraw, ImageFont

# Blue, orange, green, and black dashes: told apart by eyes of every kind.
LINES = {
    "d_real": ("D, real", (0, 114, 178)),
    "d_fake": ("D, generated", (86, 180, 233)),
    "g": ("G", (213, 94, 0)),
    "q": ("Q, cross-entropy", (0, 158, 115)),
    "acc": ("accuracy, right axis", (0, 0, 0)),
}
WIDTH, HEIGHT, LEFT, TOP, PLOT = 640, 600, 44, 64, (540, 480)
CEILING = 4.0


def draw_curves(curve: list[dict[str, float]]) -> Image.Image:
    """Losses in nats up to 4 against updates; accuracy from 0 to 100 % on the right."""
    page = Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    last = max(point["updates"] for point in curve)
    told = {key for point in curve for key in point}
    _axes(pen, font, last, shares="acc" in told)
    x = LEFT
    for key, (label, colour) in LINES.items():
        if key not in told:
            continue
        ceiling = 1.0 if key == "acc" else CEILING
        points = [
            (
                LEFT + PLOT[0] * point["updates"] / last,
                TOP + PLOT[1] * (1 - min(point[key], ceiling) / ceiling),
            )
            for point in curve
            if key in point
        ]
        if len(points) > 1:
            pen.line(points, colour, 2)
        if key == "acc":
            for px, py in points:
                pen.ellipse((px - 3, py - 3, px + 3, py + 3), colour)
        pen.line((x, 24, x + 18, 24), colour, 3)
        pen.text((x + 22, 24), label, (60, 60, 60), font, "lm")
        x += 34 + int(font.getlength(label))
    return page


def _axes(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    last: float,
    shares: bool,
) -> None:
    right, bottom = LEFT + PLOT[0], TOP + PLOT[1]
    for step in range(5):
        y = bottom - PLOT[1] * step / 4
        pen.line((LEFT, y, right, y), (225, 225, 225))
        pen.text((LEFT - 6, y), f"{CEILING * step / 4:g}", (60, 60, 60), font, "rm")
        if shares:
            pen.text((right + 6, y), f"{25 * step} %", (60, 60, 60), font, "lm")
    nice = 10 ** math.floor(math.log10(max(last, 1)))
    nice = nice if last / nice > 3 else nice / 2 if last / nice > 1.5 else nice / 4
    for i in range(int(last / nice) + 1):
        x = LEFT + PLOT[0] * i * nice / last
        pen.text((x, bottom + 6), f"{i * nice:g}", (60, 60, 60), font, "mt")
    pen.text((LEFT + PLOT[0] / 2, bottom + 26), "updates", (60, 60, 60), font, "mt")
    pen.text((LEFT, TOP - 8), "nats", (60, 60, 60), font, "lb")
