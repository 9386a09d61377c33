"""What was read, in a line or two: nothing is left out, cut or scaled without a word."""

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import UInt8

from infogan.data.rules import ImageRules
from infogan.errors import UserError

NAMED = 3
"""Files named of each reason for leaving some out."""
UNREADABLE = "unreadable"
KINDS = 4
"""Sizes, modes and suffixes counted one by one; what is rarer goes together."""
DARK, FLAT = 64, 16
"""Below this brightest byte, or this distance between darkest and brightest, a set looks wrong."""
BEYOND = 0.05
"""Part of the values that may lie beyond black and white before it is said."""
WORTH_PADDING = 0.8
"""Where cropping leaves less of rectangles than this, padding is pointed out."""
COUNTED_EQUAL = 100_000
"""Images compared with each other, so that memory stays bounded."""


@dataclass
class IngestReport:
    """What a reader of images found, and what it did; readers fill it in as they go.

    Attributes:
        name: what the user typed.
        found: files, records or images there were.
        used: images that came of them.
        left_out: for each reason, the names that were.
        errors: of unreadable files, what was wrong.
        sizes: widths and heights of what was used, each with how often.
        modes: Pillow's modes, or types of numbers.
        bits: of one value.
        pages: how many images had more than one page.
        bands: how many images had more than three bands.
        transparent: how many images had transparent parts.
        turned: how many images were turned upright.
        equal: how many images equal an earlier one.
        shape: channels, height and width of the images that came out.
        rules: how they were read, nothing in it left to be decided.
        black_white: of values that are not bytes, in words.
        darkest, brightest: bytes of the images that came out.
        beyond: the part of the values that lay outside black and white, and was cut off.
        notes: further warnings.
    """

    name: str
    found: int = 0
    used: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    bits: Counter[int] = field(default_factory=Counter)
    pages: int = 0
    bands: int = 0
    transparent: int = 0
    turned: int = 0
    equal: int = 0
    shape: tuple[int, int, int] = (0, 0, 0)
    rules: ImageRules = field(default_factory=ImageRules)
    black_white: str = ""
    darkest: int = 255
    brightest: int = 0
    beyond: float = 0.0
    notes: list[str] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set, repr=False)

    def leave_out(self, reason: str, name: str) -> None:
        """Note that something is not among the images."""
        self.left_out.setdefault(reason, []).append(name)

    def unreadable(self, name: str, why: str) -> None:
        """Note a file that is damaged."""
        self.errors[name] = why
        self.leave_out(UNREADABLE, name)

    def look(self, images: UInt8[np.ndarray, "n c h w"]) -> None:
        """Count images that came out, and which of them are equal to earlier ones."""
        if not len(images):
            return
        self.used += len(images)
        self.shape = (images.shape[1], images.shape[2], images.shape[3])
        self.darkest = min(self.darkest, int(images.min()))
        self.brightest = max(self.brightest, int(images.max()))
        for image in images[: max(0, COUNTED_EQUAL - len(self._seen))]:
            digest = blake2b(image.tobytes(), digest_size=12).digest()
            self.equal += digest in self._seen
            self._seen.add(digest)

    def lines(self) -> list[str]:
        """What was found and left out, and how it was read: two lines."""
        return [f"images    {self._found_line(self.name)}", f"read as   {self._read_line()}"]

    def kept(self) -> list[str]:
        """The same for a model to keep: with no folder of this machine in it."""
        return [self._found_line(PurePosixPath(self.name).name), self._read_line()]

    @property
    def warnings(self) -> list[str]:
        """What a user should look at before an hour is spent on it."""
        said = list(self.notes)
        if self.beyond > BEYOND:
            said.append(
                f"{self.name}: {self.beyond:.0%} of the values lie beyond black and white "
                f"({self.black_white}) and are cut off"
            )
        if self.errors:
            said.append(self._unreadable())
        if self.pages and self.rules.pages == "first":
            said.append(
                f"{self.name}: {self.pages} files have more than one page; only the first of each "
                "is read (--pages all takes every one)"
            )
        if self.used > 1 and self.used - self.equal == 1:
            said.append(f"{self.name}: all {self.used:,} images are equal")
        elif self.used and self.brightest < DARK:
            said.append(
                f"{self.name}: all images are dark, their brightest pixel is {self.brightest} of "
                "255; name what is white with --range=LOW,HIGH if that is wrong"
            )
        elif self.used and self.brightest - self.darkest < FLAT:
            said.append(
                f"{self.name}: all pixels lie between {self.darkest} and {self.brightest} of 255; "
                "name what is black and white with --range=LOW,HIGH if that is wrong"
            )
        return said

    def check(self) -> None:
        """Raise UserError where nothing is left, or more than half is unreadable."""
        if len(self.errors) * 2 > self._pictures or (self.errors and not self.used):
            raise UserError(self._unreadable())
        if not self.used:
            reasons = ", ".join(f"{len(names)} {reason}" for reason, names in self.left_out.items())
            raise UserError(
                f"{self.name}: no image files in this folder or below"
                + (f" ({reasons})" if reasons else "")
            )

    def warn(self) -> None:
        """Issue the warnings."""
        for warning in self.warnings:
            warnings.warn(warning, stacklevel=3)

    @property
    def _pictures(self) -> int:
        """What was found, less what is no picture at all."""
        others = (names for reason, names in self.left_out.items() if reason != UNREADABLE)
        return self.found - sum(map(len, others))

    def _unreadable(self) -> str:
        listed = _listed([f"{name} ({why})" for name, why in self.errors.items()], 5)
        told = f"{len(self.errors)} of {self._pictures} image files are unreadable"
        return f"{self.name}: {told}: {listed}"

    def _found_line(self, name: str) -> str:
        parts = [f"{self.used:,} of {name}"]
        if self.found != self.used:
            parts[0] = f"{self.used:,} of {self.found:,} in {name}"
        parts += [
            f"{len(names):,} left out, {reason}: {_listed(names, NAMED)}"
            for reason, names in self.left_out.items()
        ]
        if self.sizes:
            parts.append(_counted({f"{w}x{h}": n for (w, h), n in self.sizes.items()}, "sizes"))
        if self.modes:
            parts.append(_counted(dict(self.modes), "kinds"))
        if self.bits:
            parts.append(f"{', '.join(map(str, sorted(self.bits)))} bits")
        for count, what in ((self.pages, "of several pages"), (self.bands, "of several bands")):
            parts += [f"{count:,} {what}"] if count else []
        return "; ".join(parts)

    def _read_line(self) -> str:
        channels, height, width = self.shape
        parts = [f"{width}x{height} {'grey' if channels == 1 else 'colour'}", *self._fitted()]
        if self.bands and self.rules.bands:
            parts.append(f"bands {','.join(map(str, self.rules.bands))}")
        if self.transparent:
            parts.append(f"{self.transparent:,} transparent, laid on {_colour(self.rules.ground)}")
        if self.turned:
            parts.append(f"{self.turned:,} turned upright, as EXIF says")
        parts.append(self.black_white or "black 0, white 255")
        if self.equal:
            parts.append(f"{self.equal:,} equal to another")
        return "; ".join(parts)

    def _fitted(self) -> Iterable[str]:
        """What became of shapes and sizes."""
        if not self.sizes:
            return
        side = self.shape[1]
        oblong = sum(n for (w, h), n in self.sizes.items() if w != h)
        if oblong:
            how = {
                "crop": "cropped to their middle",
                "pad": f"padded with {_colour(self.rules.ground)}",
                "stretch": "stretched",
            }[self.rules.fit if self.rules.fit != "auto" else "crop"]
            rectangles = {size: n for size, n in self.sizes.items() if size[0] != size[1]}
            kept = np.average(
                [min(size) / max(size) for size in rectangles], weights=list(rectangles.values())
            )
            whole = "; --fit pad keeps them whole" if kept < WORTH_PADDING else ""
            lost = f" ({1 - kept:.0%} of their pixels cut off{whole})"
            lost = lost if how.startswith("cropped") else ""
            yield f"{oblong:,} rectangles {how}{lost}"
        sides = [min(size) for size in self.sizes]
        if min(sides) != side or max(sides) != side:
            spread = f"{min(sides)}" if min(sides) == max(sides) else f"{min(sides)}-{max(sides)}"
            yield f"scaled from {spread} to {side}"


def suffix_reason(name: str, what: str = "no image") -> str:
    """Why a file of another kind is left out, by its suffix."""
    suffix = PurePosixPath(name).suffix.lower()
    return f"{what} ({suffix})" if suffix else what


def _colour(ground: str) -> str:
    return {"#ffffff": "white", "#000000": "black", "auto": "white"}.get(ground, ground)


def _listed(names: list[str], most: int) -> str:
    more = f"; and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def _counted(counts: dict[str, int], what: str) -> str:
    """Such as 64x64; or RGB 20, L 3; or 17 sizes, mostly 64x64."""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    if len(ranked) == 1:
        return ranked[0][0]
    if len(ranked) <= KINDS:
        return ", ".join(f"{name} {n:,}" for name, n in ranked)
    return f"{len(ranked)} {what}, mostly {ranked[0][0]}"
