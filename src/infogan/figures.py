"""Arrays to pictures: grids with captions, and what a model's codes do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from infogan.codes.latent import Latent
from infogan.codes.names import Names
from infogan.errors import UserError, one_line
from infogan.files import replacing

Grid = UInt8[np.ndarray, "rows columns c h w"]

PAPER, INK = (255, 255, 255), (60, 60, 60)
GAP = 2
CELL = 56  # images are enlarged by a whole factor up to about this many pixels


@runtime_checkable
class Drawable(Protocol):
    """What is asked of a model to draw its codes; `Model`, which shows itself so, has it all."""

    names: Names

    @property
    def latent(self) -> Latent:
        """Its codes and noise."""
        ...

    def sample(self, n: int, *, seed: int = 0, **codes: Any) -> tuple[np.ndarray, Any]:
        """Images (n, c, h, w) with codes set, and all codes' values."""
        ...

    def traverse(
        self, name: str, *, rows: int = 10, steps: int = 11, seed: int = 0
    ) -> tuple[Grid, list[float]]:
        """One code varied along each row, and its values."""
        ...


def square_grid(images: UInt8[np.ndarray, "n c h w"]) -> Grid:
    """Lay n images out in rows, as near to a square as n allows; the last row is filled up."""
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = int(np.ceil(len(images) / columns))
    grid = np.zeros((rows * columns, *images.shape[1:]), np.uint8)
    grid[: len(images)] = images
    return grid.reshape(rows, columns, *images.shape[1:])


def draw_grid(
    grid: Grid,
    title: str = "",
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> Image.Image:
    """A picture of rows × columns images, with a title and labels where given."""
    rows, columns, _, height, width = grid.shape
    zoom = max(1, round(CELL / height))
    pixels = grid.repeat(zoom, axis=3).repeat(zoom, axis=4).transpose(0, 1, 3, 4, 2)
    pixels = np.broadcast_to(pixels, (*pixels.shape[:4], 3))
    step_y, step_x = height * zoom + GAP, width * zoom + GAP
    font = ImageFont.load_default(13)
    left = 8 + max((int(font.getlength(label)) for label in row_labels), default=-8) + GAP
    top = (20 if title else 0) + (18 if column_labels else 0) + GAP
    page = Image.new("RGB", (left + columns * step_x, top + rows * step_y), PAPER)
    pen = ImageDraw.Draw(page)
    pen.text((left, 2), title, fill=INK, font=font)
    for column, label in enumerate(column_labels):
        x = left + column * step_x + (step_x - GAP) // 2
        pen.text((x, top - 4), label, fill=INK, font=font, anchor="ms")
    for row in range(rows):
        y = top + row * step_y
        if row < len(row_labels):
            pen.text((left - 6, y + step_y // 2), row_labels[row], fill=INK, font=font, anchor="rm")
        for column in range(columns):
            page.paste(Image.fromarray(pixels[row, column]), (left + column * step_x, y))
    return page


def draw_codes(model: Drawable, *, seed: int = 0, columns: int = 10) -> Image.Image:
    """One row per category of the first categorical code; each column another draw of the rest.

    Without a categorical code: random images.
    """
    leading = model.latent.leading
    if leading is None:
        return draw_grid(square_grid(model.sample(columns * columns, seed=seed)[0]), "random codes")
    name, kinds = leading.name, range(leading.n_categories)
    values = np.repeat(kinds, columns)
    images, _ = model.sample(len(values), seed=seed, **{name: values.tolist()})
    grid = images.reshape(len(kinds), columns, *images.shape[1:])
    return draw_grid(grid, f"rows: {name}", [model.names.label(name, kind) for kind in kinds])


def draw_traversal(model: Drawable, name: str, *, seed: int = 0, steps: int = 11) -> Image.Image:
    """One code varied along each row; the rows are the categories, where there are any."""
    grid, values = model.traverse(name, rows=rows_of(model), steps=steps, seed=seed)
    # Rounded first, so that the middle is 0 and not −0.
    labels = [model.names.label(name, round(value, 1) + 0.0) for value in values]
    return draw_grid(grid, f"{name}, from left to right", column_labels=labels)


def draw_overview(model: Drawable, *, seed: int = 0) -> Image.Image:
    """The code grid with every continuous code's traversal beside it."""
    panels = [draw_codes(model, seed=seed)]
    panels += [draw_traversal(model, code.name, seed=seed) for code in model.latent.continuous]
    return beside(panels)


def beside(panels: Sequence[Image.Image]) -> Image.Image:
    """Put pictures next to each other, aligned at the bottom."""
    gap = 16
    width = sum(panel.width for panel in panels) + gap * (len(panels) - 1)
    height = max(panel.height for panel in panels)
    page, x = Image.new("RGB", (width, height), PAPER), 0
    for panel in panels:
        page.paste(panel, (x, height - panel.height))
        x += panel.width + gap
    return page


def below(panels: Sequence[Image.Image]) -> Image.Image:
    """Put pictures under each other, aligned at the left."""
    gap = 12
    height = sum(panel.height for panel in panels) + gap * (len(panels) - 1)
    page, y = Image.new("RGB", (max(panel.width for panel in panels), height), PAPER), 0
    for panel in panels:
        page.paste(panel, (0, y))
        y += panel.height + gap
    return page


def check_picture(path: Path) -> None:
    """Raise UserError for a suffix no picture format has."""
    if Image.registered_extensions().get(path.suffix.lower()) not in Image.SAVE:
        raise UserError(f"{path}: unknown kind of picture; use .png, .jpg or .webp")


def save_picture(picture: Image.Image, path: Path, command: str = "") -> None:
    """Write a PNG (or another format, by its suffix), with the command that makes it inside.

    Raises UserError as `check_picture` does.
    """
    check_picture(path)
    note = PngInfo()
    note.add_text("Comment", one_line(command))
    with replacing(path) as partial:
        # Formats other than PNG pass over the note.
        picture.save(partial, Image.registered_extensions()[path.suffix.lower()], pnginfo=note)


def save_grid(images: UInt8[np.ndarray, "n c h w"], path: str | Path) -> None:
    """Save n images as one picture, as near to a square as n allows."""
    save_picture(draw_grid(square_grid(images)), Path(path))


def rows_of(model: Drawable) -> int:
    """As many rows as the first categorical code has categories, up to twenty; else ten."""
    leading = model.latent.leading
    return min(20, leading.n_categories) if leading else 10
