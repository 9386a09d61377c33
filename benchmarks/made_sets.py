"""Sets of images that are no names of the library's, made of what lies beside MNIST."""

import csv
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from infogan.data.open import open_images, open_labels

UNBALANCED = np.arange(1, 11) / 10
"""How many of each digit are kept: about their share, for MNIST has nearly as many of each."""


def unbalanced(folder: Path) -> str:
    """MNIST's training images, 10 % of the zeros to 100 % of the nines.

    Labels are read to make this set, as its makers would have; training is given no labels.
    """
    source, labels = open_images("mnist"), open_labels("mnist", split="train")
    rng = np.random.default_rng(0)
    kept = np.flatnonzero(rng.random(len(labels)) < UNBALANCED[labels])
    np.save(folder / "unbalanced.npy", source.batch(kept)[:, 0])
    return str(folder / "unbalanced.npy")


def kept(name: str) -> Callable[[Path], str]:
    """What lies beside MNIST under this name."""
    return lambda _: str(Path(os.environ["INFOGAN_DATA"]) / name)


def emoji(folder: Path) -> str:
    """The pictures unpacked, and of their table the category and the tone of skin."""
    with zipfile.ZipFile(kept("emoji.zip")(folder)) as archive:
        archive.extractall(folder)
        lines = csv.DictReader(io.StringIO(archive.read("labels.csv").decode()))
        rows = [[line[name] for name in ("image", "category", "skin_tone")] for line in lines]
    return with_table(folder / "emoji", ["image", "category", "skin_tone"], rows)


def omniglot(folder: Path) -> str:
    """The letters unpacked, their alphabet the factor."""
    with zipfile.ZipFile(kept("omniglot-small1.zip")(folder)) as archive:
        archive.extractall(folder)
    root = folder / "images_background_small1"
    files = sorted(path.relative_to(root) for path in root.rglob("*.png"))
    return with_table(root, ["image", "alphabet"], [[str(p), p.parts[0]] for p in files])


def with_table(images: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """These images with a table of factors beside them."""
    with (images.parent / "factors.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(images)


MADE: dict[str, Callable[[Path], str]] = {
    "mnist-unbalanced": unbalanced,
    "cmu-faces": kept("cmu-faces/images"),
    "emoji": emoji,
    "omniglot": omniglot,
    "sprites64": kept("sprites64.zip"),
}
"""Sets that are no names of the library's."""
