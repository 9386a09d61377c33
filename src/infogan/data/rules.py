"""How images are read: what a user may say of it, and what a model remembers."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from PIL import ImageColor

from infogan.errors import UserError

Fit = Literal["auto", "crop", "pad", "stretch"]
Pages = Literal["first", "all"]
WORST_CROP = 0.5
"""Rectangles are cropped while the middle square holds at least this part of them, else padded."""


@dataclass(frozen=True)
class ImageRules:
    """How images are read; what is auto is decided over all images, and then remembered.

    Attributes:
        range: the numbers that are black and white; None: told from the values (`value_range`).
        range_given: whether a user named that range. Then it holds for 8-bit picture files too,
            whose own is 0 to 255 otherwise.
        fit: how a rectangle becomes a square: its middle, the whole on a ground, or stretched.
        ground: what is laid under transparent parts and around padded images: auto, or a colour
            as #rrggbb.
        bands: which bands are red, green and blue (or grey), counted from 1, of images with more
            than three.
        pages: which pages of a TIFF, frames of an animation or of a DICOM are images.
    """

    range: tuple[float, float] | None = None
    range_given: bool = False
    fit: Fit = "auto"
    ground: str = "auto"
    bands: tuple[int, ...] | None = None
    pages: Pages = "first"

    @classmethod
    def parse(
        cls,
        *,
        range: str = "auto",
        fit: str = "auto",
        ground: str = "auto",
        bands: str = "",
        pages: str = "first",
    ) -> "ImageRules":
        """Rules as the command line spells them; UserError names the option."""
        if fit not in get_args(Fit):
            raise UserError(f"fit {fit}: choose one of {', '.join(get_args(Fit))}")
        if pages not in get_args(Pages):
            raise UserError(f"pages {pages}: choose one of {', '.join(get_args(Pages))}")
        numbers = None if range == "auto" else parse_range(range)
        return cls(
            numbers,
            numbers is not None,
            cast(Fit, fit),
            parse_ground(ground),
            parse_bands(bands),
            cast(Pages, pages),
        )

    @property
    def ground_rgb(self) -> tuple[int, int, int]:
        """The ground as bytes; white while it is auto."""
        return (255, 255, 255) if self.ground == "auto" else _rgb(self.ground)

    def over(self, remembered: "ImageRules") -> "ImageRules":
        """These rules where they say something, else those that a model remembers."""
        chosen, nothing = {}, ImageRules()
        for name in ("fit", "ground", "bands", "pages"):
            own = getattr(self, name)
            chosen[name] = getattr(remembered, name) if own == getattr(nothing, name) else own
        source = remembered if self.range is None else self
        return ImageRules(range=source.range, range_given=source.range_given, **chosen)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "ImageRules":
        """The rules of such data, checked. Raises UserError."""
        try:
            numbers, bands = content["range"], content["bands"]
            return cls(
                None if numbers is None else _checked_range(numbers, str(numbers)),
                bool(content["range_given"]),
                _one_of(content["fit"], get_args(Fit)),
                parse_ground(content["ground"]),
                None if bands is None else parse_bands(",".join(map(str, bands))),
                _one_of(content["pages"], get_args(Pages)),
            )
        except (KeyError, TypeError) as error:
            raise UserError(f"not rules for reading images ({error})") from None


def parse_range(text: str) -> tuple[float, float]:
    """The numbers of "LOW,HIGH"; UserError unless they are two, finite, the lower one first."""
    return _checked_range(text.split(","), text)


def parse_bands(text: str) -> tuple[int, ...] | None:
    """The bands of "3,2,1" or "4"; None for an empty text. Raises UserError."""
    if not text:
        return None
    words = [word.strip() for word in text.split(",")]
    if len(words) not in (1, 3) or not all(word.isdecimal() and int(word) for word in words):
        raise UserError(
            f"bands {text}: name one band (grey) or three (red, green, blue), counted from 1, "
            "such as 3,2,1"
        )
    return tuple(int(word) for word in words)


def parse_ground(text: str) -> str:
    """Auto, or a colour as #rrggbb. Raises UserError."""
    if text == "auto":
        return text
    try:
        return "#{:02x}{:02x}{:02x}".format(*_rgb(text))
    except (ValueError, AttributeError, TypeError):
        raise UserError(f"ground {text}: give auto, white, black or #rrggbb") from None


def _rgb(text: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(text)[:3]
    return red, green, blue


def _checked_range(values: Any, text: str) -> tuple[float, float]:
    try:
        low, high = (float(value) for value in values)
    except (ValueError, TypeError):
        low = high = 0.0
    if not -1e12 < low < high < 1e12:
        raise UserError(
            f"range {text}: give auto, or what is black and what is white, such as 0,4095 "
            "(below 0 with an equals sign: --range=-1000,400)"
        )
    return low, high


def _one_of(value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise UserError(f"not rules for reading images ({value} is none of {', '.join(allowed)})")
    return value
