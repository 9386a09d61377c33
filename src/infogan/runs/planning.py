"""What a run chooses from its images: codes, networks, length; and what it does when it fails."""

from dataclasses import dataclass, replace

from infogan.data.source import Source, Streamed
from infogan.errors import UserError
from infogan.networks.build import AUTO
from infogan.runs.fitting import Room, check_room
from infogan.runs.speed import Speed, measured, speed_when_small
from infogan.runs.verdict import duration
from infogan.selection.proposal import Proposal, propose_codes
from infogan.training.config import TrainConfig
from infogan.training.networks import with_networks
from infogan.transforms.table import GROUPS, TRANSFORMATIONS, names_of

RESTART_SEEDS = 1000
"""Added to the seed at each restart: far from the neighbours that `--seeds` takes."""
R1 = 0.5
"""Of a run that failed."""
MARGIN = 0.85
"""Part of the minutes that goes into updates; the rest is for pictures, checkpoints and looks."""
PICTURES = 4
"""Pictures of a run whose length was chosen."""
OFTEN = 128
"""Times that each image comes from which D learns them by heart (docs/experiments.md)."""
SMALL = 32
"""Side at which larger images show most of what codes can find, sooner."""
SETTLED = 64.0
"""Thousands of images before which categories were rarely settled (docs/experiments.md)."""


@dataclass(frozen=True)
class Plan:
    """A config in which nothing is left to choose, and what was chosen.

    Attributes:
        config: of the run.
        proposal: what the images were found to vary in, where codes were left to choose.
        networks: what was chosen, in words; empty where nothing was.
        few: what is done because the images are few, in words.
        speed: measured on a few updates, and with how many threads, where asked for.
        when_small: images a second at 32×32, where they are larger and no size was chosen.
        room: what it takes of memory.
    """

    config: TrainConfig
    proposal: Proposal | None = None
    networks: str = ""
    few: str = ""
    speed: Speed | None = None
    when_small: float | None = None
    room: Room | None = None

    def lines(self) -> list[str]:
        """What was chosen and what it will take, as the command line says it."""
        lines = [f"codes     {self.config.model.codes}"]
        if self.proposal is not None:
            lines.append(f"          {chosen(self.proposal)}")
        lines.append(f"          {meaning(self.config)}")
        if self.networks:
            lines.append(f"networks  {self.networks}")
        if self.few:
            lines.append(f"few       {self.few}")
        if self.room:
            lines.append(f"memory    {self.room}")
        if self.speed:
            lines.append(f"threads   {self.speed}")
            lines.append(f"length    {length(self.config, self.speed.images_per_second)}")
        if self.speed and self.when_small:
            times = self.when_small / self.speed.images_per_second
            side = self.config.model.shape[1]
            lines.append(
                f"          images are {side}×{side}: at --size {SMALL} it would be {times:.1f} "
                "times faster (measured)"
            )
        return lines


def plan(
    config: TrainConfig,
    source: Source,
    *,
    minutes: float | None = None,
    measure: bool = False,
    progress: bool = False,
    processes: int = 1,
    sharing: int = 1,
    force: bool = False,
) -> Plan:
    """Choose what a config leaves to its images, whose shape it knows already.

    `auto` codes are those that `infogan suggest` proposes; an `auto` family is `residual` with R1
    for colour, else `conv`. `minutes` sets the length by timing a few updates of a copy; `measure`
    times them all the same: of one of several `processes`, taken that often. Either chooses how
    many threads, where the user has not. Raises UserError for minutes that are no length of time,
    and, unless forced, for what does not fit into the memory that `sharing` trainings share.
    """
    check_length(None, minutes)
    proposal = None
    if config.model.codes == AUTO:
        proposal = propose_codes(source, progress=progress)
        config = replace(config, model=replace(config.model, codes=proposal.codes))
    chosen, networks = with_networks(config)
    config, few = for_few(chosen, source)
    part = replace(config, batch_size=max(2, config.batch_size // processes))
    room = check_room(part, source, sharing=sharing, force=force)
    if minutes is None and not measure:
        return Plan(config, proposal, networks, few, room=room)
    speed = measured(part, source)
    speed = replace(speed, images_per_second=processes * speed.images_per_second)
    if not speed.why:  # what was found by trying is kept, for a run that goes on to be the same
        chosen = replace(chosen, threads=speed.threads)
    if minutes is not None:
        kimg = max(0.1, round(MARGIN * minutes * 60 * speed.images_per_second / 1000, 1))
        chosen = replace(chosen, kimg=kimg, picture_kimg=max(0.1, round(kimg / PICTURES, 1)))
    config, few = for_few(chosen, source)
    large = config.size is None and config.model.shape[1] > SMALL
    when_small = speed_when_small(config, source, SMALL) if large else None
    return Plan(config, proposal, networks, few, speed, when_small, room)


def for_few(config: TrainConfig, source: Source) -> tuple[TrainConfig, str]:
    """The config where images come so often that D would know each by heart, and why in words.

    Published systems, what the user has said, streams, whose images come once, and what must not
    be shifted stay as they are.
    """
    n, asked = len(source), config.loss.consistency > 0 and config.augmentation.shift > 0
    open_ = asked and config.loss.augment_d is None
    times = config.kimg * 1000 / n
    if not open_ or isinstance(source, Streamed) or times <= OFTEN:
        return config, ""
    made = replace(config, loss=replace(config.loss, augment_d=1.0))
    return made, (
        f"each of {n:,} images comes {times:,.0f} times: D is shown them shifted and partly "
        "hidden, not to learn them by heart (--loss.augment_d 0: as they are)"
    )


def check_length(kimg: float | None, minutes: float | None) -> None:
    """Raise UserError for what is no length of time, or two lengths at once."""
    if minutes is not None and not 0 < minutes < 1e5:
        raise UserError(f"minutes {minutes:g}: give a length of time above 0, such as 15")
    if kimg is not None and minutes is not None:
        raise UserError(f"kimg {kimg:g} and minutes {minutes:g}: both say how long; give one")


def remedied(config: TrainConfig) -> TrainConfig:
    """The config that a failed run starts again with: another seed, and D held back by R1.

    Published systems, which do not look at real images for their categories, only get the seed.
    """
    again = replace(config, seed=(config.seed + RESTART_SEEDS) % 2**32)
    if not config.loss.consistency or config.loss.r1:
        return again
    return replace(again, loss=replace(config.loss, r1=R1))


def chosen(proposal: Proposal) -> str:
    """Which transformations the images are closed under, in one line."""
    if not proposal.closures:
        return f"the usual, for the images were not judged: {proposal.unjudged}"
    found = {each.name: each for each in proposal.closures}
    said = [f"{name} (AUC {found[name].auc:.2f})" for name in proposal.varying]
    words = ", ".join(said) if said else "nothing that a code could follow"
    return f"chosen: the images vary in {words}; all judges: infogan suggest"


def meaning(config: TrainConfig) -> str:
    """What each code ignores or follows, in words."""
    channels, told = config.model.shape[0], []
    if not config.loss.consistency:  # the published systems, which do not look at real images
        return "what they are is found from drawn images alone: the published way"
    for code in config.model.latent.codes:
        known = [n for n in code.ignored if TRANSFORMATIONS[n].shows(channels)]
        followed = ", ".join(code.followed)
        if followed:
            told.append(f"{code.name} follows {followed}")
        elif known:
            larger = [
                f"{name} up to {far:g} {TRANSFORMATIONS[name].unit}"
                for name, far in code.ignored.items()
                if far and name in known
            ]
            small = [word for word in grouped(known) if not code.ignored.get(word)]
            words = ", ".join([*small, *larger])
            told.append(f"{code.name} ignores small changes of {words}")
        else:
            told.append(f"{code.name} is free")
    return "; ".join(told)


def grouped(names: list[str]) -> list[str]:
    """Transformations by their groups, where all that a group stands for are there."""
    words: list[str] = []
    for group in GROUPS:
        members = [name for name in names if TRANSFORMATIONS[name].group == group]
        whole = set(names_of(group))
        words += [group] if whole <= set(members) else [n for n in members if n in whole]
        words += [name for name in members if name not in whole]
    return words


def length(config: TrainConfig, speed: float) -> str:
    """How long the run is, in images and in time, and what that is likely to give."""
    minutes = config.kimg * 1000 / speed / 60
    text = f"{config.kimg:g} kimg, about {duration(minutes)} ({speed:,.0f} images/s measured)"
    if config.kimg < SETTLED and config.loss.consistency and config.model.latent.discrete:
        text += f"; before {SETTLED:g} kimg categories are rarely settled"
    return text
