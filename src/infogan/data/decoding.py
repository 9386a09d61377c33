"""One picture file of any kind: told by its content, and given to the decoder that knows it."""

from infogan.data import dicom, raster, tiff
from infogan.data.picture import Content, Header, NotAPicture, Picture, first_bytes
from infogan.data.rules import ImageRules


def decode_pages(content: Content, rules: ImageRules, side: int) -> tuple[int, list[Picture]]:
    """How many pages a file has, and the first or all of them (`rules.pages`).

    Pictures much larger than `side` are decoded smaller where that is quicker. Raises NotAPicture
    for another kind of file, UserError for what the rules must say, and whatever decoders raise
    for damage.
    """
    if _is_dicom(content):
        return dicom.decode_pages(content, rules, side)
    if raster.drops_bands(content):
        return tiff.decode_pages(content, rules, side)
    return raster.decode_pages(content, rules, side)


def read_header(content: Content) -> Header:
    """Size and kind of a file's first page. Raises as `decode_pages` does."""
    if _is_dicom(content):
        return dicom.read_header(content)
    if raster.drops_bands(content):
        return tiff.read_header(content)
    return raster.read_header(content)


def is_picture(content: Content) -> bool:
    """Whether a file is an image by its content; it may be damaged further in."""
    try:
        read_header(content)
    except NotAPicture:
        return False
    except Exception:  # a damaged file makes decoders raise almost anything
        return True
    return True


def _is_dicom(content: Content) -> bool:
    return first_bytes(content, 132)[128:] == b"DICM"
