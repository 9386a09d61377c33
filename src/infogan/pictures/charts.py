"""Curves as SVG that colour-blind people can read: a colour, a dash and a label for each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from infogan.templates import render

# Okabe and Ito's palette, without its yellow, which is too pale for lines.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2 1 2 1 2")
WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 116, 12, 34
MOST_POINTS = 300

Place = Callable[[float, float], tuple[float, float]]
Span = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One line: its name and its points; `reference` draws a thin level instead."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    reference: bool = False


def chart(title: str, series: Sequence[Series], *, x_label: str, y_label: str) -> Markup:
    """A figure with one SVG of all lines, named at their ends; empty without a finite point."""
    drawn = [finite for each in series if (finite := _finite(each)).x]
    if not drawn:
        return Markup()
    spans = [_span([v for each in drawn for v in getattr(each, axis)]) for axis in "xy"]
    x_ticks, y_ticks = (_ticks(*span) for span in spans)
    (x0, x1), (y0, y1) = spans[0], (min(y_ticks[0], spans[1][0]), max(y_ticks[-1], spans[1][1]))

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        down = TOP + (y1 - y) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)
        return round(across, 1), round(down, 1)

    lines = [each for each in drawn if not each.reference]
    ends = apart([place(each.x[-1], each.y[-1])[1] for each in lines], HEIGHT - BOTTOM)
    return render(
        "pictures/chart.html",
        title=title,
        x_label=x_label,
        y_label=y_label,
        told=", ".join(f"{each.name} {each.y[-1]:.3g}" for each in lines),
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        below=HEIGHT - BOTTOM,
        rules=[(place(x0, value)[1], f"{value:g}") for value in y_ticks],
        marks=[(place(value, y0)[0], f"{value:g}") for value in x_ticks if x0 <= value <= x1],
        levels=[(place(x0, each.y[0])[1], each.name) for each in drawn if each.reference],
        lines=[
            _line(place, each, i, end)
            for i, (each, end) in enumerate(zip(lines, ends, strict=True))
        ],
    )


def _finite(series: Series) -> Series:
    """Without what cannot be drawn, and with no more points than can be seen."""
    pairs = [
        (x, y)
        for x, y in zip(series.x, series.y, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    every = max(1, math.ceil(len(pairs) / MOST_POINTS))
    kept = pairs[::every] + (pairs[-1:] if (len(pairs) - 1) % every else [])
    return Series(series.name, [x for x, _ in kept], [y for _, y in kept], series.reference)


def _span(values: Sequence[float]) -> Span:
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at or below the lowest to at or above the highest."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _line(place: Place, series: Series, i: int, name_y: float) -> dict[str, object]:
    points = [place(x, y) for x, y in zip(series.x, series.y, strict=True)]
    x, y = points[-1]
    return {
        "path": "M" + "L".join(f"{x} {y}" for x, y in points),
        "colour": COLOURS[i % len(COLOURS)],
        "dash": DASHES[i % len(DASHES)],
        "x": x,
        "y": y,
        "name": series.name if len(series.name) <= 15 else series.name[:14] + "…",
        "name_y": round(name_y, 1),
    }


def apart(heights: Sequence[float], lowest: float, least: float = 14) -> list[float]:
    """The same heights, moved where labels would lie on each other, or below the lowest."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    out = list(heights)
    for before, here in pairwise(order):
        out[here] = max(out[here], out[before] + least)
    over = max(0.0, max(out, default=0) - lowest)
    return [y - over for y in out]
