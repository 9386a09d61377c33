"""Which changed copies of the real images Q must read: one for each distinct set of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from infogan.codes.latent import Latent
from infogan.training.processes import ALONE, Processes
from infogan.transforms.ranges import Augmentation
from infogan.transforms.table import TRANSFORMATIONS, Units, draw, transform

Images = Float[Tensor, "n c h w"]


@dataclass(frozen=True)
class View:
    """One changed copy of the real images: what is changed in it, and how far at most."""

    ranges: Mapping[str, float]

    @property
    def at_a_glance(self) -> bool:
        """Whether its copies may be told from images at a glance: by their colour or texture."""
        groups = {TRANSFORMATIONS[name].group for name in self.ranges}
        return bool(groups & {"colour", "texture"})

    def of(
        self,
        real: Images,
        generator: torch.Generator,
        processes: Processes = ALONE,
        part: float = 1.0,
    ) -> tuple[Images, Units]:
        """Copies, this part of them changed, and by how much of each range in the whole batch."""
        n = len(real) * processes.count
        units = draw(self.ranges, n, generator)
        if part < 1:
            changed = (torch.rand(n, generator=generator) < part).float()
            units = {name: unit * changed for name, unit in units.items()}
        if "texture" in self.ranges:  # each takes that of the next image of the whole batch
            return processes.own(transform(processes.whole(real), units, self.ranges)), units
        own = {name: processes.own(unit) for name, unit in units.items()}
        return transform(real, own, self.ranges), units


FOR_D = View({"shift-x": 0.15, "shift-y": 0.15, "cut-out": 0.3})
"""What D does not see of few images: where they stand, and what is hidden (2006.10738)."""


@dataclass(frozen=True)
class Views:
    """The copies one update needs, by name, and which of them each category reads.

    Attributes:
        views: by name; categories that ignore the same share one.
        of_code: the view of each code with categories.
        dials: the view that moves all that any code ignores or follows.
    """

    views: Mapping[str, View]
    of_code: Mapping[str, str]
    dials: str

    @cached_property
    def two_sided(self) -> frozenset[str]:
        """The codes with categories whose copies may be told from images at a glance."""
        return frozenset(n for n, view in self.of_code.items() if self.views[view].at_a_glance)


@lru_cache(maxsize=8)
def views_of(latent: Latent, augmentation: Augmentation, channels: int) -> Views:
    """The fewest copies that these codes need.

    A category's copies are changed in what it ignores, as far as it says or else as the
    augmentation does, and in what dials follow, as far as they are taught; the dials' in all of it
    at once.
    """
    ranges = augmentation.ranges
    wanted = {}
    for code in latent.codes:
        ignored = {name: far or ranges[name] for name, far in code.ignored.items()}
        fars = ignored | latent.followed
        wanted[code.name] = {
            name: fars[name]
            for name, known in TRANSFORMATIONS.items()
            if name in fars and known.shows(channels)
        }
    everything = {
        name: far
        for name in TRANSFORMATIONS
        if (far := max(own.get(name, 0.0) for own in wanted.values()))
    }
    by_ranges: dict[tuple[tuple[str, float], ...], str] = {}

    def key(own: Mapping[str, float]) -> str:
        sized = {name: far for name, far in own.items() if far}
        return by_ranges.setdefault(tuple(sized.items()), f"changed{len(by_ranges) or ''}")

    of_code = {code.name: key(wanted[code.name]) for code in latent.discrete}
    dials = key(everything)
    return Views({name: View(dict(own)) for own, name in by_ranges.items()}, of_code, dials)
