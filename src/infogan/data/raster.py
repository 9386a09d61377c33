"""Picture files that Pillow decodes, opened by their content, whatever they are called."""

import io
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from infogan.data.picture import (
    LARGE,
    MAX_PAGES,
    MEMORY,
    SPARE,
    Content,
    Header,
    NotAPicture,
    Picture,
    check_memory,
    check_packing,
    first_bytes,
    shrink,
)
from infogan.data.rules import ImageRules
from infogan.errors import UserError, require_extra

NOT_OPENED = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}
"""Formats that Pillow knows of and cannot decode, or only by starting another program."""
ONE_PICTURE = {"MPO", "PSD"}
"""Formats whose further frames are no pictures of their own: gain maps, layers."""
DEEP = re.compile(r"RGB;16([BLN])")
"""How Pillow names 16-bit colours, of which it keeps the upper 8 bits."""
BITS = {"1": 1, "I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16}
PIXEL_BYTES = {"1": 1, "L": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")
BITS_PER_SAMPLE, SAMPLES, EXTRA_SAMPLES = 258, 277, 338
"""TIFF's tags: bits of a value, values of a pixel, what those past red, green and blue are."""
TURNED, LYING = range(2, 9), range(5, 9)
"""EXIF's orientations of pictures that are mirrored or not upright, and of those lying down."""
HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# Sizes are checked here, by what they would take.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def decode_pages(content: Content, rules: ImageRules, side: int) -> tuple[int, list[Picture]]:
    """How many pages a file has, and the first or all of them (`rules.pages`).

    Pictures much larger than `side` are decoded smaller where that is quicker. Raises NotAPicture,
    UserError, and whatever decoders raise for damage.
    """
    with opened(content) as image:
        pages = 1 if image.format in ONE_PICTURE else getattr(image, "n_frames", 1)
        if rules.pages == "all" and pages > MAX_PAGES:
            raise UserError(f"{pages:,} pages, at most {MAX_PAGES:,} are read")
        pictures = []
        for page in range(pages if rules.pages == "all" else 1):
            if pages > 1:
                image.seek(page)
            pictures.append(_decode(content, image, page, side))
        return pages, pictures


def read_header(content: Content) -> Header:
    """Size and kind of a file's first page. Raises as `decode_pages` does."""
    with opened(content) as image:
        wide = image.mode[0] in "IF" or _deep_colours(image) is not None
        alpha = image.mode in ALPHA or "transparency" in image.info
        return Header(image.size, wide, alpha)


def drops_bands(content: Content) -> bool:
    """Whether this is a TIFF of which Pillow would read some bands only, or none."""
    if first_bytes(content, 4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return False
    try:
        with opened(content) as image:
            tags = getattr(image, "tag_v2", {})
            kept = 1 if image.mode[0] in "IF1LP" else 4 if image.mode == "CMYK" else 3
            more = tags.get(SAMPLES, 1) - kept
            return more > 1 or (more == 1 and 0 in tags.get(EXTRA_SAMPLES, ()))
    except NotAPicture:
        return True


@contextmanager
def opened(content: Content) -> Iterator[Image.Image]:
    """The opened image, not decoded yet. Raises NotAPicture and UserError."""
    formats = _formats()
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    try:
        image = Image.open(stream, formats=formats)
    except UnidentifiedImageError:
        start = first_bytes(content, 12)
        if start[4:8] == b"ftyp" and start[8:12] in HEIC:
            require_extra("heic", "HEIC", "pillow_heif")
        raise NotAPicture from None
    except Image.DecompressionBombError:
        raise UserError("more pixels than are read; make it smaller") from None
    with image:
        yield image


def _decode(content: Content, image: Image.Image, page: int, side: int) -> Picture:
    mode, size = image.mode, image.size
    image.draft(None, (SPARE * side, SPARE * side))  # JPEGs decode no larger than needed
    amount = check_memory(*image.size, PIXEL_BYTES.get(mode, 4))
    check_packing(content, amount)
    with MEMORY.reserve(amount):
        if (deep := _deep_colours(image)) is not None:
            deep_colours = shrink(_both_bytes(content, page, deep), side)
            size, turned = _upright(image, size)
            return Picture(deep_colours, size, mode, 16, 3, turned=turned)
        image.load()
        size, turned = _upright(image, size)
        # As numbers, since Pillow shrinks no 16-bit greys.
        if mode[0] in "IF":
            upright = np.asarray(ImageOps.exif_transpose(image))
            bits = (
                BITS[mode]
                if mode != "I"
                else getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (16,))[0]
            )
            return Picture(shrink(upright, side), size, mode, bits, turned=turned)
        bits = BITS.get(mode, 8)
        ImageOps.exif_transpose(image, in_place=True)
        step = min(image.size) // (SPARE * side)
        plain = _plain(image)
        if plain.width * plain.height > LARGE and step > 1:
            plain = plain.reduce(step)
        pixels = plain.copy() if plain is image else plain
        return Picture(pixels, size, mode, bits, turned=turned)


def _upright(image: Image.Image, size: tuple[int, int]) -> tuple[tuple[int, int], bool]:
    """The size of a picture once it is turned as its EXIF says, and whether it has to be.

    Asked once the picture is loaded: a PNG may have EXIF behind its pixels.
    """
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return size[::-1] if orientation in LYING else size, orientation in TURNED


def _plain(image: Image.Image) -> Image.Image:
    """As L or RGB, or as RGBA where something is transparent."""
    if image.mode in ALPHA or "transparency" in image.info:
        alpha = image.convert("RGBA")
        opaque = alpha.getchannel("A").getextrema() == (255, 255)
        return alpha.convert("RGB") if opaque else alpha
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _deep_colours(image: Image.Image) -> str | None:
    """The byte order of 16-bit colours; None for any other image."""
    for tile in getattr(image, "tile", ()):
        args = tile[3][0] if isinstance(tile[3], tuple) and tile[3] else tile[3]
        if image.mode == "RGB" and (found := DEEP.fullmatch(str(args))):
            return found[1]
    return None


def _both_bytes(content: Content, page: int, order: str) -> np.ndarray:
    """16-bit colours, decoded twice: for the upper bytes, and as if turned round for the lower."""
    little = order == "L" or (order == "N" and sys.byteorder == "little")
    halves = []
    for rawmode in ("RGB;16L", "RGB;16B") if little else ("RGB;16B", "RGB;16L"):
        with opened(content) as image:
            if page:
                image.seek(page)
            tiles: list[Any] = getattr(image, "tile", [])
            image.tile = [  # type: ignore[attr-defined]
                tile._replace(
                    args=(rawmode, *tile.args[1:]) if isinstance(tile.args, tuple) else rawmode
                )
                for tile in tiles
            ]
            halves.append(np.asarray(ImageOps.exif_transpose(image)).astype(np.uint16))
    return halves[0] << 8 | halves[1]


@cache
def _formats() -> tuple[str, ...]:
    """The formats that are opened: all of Pillow's that it decodes itself, and HEIC if it can."""
    if find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.init()
    return tuple(sorted(set(Image.OPEN) - NOT_OPENED))
