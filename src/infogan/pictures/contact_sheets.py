"""Real images sorted by a code's categories: folders, and contact sheets of each."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image

from infogan.data.stream import Chunk, ImageStream
from infogan.errors import UserError
from infogan.figures import below, beside, draw_grid, save_picture
from infogan.files import replacing_folder
from infogan.inference.code_table import open_table
from infogan.inference.trained_model import Images, Model, to_float

Files = Literal["link", "copy", "none"]
TABLE = "clusters.csv"
COLUMNS = 12
TYPICAL_ROWS = 4


@dataclass(frozen=True, eq=False)
class Assignment:
    """Which category each of some images is in, and how surely."""

    best: Int[np.ndarray, " n"]
    second: Int[np.ndarray, " n"]
    log_probs: Float[np.ndarray, "n k"]

    @property
    def margin(self) -> Float[np.ndarray, " n"]:
        """log of how many times more probable the best is than the second; small is doubtful."""
        rows = np.arange(len(self.best))
        margin: np.ndarray = self.log_probs[rows, self.best] - self.log_probs[rows, self.second]
        return margin

    @property
    def probability(self) -> Float[np.ndarray, " n"]:
        """Of the best."""
        confidence: np.ndarray = np.exp(self.log_probs.max(axis=1))
        return confidence


class Extremes:
    """The n images of lowest score among all that came by."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.images: list[np.ndarray] = []
        self.scores: list[float] = []
        self.notes: list[str] = []

    def add(self, images: Images, scores: np.ndarray, notes: list[str]) -> None:
        """See some more."""
        self.images += list(images)
        self.scores += scores.tolist()
        self.notes += notes
        kept = np.argsort(self.scores, kind="stable")[: self.n]
        # Copies: a view would keep the whole part alive.
        self.images = [self.images[i].copy() for i in kept]
        self.scores = [self.scores[i] for i in kept]
        self.notes = [self.notes[i] for i in kept]

    def grid(self, rows: int, columns: int) -> np.ndarray:
        """The first of them, in rows; what is missing is black."""
        room = np.zeros((rows * columns, *self.images[0].shape), np.uint8)
        shown = self.images[: len(room)]
        room[: len(shown)] = shown
        return room.reshape(rows, columns, *room.shape[1:])


def cluster_images(
    model: Model,
    stream: ImageStream,
    out: Path,
    *,
    code: str = "",
    files: Files = "link",
    force: bool = False,
    progress: Callable[[int], object] = lambda n: None,
) -> dict[str, int]:
    """Sort images into a folder each category; returns how many images are in each.

    `out` gets the folders (links to the images, or copies; images that are no files of their own
    are written as PNG), a contact sheet of each, `overview.png` and `clusters.csv`. It is there
    whole in the end, or not at all. Raises UserError if it holds something already, unless `force`
    says that it is to be replaced.
    """
    if not force and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists already; choose another --out")
    if not code and model.latent.leading:
        code = model.latent.leading.name
    if not code or model.latent[code].continuous:
        raise UserError(f"{code or 'codes'}: has no categories to sort by")
    categories = list(range(model.latent[code].n_categories))
    folders = {value: folder_name(model, code, value) for value in categories}
    with replacing_folder(out) as partial:
        album = Album(model, code)
        with open_table(partial / TABLE) as table:
            for part in stream:
                assigned = assign(model, code, part.images)
                album.add(part, assigned)
                table.write(_rows(model, code, stream.named_by, part, assigned))
                for i, value in enumerate(assigned.best.tolist()):
                    if files != "none":
                        _place(part, i, partial / folders[value], files)
                progress(len(part.names))
        album.save(partial, folders)
    return {folders[value]: album.counts[value] for value in categories}


@torch.inference_mode()
def assign(model: Model, code: str, images: Images) -> Assignment:
    """Ask Q about the categories of one code."""
    q = model.discriminator(to_float(images)).q
    columns = {prior.name: columns for prior, columns in model.latent.split_q(q)}
    log_probs = model.latent[code].log_probs(columns[code]).double().numpy()
    order = np.argsort(-log_probs, axis=1, kind="stable")
    return Assignment(order[:, 0], order[:, 1], log_probs)


def folder_name(model: Model, code: str, value: int) -> str:
    """A category's folder: its number, and its name where it has one, such as 8-eight."""
    width = len(str(model.latent[code].n_categories - 1))
    named = model.names.values.get(code, {}).get(value)
    return f"{value:0{width}d}" + (f"-{named}" if named else "")


class Album:
    """The most typical and the most doubtful members of every category, as they come by."""

    def __init__(self, model: Model, code: str) -> None:
        self.code = code
        self.values = list(range(model.latent[code].n_categories))
        self.labels = {value: model.names.label(code, value) for value in self.values}
        self.counts = dict.fromkeys(self.values, 0)
        self.typical = {value: Extremes(TYPICAL_ROWS * COLUMNS) for value in self.values}
        self.doubtful = {value: Extremes(COLUMNS) for value in self.values}

    def add(self, part: Chunk, assigned: Assignment) -> None:
        """See the images of a part."""
        margin, p = assigned.margin, np.exp(assigned.log_probs)
        for value in np.unique(assigned.best).tolist():
            at = np.flatnonzero(assigned.best == value)
            self.counts[value] += len(at)
            rivals = [(int(i), int(assigned.second[i])) for i in at]
            notes = [f"{self.labels[rival]} {p[i, rival]:.0%}" for i, rival in rivals]
            self.typical[value].add(part.images[at], -margin[at], notes)
            self.doubtful[value].add(part.images[at], margin[at], notes)

    def save(self, out: Path, folders: dict[int, str]) -> None:
        """Write a contact sheet a category, and one of all."""
        used = [value for value in self.values if self.counts[value]]
        for value in used:
            save_picture(self.sheet(value), out / f"{folders[value]}.png")
        labels = [f"{self.labels[value]} ({self.counts[value]:,})" for value in used]
        sure = np.concatenate([self.typical[value].grid(1, COLUMNS) for value in used])
        unsure = np.concatenate([self.doubtful[value].grid(1, COLUMNS // 2) for value in used])
        panels = [draw_grid(sure, "most typical", labels), draw_grid(unsure, "most doubtful")]
        save_picture(beside(panels), out / "overview.png")

    def sheet(self, value: int) -> Image.Image:
        """One category's contact sheet."""
        title = f"{self.code} {self.labels[value]}: {self.counts[value]:,} images"
        rows = -(-min(self.counts[value], TYPICAL_ROWS * COLUMNS) // COLUMNS)
        typical = draw_grid(self.typical[value].grid(rows, COLUMNS), f"{title}; the most typical")
        doubtful = draw_grid(
            self.doubtful[value].grid(1, COLUMNS),
            "the most doubtful, and what else each may be",
            column_labels=self.doubtful[value].notes,
        )
        return below([typical, doubtful])


def _rows(
    model: Model, code: str, named_by: str, part: Chunk, assigned: Assignment
) -> dict[str, np.ndarray]:
    def names(values: np.ndarray) -> np.ndarray:
        return np.array([model.names.label(code, value) for value in values.tolist()])

    return {
        named_by: np.array(part.names),
        code: names(assigned.best),
        "probability": assigned.probability,
        "second": names(assigned.second),
    }


def _place(part: Chunk, i: int, folder: Path, files: Files) -> None:
    """Put image i of a part into a folder: a link, a copy, or a PNG where it is no file."""
    folder.mkdir(exist_ok=True)
    # Files of several folders come into one.
    name = part.names[i].replace("/", "__")
    if part.paths is None:
        pixels = part.images[i].transpose(1, 2, 0)
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(
            folder / f"{int(name):06d}.png"
        )
    elif files == "link":
        target = part.paths[i].resolve()
        (folder / name).symlink_to(os.path.relpath(target, folder.resolve()))
    else:
        shutil.copyfile(part.paths[i], folder / name)
