"""The rendered 3D chairs: `rendered_chairs/MODEL/renders/image_000_p020_t011_r096.png`.

Source: Aubry et al., Seeing 3D chairs, 2014.
"""

import re
from pathlib import Path

import numpy as np
from jaxtyping import Int
from PIL import Image

from infogan.data.lazy import LazyImages
from infogan.data.picture import check_memory
from infogan.errors import UserError

RENDER = re.compile(r"image_(\d+)_p(\d+)_t(\d+)_r(\d+)\.png")
DEFAULT_SIZE = 64


def holds(path: Path) -> bool:
    """Whether this is a folder of chairs: sub-folders with `renders` in them."""
    return path.is_dir() and next(path.glob("*/renders"), None) is not None


class Chairs(LazyImages):
    """Every rendering, model by model, each decoded when it is first asked for; grey by default.

    A white background, as rendered. Raises UserError where no file is named as the published are.
    """

    def __init__(self, path: Path, name: str, *, size: int | None, channels: int | None) -> None:
        self._paths = sorted(
            file for file in path.glob("*/renders/*.png") if RENDER.fullmatch(file.name)
        )
        if not self._paths:
            raise UserError(
                f"{path}: its renders/ hold no files named image_000_p020_t011_r096.png and so on; "
                "give the folder rendered_chairs as published"
            )
        super().__init__(name, len(self._paths), channels or 1, size or DEFAULT_SIZE)
        found = [(file.parent.parent.name, RENDER.fullmatch(file.name)) for file in self._paths]
        self.models = tuple(dict.fromkeys(model for model, _ in found))
        """The chairs' own names."""
        number = {model: i for i, model in enumerate(self.models)}
        views = [(number[model], int(m[2]), int(m[3])) for model, m in found if m is not None]
        self.views: Int[np.ndarray, "n 3"] = np.array(views)
        """Of each image the number of its chair, its elevation and its azimuth in degrees."""

    def open_picture(self, index: int) -> Image.Image:
        picture = Image.open(self._paths[index])
        check_memory(*picture.size, 4)
        if picture.mode not in ("RGBA", "LA", "P"):
            return picture
        coloured = picture.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured)

    def where(self, index: int) -> str:
        return str(self._paths[index])
