"""The models a page can show, each run's and its checkpoints', and what is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infogan.codes.names import load_names, save_names
from infogan.codes.prior import Prior
from infogan.data.folder import read_content
from infogan.errors import UserError
from infogan.evaluation.descriptions import describe_codes, in_words, plainly
from infogan.evaluation.results import read_report
from infogan.explorer.page_map import IMAGES, PageMap, make_page_map
from infogan.inference.inversion import invert
from infogan.inference.trained_model import Images, Model
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder, images_at

MAX_DRAWN = 512
MAX_READ = 64
PART = 16
"""Images between which another request may have its turn."""
MAX_LATENT = 16.0
"""No code and no noise is further from 0 than this, whatever its prior."""


@dataclass
class Entry:
    """One model of a run: the finished one, or a checkpoint's."""

    run: str
    checkpoint: Path | None = None
    finished: "Entry | None" = None
    """Of a checkpoint: the run's own model, which has the same codes and is quicker to open."""

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return Path(self.run)

    @property
    def label(self) -> str:
        """What the page calls it: the folder, and which checkpoint."""
        name = self.folder.resolve().name
        if self.checkpoint is None:
            return name
        return f"{name} at {images_at(self.checkpoint) / 1000:g} kimg"

    @cached_property
    def model(self) -> Model:
        """The model, read from the disk when it is first asked for."""
        if self.checkpoint is None:
            return load_model(self.folder)
        return RunFolder(self.folder).open_checkpoint(self.checkpoint)

    @property
    def described(self) -> Model:
        """A model with this one's codes and shape."""
        return self.model if self.finished is None else self.finished.model

    @cached_property
    def words(self) -> dict[str, tuple[str, str]]:
        """What each code does, plainly and with figures; some seconds of work the first time."""
        found = describe_codes(self.model)
        return {
            name: (plainly(said), in_words("", said, width=10_000).strip())
            for name, said in found.items()
        }

    def forget(self) -> None:
        """Read the model again when it is next asked for: its names have changed."""
        self.__dict__.pop("model", None)
        self.__dict__.pop("words", None)


class ModelRegistry:
    """Models in the order of the page's menu; every run's own first, then its checkpoints.

    `images` are real images for the map, as `infogan.data.open_images` takes them; each run's own
    data by default. Raises UserError where a folder holds no model.
    """

    def __init__(self, runs: Sequence[str], images: str = "") -> None:
        self.entries = [entry for run in runs for entry in _entries(run)]
        self.images = images
        self._maps: dict[int, PageMap] = {}
        self._lock = RLock()

    def models(self) -> list[dict[str, Any]]:
        """What the page must know of every model to draw its controls."""
        with self._lock:
            return [describe(entry) for entry in self.entries]

    def rows(self, index: int, z: bytes) -> list[Tensor]:
        """Latents, given as little-endian float32, in parts that are quickly drawn.

        Raises UserError for what are not 1 to 512 rows of a model's width.
        """
        width = self._model(index).latent.dim
        values = np.frombuffer(z, "<f4") if len(z) % 4 == 0 else np.empty(0)
        n, rest = divmod(len(values), width)
        if rest or not 1 <= n <= MAX_DRAWN:
            raise UserError(f"needs 1 to {MAX_DRAWN} rows of {width} numbers")
        if not (np.abs(values) <= MAX_LATENT).all():
            raise UserError(f"a number is not finite, or beyond {MAX_LATENT:g}")
        return list(torch.from_numpy(values.reshape(n, width).copy()).split(PART))

    def draw(self, index: int, rows: Tensor) -> Images:
        """Images of latents."""
        return self._model(index).generate(rows)

    def read(self, index: int, pixels: bytes) -> dict[str, dict[str, Any]]:
        """Q's posterior of images, given as uint8 in the model's own shape."""
        entry, model = self._entry(index), self._model(index)
        found = model.encode(as_images(model, pixels))
        named = zip(original_names(entry), found.values(), strict=True)
        return {own: {key: each.tolist() for key, each in fields.items()} for own, fields in named}

    def picture(self, index: int, content: bytes) -> bytes:
        """A picture's file as an image of the model's shape, read as those it was trained on."""
        config = self._model(index).config
        return read_content(content, config.shape, config.preprocessing.rules).tobytes()

    def invert(self, index: int, pixels: bytes) -> bytes:
        """The row of latents (little-endian float32) that best draws one image."""
        model = self._model(index)
        found = invert(model, as_images(model, pixels)[:1])
        return found.z.numpy().astype("<f4").tobytes()

    def map(self, index: int, n: int = IMAGES) -> PageMap:
        """Real images by their codes. Raises UserError where the images are not to be had."""
        entry, model = self._entry(index), self._model(index)
        if index not in self._maps:
            data = self.images or RunFolder(entry.folder).read_config().data
            self._maps[index] = make_page_map(model, original_names(entry), data, n)
        return self._maps[index]

    def words(self, index: int) -> dict[str, dict[str, str]]:
        """What each code does, by the code's own name: `plain`, and `measured` with figures."""
        entry, _ = self._entry(index), self._model(index)
        # Without the lock: pictures are drawn meanwhile.
        known, own = _known(entry), original_names(entry)
        return {
            name: {
                "plain": plain,
                "measured": ". ".join(filter(None, (said, known.get(called, known.get(name, ""))))),
            }
            for name, (called, (plain, said)) in zip(own, entry.words.items(), strict=True)
        }

    def rename(self, index: int, code: str, value: int | None, name: str) -> None:
        """Name a code, or one of its categories, for good. Raises UserError."""
        with self._lock:
            entry, model = self._entry(index), self._model(index)
            own = original_names(entry)
            if code not in own:
                raise UserError("there is no such code")
            called = model.latent.names[own.index(code)]
            names = load_names(entry.folder)
            if value is None:
                names = names.with_code(model.latent, called, name or code)
            else:
                names = names.with_value(model.latent, called, value, name)
            save_names(entry.folder, names)
            for each in self.entries:
                if each.run == entry.run:
                    each.forget()

    def _entry(self, index: int) -> Entry:
        if not 0 <= index < len(self.entries):
            raise UserError("there is no such model")
        return self.entries[index]

    def _model(self, index: int) -> Model:
        with self._lock:
            return self._entry(index).model


def as_images(model: Model, pixels: bytes) -> Images:
    """Raw bytes as images of the model's shape; UserError unless they are whole images."""
    n, rest = divmod(len(pixels), int(np.prod(model.config.shape)))
    if rest or not 1 <= n <= MAX_READ:
        shape = "×".join(map(str, model.config.shape))
        raise UserError(f"needs 1 to {MAX_READ} images of {shape} bytes")
    return np.frombuffer(pixels, np.uint8).reshape(n, *model.config.shape).copy()


def describe(entry: Entry) -> dict[str, Any]:
    """One model for the page: its codes as controls, its noise, and where it came from."""
    model = entry.described
    bounds = _bounds(entry)
    return {
        "label": entry.label,
        "run": entry.run,
        "checkpoint": entry.checkpoint is not None,
        "shape": list(model.config.shape),
        "fit": model.config.preprocessing.rules.fit,
        "ground": list(model.config.preprocessing.rules.ground_rgb),
        "noise": {"width": model.latent.noise, "prior": model.latent.noise_prior},
        "codes": [
            {
                "id": own,
                "name": code.name,
                "spelling": code.spelling,
                "continuous": code.continuous,
                "width": code.dim,
                "ends": [code.low, code.high],
                "labels": [
                    model.names.label(code.name, value) for value in range(code.n_categories)
                ]
                if not code.continuous
                else [],
                "shares": code.shares if _is_learned(code) else None,
                "nats": bounds.get(code.name, bounds.get(own)),
                "entropy": code.entropy,
            }
            for own, code in zip(original_names(entry), model.latent.codes, strict=True)
        ],
    }


def original_names(entry: Entry) -> list[str]:
    """What `model.json` calls the codes: links go by these, so renaming breaks none."""
    own = {called: own for own, called in load_names(entry.folder).codes.items()}
    return [own.get(name, name) for name in entry.described.latent.names]


def _entries(run: str) -> list[Entry]:
    finished = Entry(run)
    # Read now: a wrong folder is to be told at once, not by the page.
    _ = finished.model
    checkpoints = RunFolder(finished.folder).checkpoints()
    return [finished, *(Entry(run, path, finished) for path in reversed(checkpoints))]


def _is_learned(code: Prior) -> bool:
    return getattr(code, "logits", None) is not None


def _known(entry: Entry) -> dict[str, str]:
    """What each code says of factors known for some images, where the run was evaluated so."""
    path = RunFolder(entry.folder).evaluation_file
    if entry.checkpoint is not None or not path.is_file():
        return {}
    return {code: "; ".join(told) for code, told in read_report(path).words.items()}


def _bounds(entry: Entry) -> dict[str, float]:
    """L_I of each code where the run has been evaluated."""
    path = RunFolder(entry.folder).evaluation_file
    if entry.checkpoint is not None or not path.is_file():
        return {}
    report = read_report(path)
    return {each.code: each.value for each in report.measurements if each.name == "mi_bound"}
