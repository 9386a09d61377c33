"""TIFFs of many bands, as satellites and microscopes write them: an extra, `tiff`."""

import io
import logging

import numpy as np

from infogan.data.picture import (
    MEMORY,
    Content,
    Header,
    Picture,
    check_memory,
    check_packing,
    shrink,
    take_bands,
)
from infogan.data.rules import ImageRules
from infogan.errors import UserError, require_extra

# It logs what is odd in a file, line by line; what cannot be read is told in one.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


def decode_pages(content: Content, rules: ImageRules, side: int) -> tuple[int, list[Picture]]:
    """The bands that `rules` name, of the first page or of all. Raises UserError."""
    require_extra("tiff", "a TIFF of many bands", "tifffile")
    import tifffile

    with tifffile.TiffFile(_stream(content)) as file:
        pages, pictures = len(file.series), []
        for series in file.series[: None if rules.pages == "all" else 1]:
            (height, width), bands = _shape(series)
            # They become numbers of four bytes, whatever they are in the file.
            amount = check_memory(width, height, bands * max(4, series.dtype.itemsize))
            check_packing(content, amount)
            with MEMORY.reserve(amount):
                values = _bands_last(series)
                chosen = shrink(take_bands(values, rules), side)
                bits = 8 * values.dtype.itemsize
                pictures.append(Picture(chosen, (width, height), str(values.dtype), bits, bands))
        return pages, pictures


def read_header(content: Content) -> Header:
    """Its size; all its numbers are of unknown range."""
    require_extra("tiff", "a TIFF of many bands", "tifffile")
    import tifffile

    with tifffile.TiffFile(_stream(content)) as file:
        (height, width), _ = _shape(file.series[0])
        return Header((width, height), True, False)


def _stream(content: Content) -> str | io.BytesIO:
    return io.BytesIO(content) if isinstance(content, bytes) else str(content)


def _shape(series: "object") -> tuple[tuple[int, int], int]:
    """Height and width, and the number of bands."""
    shape, axes = series.shape, series.axes  # type: ignore[attr-defined]
    if "Y" not in axes or "X" not in axes or len(shape) > 3:
        raise UserError(f"a TIFF of axes {axes}; save images of height, width and bands")
    sizes = dict(zip(axes, shape, strict=True))
    height, width = sizes.pop("Y"), sizes.pop("X")
    return (height, width), int(np.prod(list(sizes.values()) or [1]))


def _bands_last(series: "object") -> np.ndarray:
    values: np.ndarray = series.asarray()  # type: ignore[attr-defined]
    if values.ndim == 2:
        return values[..., None]
    axes: str = series.axes  # type: ignore[attr-defined]
    return np.moveaxis(values, (axes.index("Y"), axes.index("X")), (0, 1))
