"""DICOM, as hospitals keep images: an extra, `dicom`."""

import io
from typing import Any

import numpy as np

from infogan.data.picture import (
    MEMORY,
    Content,
    Header,
    Picture,
    check_memory,
    check_packing,
    shrink,
)
from infogan.data.rules import ImageRules
from infogan.errors import UserError, require_extra


def decode_pages(content: Content, rules: ImageRules, side: int) -> tuple[int, list[Picture]]:
    """The first frame or all, rescaled to the file's units (Hounsfield's, say).

    Black and white are the file's first window; without one, the ends of its bits where it is
    not rescaled; else they are told from the values of all files. Raises UserError.
    """
    file = _read(content)
    width, height = int(file.Columns), int(file.Rows)
    frames = int(getattr(file, "NumberOfFrames", 1) or 1)
    samples = int(getattr(file, "SamplesPerPixel", 1))
    amount = check_memory(width, height, 4 * samples * frames)
    check_packing(content, amount)
    with MEMORY.reserve(amount):
        try:
            stored = file.pixel_array
        except (RuntimeError, AttributeError, ImportError, NotImplementedError) as error:
            raise UserError(f"DICOM of pixels that cannot be decoded here ({error})") from None
        if frames == 1:
            stored = stored[None]
        bits = int(file.BitsStored)
        pictures = []
        for frame in stored[: None if rules.pages == "all" else 1]:
            slope = float(getattr(file, "RescaleSlope", 1) or 1)
            intercept = float(getattr(file, "RescaleIntercept", 0) or 0)
            values = frame if (slope, intercept) == (1, 0) else frame * slope + intercept
            if samples == 3 and str(file.PhotometricInterpretation).startswith("YBR"):
                from pydicom.pixels import convert_color_space

                values = convert_color_space(values, file.PhotometricInterpretation, "RGB")
            pictures.append(
                Picture(
                    shrink(np.asarray(values), side),
                    (width, height),
                    f"DICOM {getattr(file, 'Modality', '')}".strip(),
                    bits,
                    samples,
                    _own_range(file, bits, slope, intercept),
                    str(file.PhotometricInterpretation) == "MONOCHROME1",
                )
            )
    return frames, pictures


def read_header(content: Content) -> Header:
    """Its size, and whether its black and white must be told from the values."""
    file = _read(content, stop_before_pixels=True)
    slope = float(getattr(file, "RescaleSlope", 1) or 1)
    intercept = float(getattr(file, "RescaleIntercept", 0) or 0)
    wide = _own_range(file, int(file.BitsStored), slope, intercept) is None
    return Header((int(file.Columns), int(file.Rows)), wide, False)


def _read(content: Content, **options: Any) -> Any:
    require_extra("dicom", "DICOM", "pydicom")
    import pydicom

    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    return pydicom.dcmread(stream, **options)


def _own_range(file: Any, bits: int, slope: float, intercept: float) -> tuple[float, float] | None:
    """The file's first window, as DICOM's part 3, C.11.2.1.2 has it; or its bits' ends."""
    centres, widths = getattr(file, "WindowCenter", None), getattr(file, "WindowWidth", None)
    if centres is not None and widths is not None:
        centre, width = (
            float(each[0] if hasattr(each, "__len__") and not isinstance(each, str) else each)
            for each in (centres, widths)
        )
        if width > 1:
            return centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    if (slope, intercept) == (1, 0) and not int(file.PixelRepresentation):
        return 0.0, float(2**bits - 1)
    return None
