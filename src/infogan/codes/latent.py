"""Latent codes: what the generator is given, what Q must guess, and what both are worth in nats.

A `Latent` is the one source of truth. The width of the generator's input, the width of Q's output,
the terms of the mutual information bound, the rows of every picture and the values accepted by
`--set` all derive from it.

    >>> latent = Latent.parse("digit=cat:10,slant=uni,width=uni", noise=62)
    >>> latent.dim, latent.q_dim
    (74, 14)
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.circular import Circular
from infogan.codes.continuous import Normal, Uniform
from infogan.codes.discrete import Bernoulli, Categorical
from infogan.codes.prior import Prior
from infogan.codes.reserved import check_code_name
from infogan.errors import UserError, did_you_mean

WIDEST = 10_000
"""Numbers of all codes together, and of the noise."""


@dataclass(frozen=True)
class Latent:
    """Everything the generator is given: named codes, then incompressible noise."""

    codes: tuple[Prior, ...]
    noise: int = 62
    noise_prior: Literal["normal", "uniform"] = "uniform"

    def __post_init__(self) -> None:
        if not 0 <= self.noise <= WIDEST or self.noise_prior not in ("normal", "uniform"):
            raise UserError(
                f"noise {self.noise} {self.noise_prior}: needs a width from 0 to {WIDEST:,}, "
                "and 'normal' or 'uniform'"
            )
        if not self.codes:
            raise UserError("codes: at least one is needed, such as cat:10")
        named = tuple(
            code if code.name else dataclasses.replace(code, name=f"c{i}")
            for i, code in enumerate(self.codes, start=1)
        )
        object.__setattr__(self, "codes", named)
        if self.code_dim > WIDEST:
            raise UserError(f"codes: {self.code_dim:,} numbers wide; takes up to {WIDEST:,}")
        names = self.names
        for name in names:
            check_code_name(name)
            if names.count(name) > 1:
                raise UserError(f"codes: the name {name!r} is used twice")
        follows = [each for code in self.codes for each in code.followed]
        for each in follows:
            if follows.count(each) > 1:
                raise UserError(f"codes: two dials follow {each}; each needs its own")

    @classmethod
    def parse(
        cls,
        codes: str,
        noise: int = 62,
        noise_prior: Literal["normal", "uniform"] = "uniform",
    ) -> "Latent":
        """Read the compact spelling `name=kind[:arguments]`, comma-separated.

        Kinds: `cat:K[:prior=learned]`, `uni[:low:high]`, `norm`, `circ`, `bern[:p]`. Dials take
        `:follow=shear`, those with ends `:sigma=S` (fixed; otherwise σ is learned); all take
        `:ignore=pose+colour`. `3*cat:20` repeats a code. Raises UserError.
        """
        priors = tuple(prior for item in codes.split(",") for prior in _parse_item(item.strip()))
        return cls(priors, noise, noise_prior)

    @property
    def learned(self) -> tuple[Categorical, ...]:
        """The codes whose prior is learned, in order."""
        categories = (code for code in self.codes if isinstance(code, Categorical))
        return tuple(code for code in categories if code.prior == "learned")

    def with_logits(self, logits: Iterable[Tensor]) -> "Latent":
        """The same codes, the learned priors being as these logits have them, in order."""
        learned: dict[str, Prior] = {
            code.name: dataclasses.replace(code, logits=each)
            for code, each in zip(self.learned, logits, strict=True)
        }
        codes = tuple(learned.get(code.name, code) for code in self.codes)
        return dataclasses.replace(self, codes=codes)

    @property
    def discrete(self) -> tuple[Prior, ...]:
        """The codes with categories, in order."""
        return tuple(code for code in self.codes if not code.continuous)

    @property
    def continuous(self) -> tuple[Prior, ...]:
        """The dials, in order."""
        return tuple(code for code in self.codes if code.continuous)

    @property
    def with_ends(self) -> tuple[Prior, ...]:
        """The dials whose values lie in a line, in order."""
        return tuple(code for code in self.continuous if not isinstance(code, Circular))

    @property
    def circles(self) -> tuple[int, ...]:
        """The columns of the generator's input that go round."""
        starts = accumulate((code.dim for code in self.codes), initial=0)
        codes = zip(starts, self.codes, strict=False)
        return tuple(start for start, code in codes if isinstance(code, Circular))

    @property
    def leading(self) -> Prior | None:
        """The first code with categories, which pictures, labels and clusters are about."""
        return next(iter(self.discrete), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all codes, in order."""
        return tuple(code.name for code in self.codes)

    @property
    def followed(self) -> dict[str, float]:
        """The transformations that dials follow, and how far images are moved for it."""
        found: dict[str, float] = {}
        for code in self.codes:
            found |= code.followed
        return found

    @property
    def code_dim(self) -> int:
        """Columns of the generator's input that are codes: all but the noise."""
        return sum(code.dim for code in self.codes)

    @property
    def dim(self) -> int:
        """Width of the generator's input: all codes, then the noise."""
        return self.code_dim + self.noise

    @property
    def q_dim(self) -> int:
        """Width of Q's output."""
        return sum(code.q_dim for code in self.codes)

    def __getitem__(self, name: str) -> Prior:
        for code in self.codes:
            if code.name == name:
                return code
        raise self._unknown(name)

    def _unknown(self, name: str) -> UserError:
        near = did_you_mean(name, self.names)
        return UserError(f"unknown code {name!r}{near}: this model has {', '.join(self.names)}")

    def __str__(self) -> str:
        return ",".join(str(code) for code in self.codes)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
        """Draw n inputs for the generator: every code from its prior, then the noise."""
        columns = [code.sample(n, generator) for code in self.codes]
        draw = torch.randn if self.noise_prior == "normal" else torch.rand
        noise = draw(n, self.noise, generator=generator, device=generator.device)
        columns.append(noise if self.noise_prior == "normal" else 2 * noise - 1)
        return torch.cat(columns, dim=1)

    def split_codes(self, z: Tensor) -> Iterator[tuple[Prior, Tensor]]:
        """Pair each code with its columns of the generator's input (n, dim)."""
        widths = [code.dim for code in self.codes]
        return zip(self.codes, z[:, : self.code_dim].split(widths, dim=1), strict=True)

    def split_q(self, q: Tensor) -> Iterator[tuple[Prior, Tensor]]:
        """Pair each code with its columns of Q's output (n, q_dim)."""
        return zip(self.codes, q.split([code.q_dim for code in self.codes], dim=1), strict=True)

    def set_code(
        self, z: Float[Tensor, "n dim"], name: str, values: Float[Tensor, " n"]
    ) -> Float[Tensor, "n dim"]:
        """Return z with one code set to the given values (indices for categories)."""
        start = 0
        for code in self.codes:
            if code.name == name:
                out = z.clone()
                out[:, start : start + code.dim] = code.columns(values).to(z)
                return out
            start += code.dim
        raise self._unknown(name)

    def from_columns(self, codes: Float[Tensor, "n code_dim"]) -> Float[Tensor, "n dim"]:
        """z of codes as Q reads them; the most probable of categories, the noise at its middle."""
        z = torch.zeros(len(codes), self.dim)
        for name, values in self.code_values(codes).items():
            z = self.set_code(z, name, values if self[name].continuous else values.round())
        return z

    def code_values(self, z: Float[Tensor, "n columns"]) -> dict[str, Float[Tensor, " n"]]:
        """Read back each code's value from the generator's input, or the codes' part of it."""
        return {
            code.name: columns.argmax(dim=1).float() if code.dim > 1 else columns[:, 0]
            for code, columns in self.split_codes(z)
        }


_ITEM = re.compile(
    r"(?:(?P<name>[A-Za-z_][\w-]*)=)?(?:(?P<times>\d+)\*)?(?P<kind>[a-z]+)(?P<rest>.*)"
)


def _parse_item(item: str) -> list[Prior]:
    """Read one item of the compact spelling; `shape=3*cat:20` gives shape1, shape2, shape3."""
    match = _ITEM.fullmatch(item)
    if not match:
        raise UserError(f"codes: cannot read {item!r}; write name=cat:10, uni, norm, circ or bern")
    name, times = match["name"] or "", match["times"]
    if times is None:
        return [_prior(item, match["kind"], match["rest"], name)]
    if not 1 <= int(times) <= 1000:
        raise UserError(f"codes: {item!r} repeats {times} times; takes 1 to 1000")
    return [
        _prior(item, match["kind"], match["rest"], f"{name}{i}" if name else "")
        for i in range(1, int(times) + 1)
    ]


def _prior(item: str, kind: str, rest: str, name: str) -> Prior:
    """Build one prior from its kind and the `:`-separated arguments that follow."""
    words = rest.split(":") if rest else []
    # What does not begin with a colon is no argument, as the 10 of `cat10` is none.
    words = words[1:] if words[:1] == [""] else [f"?{word}" for word in words]
    about: dict[str, Any] = {}
    for word in ("ignore", "follow"):
        said = [each.partition("=")[2] for each in words if each.startswith(f"{word}=")]
        about |= {word: said[0]} if len(said) == 1 and said[0] else {}
    words = [word for word in words if word.partition("=")[0] not in about]
    try:
        told = words[1:] if kind == "cat" else []
        learned = told == ["prior=learned"]
        words = words[:1] if learned or told == ["prior=uniform"] else words
        sigmas = [float(word[6:]) for word in words if word.startswith("sigma=")]
        numbers = [float(word) for word in words if not word.startswith("sigma=")]
        shape = (len(numbers), len(sigmas))
        sigma: dict[str, Any] = {"sigma": sigmas[0]} if sigmas else {}
        if kind == "cat" and shape == (1, 0) and numbers[0] == int(numbers[0]):
            prior: Literal["learned", "uniform"] = "learned" if learned else "uniform"
            return Categorical(name, int(numbers[0]), prior, **about)
        if kind == "uni" and shape in ((0, 0), (0, 1), (2, 0), (2, 1)):
            ends = dict(zip(("low", "high"), numbers, strict=False))
            return Uniform(name, **sigma | ends | about)
        if kind == "norm" and shape in ((0, 0), (0, 1)):
            return Normal(name, **sigma | about)
        if kind == "circ" and shape == (0, 0):
            return Circular(name, **about)
        if kind == "bern" and shape in ((0, 0), (1, 0)):
            return Bernoulli(name, *numbers, **about)
    except (ValueError, OverflowError) as error:
        if "could not convert" not in str(error) and "cannot convert" not in str(error):
            raise
    raise UserError(
        f"codes: cannot read {item!r}; kinds are cat:K, uni[:low:high], norm, circ, "
        "bern[:p]; uni and norm take :sigma=S, they and circ :follow=T, cat:K takes "
        ":prior=learned, all :ignore=T+T"
    )
