"""Whether a run fits into memory, told before it begins."""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import torch

from infogan.data.free_memory import bytes_in_words, free_memory
from infogan.data.source import Source, held_bytes
from infogan.errors import UserError
from infogan.training.config import TrainConfig
from infogan.training.device import choose_device, choose_precision
from infogan.training.memory import COPIES, growth, needed, weight_bytes
from infogan.training.processes import on_this_machine

PART, MORE = 1.4, 250 * 2**20
"""Of the tensors' bytes, and besides, what trainings took at most (benchmarks/memory.py)."""
FEWEST = 4
"""Images that it is worth to take at a time."""
SIDES = (64, 32)


@dataclass(frozen=True)
class Room:
    """What runs take of memory beside what is free, in bytes.

    Attributes:
        least: of all their tensors at their highest, which they cannot do without.
        free: on their device, or on the machine; None where nobody says.
        sharing: how many there are.
    """

    least: int
    free: int | None
    sharing: int = 1

    @property
    def likely(self) -> int:
        """Bytes that they are likely to take with all else."""
        return likely(self.least, self.sharing)

    def fits(self, least: int) -> bool:
        """Whether runs whose tensors take so many bytes are likely to fit."""
        return self.free is None or likely(least, self.sharing) <= self.free

    def __str__(self) -> str:
        free = "" if self.free is None else f", of {bytes_in_words(self.free)} that are free"
        return f"up to {bytes_in_words(self.likely)}{free}"


def sharing(device: str, at_once: int = 1) -> int:
    """How many trainings share the memory of a device, or of the machine: so many runs at once."""
    if choose_device(device) == "cuda":
        return -(-at_once // torch.cuda.device_count())
    return at_once * on_this_machine()


def likely(least: int, sharing: int = 1) -> int:
    """Bytes that so many trainings take whose tensors take so many together."""
    return round(PART * least) + sharing * MORE


def free_on(device: str) -> int | None:
    """Free bytes of a device's own memory, or of the machine's."""
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info(torch.device(device))[0]
    return free_memory() if device == "cpu" else None


def check_room(
    config: TrainConfig,
    source: Source,
    *,
    sharing: int = 1,
    force: bool = False,
    begun: bool = False,
) -> Room:
    """How much memory a run takes, before it takes it; its image shape is known.

    Warns, with an option that helps, where it may be too much. Raises UserError where it is for
    certain, unless forced. A run that has `begun` cannot change its options.
    """
    free, extra = free_on(choose_device(config.device)), (sharing - 1) * held_bytes(source)
    room = Room(sharing * needed(config, free or 2**62) + extra, free, sharing)
    if free is None or room.fits(room.least):
        return room
    # Weights that leave no room for a trial leave none for any other option either.
    known = begun or COPIES * weight_bytes(config) > free
    option = None if known else option_that_fits(config, room, extra, sharing)
    help_ = f"with {option} it fits" if option else "free some, or take a larger machine"
    if not option and not begun:
        help_ += ", or a smaller --model.width"
    if room.least > free and not force:
        raise UserError(
            f"memory: this run takes {bytes_in_words(room.least)} or more, and "
            f"{bytes_in_words(free)} are free; {help_} (--force starts it all the same)"
        )
    warnings.warn(f"memory: this run may take {room}; {help_}", stacklevel=2)
    return room


def option_that_fits(config: TrainConfig, room: Room, extra: int, sharing: int) -> str | None:
    """The first option with which a run is likely to fit: one that leaves it the same, if any.

    Besides its tensors it takes so many `extra` bytes.
    """
    return next((option for option, n in _smaller(config) if room.fits(sharing * n + extra)), None)


def _smaller(config: TrainConfig) -> Iterator[tuple[str, int]]:
    """Options of smaller runs, and the bytes that their tensors take."""
    batch = config.batch_size
    parts = max(FEWEST, (config.micro_batch or batch) // 4)
    with suppress(UserError):  # some networks take the whole batch
        yield f"--micro_batch {parts}", needed(replace(config, micro_batch=parts))
    device = choose_device(config.device)
    if choose_precision(config.precision, device) != choose_precision("auto", device):
        yield "--precision bf16", needed(replace(config, precision="bf16"))
    grows = growth(replace(config, micro_batch=0))
    for n in (batch // 2, batch // 4, batch // 8):
        if n >= FEWEST:
            yield f"--batch_size {n}", grows.at(n)
    channels, own, _ = config.model.shape
    for side in (each for each in SIDES if each < own):
        model = replace(config.model, image_shape=(channels, side, side))
        yield f"--size {side}", needed(replace(config, model=model))
