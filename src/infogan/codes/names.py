"""What the user calls the codes and their categories: `names.json` beside a model.

>>> names = Names(values={"digit": {8: "eight"}})
>>> names.label("digit", 8), names.label("digit", 3), names.label("slant", 0.5)
('eight', '#3', '0.5')
"""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.errors import UserError
from infogan.files import read_json, write_json

FILE = "names.json"
FORMAT_VERSION = 1
LONGEST = 40
REMEMBERED = 20
PUNCTUATION = " -_.()"


@dataclass(frozen=True)
class Names:
    """Names of codes and of their categories; empty until somebody gives some.

    Attributes:
        codes: what `model.json` calls a code → what the user calls it.
        values: code, as the user calls it → category → what the user calls that.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def label(self, code: str, value: float) -> str:
        """How to write one value of a code: its name; `#3` where only others have one; or 3."""
        known = self.values.get(code, {})
        if value in known:
            return known[int(value)]
        return f"#{value:g}" if known else f"{value:g}"

    def value(self, code: Prior, text: str) -> float:
        """The value that is meant: by a name first, then `#3` or a number. Raises UserError."""
        known = self.values.get(code.name, {})
        for value, name in known.items():
            if name.casefold() == _tidy(text).casefold():
                return float(value)
        try:
            return float(text.strip().removeprefix("#"))
        except ValueError:
            named = f" or one of {', '.join(known.values())}" if known else ""
            raise UserError(f"{code.name}={text}: takes a number{named}") from None

    def with_value(self, latent: Latent, code: str, value: float, name: str) -> "Names":
        """The same with one category called `name`; an empty one takes its name away.

        `latent` is the model's as loaded, its codes called what the user calls them.
        """
        prior = latent[code]
        if prior.continuous:
            raise UserError(f"{code}: a dial has no categories to name; rename the code itself")
        prior.check(value)
        named = {key: each for key, each in self.values.get(code, {}).items() if key != value}
        if name:
            named[int(value)] = check_name(name)
        values = {key: each for key, each in self.values.items() if key != code}
        names = dataclasses.replace(self, values=values | ({code: named} if named else {}))
        names.check(latent)
        return names

    def with_code(self, latent: Latent, code: str, name: str) -> "Names":
        """The same with one code of the model, as loaded, called `name`."""
        renamed = Names({code: name}).renamed(latent)
        own = next((key for key, each in self.codes.items() if each == code), code)
        codes = {key: each for key, each in self.codes.items() if key != own}
        values = {name if key == code else key: each for key, each in self.values.items()}
        names = Names(codes | ({own: name} if own != name else {}), values)
        names.check(renamed)
        return names

    def renamed(self, latent: Latent) -> Latent:
        """The latent of `model.json` with its codes called what the user calls them."""
        for code, name in self.codes.items():
            own = latent[code].name
            fits = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) and len(name) <= LONGEST
            if not fits:
                raise UserError(
                    f"{own}: cannot be called {name!r}; a code's name takes letters, digits and _, "
                    f"up to {LONGEST}, no digit first"
                )
        codes = tuple(
            dataclasses.replace(code, name=self.codes.get(code.name, code.name))
            for code in latent.codes
        )
        return dataclasses.replace(latent, codes=codes)

    def check(self, latent: Latent) -> None:
        """Raise UserError for names of categories that are not there, unsafe, or given twice."""
        for code, named in self.values.items():
            count = 0 if latent[code].continuous else latent[code].n_categories
            if not all(0 <= value < count for value in named):
                raise UserError(f"{code}: names a category that this code does not have")
            folded = [check_name(name).casefold() for name in named.values()]
            for name in named.values():
                if folded.count(name.casefold()) > 1:
                    raise UserError(f"{code}: two categories are called {name!r}")


def check_name(name: str) -> str:
    """A category's name, tidied; UserError unless it is safe as a caption and a folder's name."""
    name = _tidy(name)
    letters = [unicodedata.category(character)[0] in "LMN" for character in name]
    allowed = all(
        fine or character in PUNCTUATION for fine, character in zip(letters, name, strict=True)
    )
    if not (letters and allowed and letters[0] and name[-1] != "." and len(name) <= LONGEST):
        raise UserError(
            f"{name[: 2 * LONGEST]!r} cannot name a category: takes letters, digits, spaces, "
            f"- _ . ( ), up to {LONGEST}, with a letter or digit first"
        )
    return name


def load_names(folder: Path) -> Names:
    """The names kept in a model's folder; none where there is no `names.json`.

    Raises UserError for a file that is damaged or newer.
    """
    return _from_json(_read(folder / FILE), folder / FILE)


def save_names(folder: Path, names: Names) -> None:
    """Keep names in a model's folder, whole or not at all; those before can be had back."""
    path = folder / FILE
    content = _read(path)
    before = content.get("before", [])
    if content:
        before = [*before, _plain(_from_json(content, path))][-REMEMBERED:]
    _write(path, _plain(names), before)


def undo_names(folder: Path) -> None:
    """Go back to the names before the last change; UserError where there was none."""
    path = folder / FILE
    content = _read(path)
    if not content:
        raise UserError(f"{folder}: has no names yet, so there is nothing to undo")
    if before := content.get("before", []):
        _write(path, _plain(_from_json(before[-1], path)), before[:-1])
    else:
        path.unlink()


def _tidy(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _plain(names: Names) -> dict[str, Any]:
    values = {
        code: {str(value): named[value] for value in sorted(named)}
        for code, named in names.values.items()
    }
    return {"codes": dict(names.codes), "values": values}


def _from_json(content: dict[str, Any], path: Path) -> Names:
    try:
        codes = {str(code): str(name) for code, name in content.get("codes", {}).items()}
        values = {
            str(code): {int(value): str(name) for value, name in named.items()}
            for code, named in content.get("values", {}).items()
        }
    except (TypeError, AttributeError, ValueError) as error:
        raise UserError(f"{path}: not names ({error}); repair or remove it") from None
    return Names(codes, values)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = read_json(path, "names")
    version = content.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise UserError(
            f"{path}: format version {version}, this infogan reads up to {FORMAT_VERSION}; "
            "install a newer infogan"
        )
    return content


def _write(path: Path, names: dict[str, Any], before: list[dict[str, Any]]) -> None:
    content = {"format_version": FORMAT_VERSION, **names, "before": before}
    write_json(path, content)
