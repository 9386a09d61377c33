"""A training state as tensors and numbers, in memory and on the disk: never as pickle."""

import dataclasses
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save
from torch import Tensor

from infogan.errors import UserError, listed
from infogan.files import write_bytes
from infogan.networks.tensors import check_alike, check_numbers
from infogan.training.config import TrainConfig
from infogan.training.convergence import COUNTS, end_of

NUMBERS, CHECKSUMS = "infogan", "crc32"
"""In a checkpoint's header: all that is no tensor, and the checksums of both."""
MOST = 10**15
"""Of what a state counts: far more images than anybody trains on."""
AVERAGE = "ema_"
"""Before the names of averaged networks; the rest is as in a model's own file."""


class DamagedCheckpoint(UserError):
    """A checkpoint that is not whole: cut short, overwritten, or changed since it was written."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a state remembers.

    Attributes:
        tensors: by name; of networks, averages, optimisers, convergence, and the randomness.
        images_seen: since the beginning.
        seconds: of training since the beginning.
        rollbacks: how often a NaN made the run go back.
        convergence: the numbers of `Convergence`.
    """

    tensors: dict[str, Tensor]
    images_seen: int
    seconds: float
    rollbacks: int
    convergence: dict[str, int]


def write_checkpoint(path: Path, snapshot: Snapshot, config: TrainConfig) -> None:
    """Write a snapshot, whole or not at all, with the checksums of all that is in it."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in snapshot.tensors.items()}
    meta = {
        "images_seen": snapshot.images_seen,
        "seconds": snapshot.seconds,
        "rollbacks": snapshot.rollbacks,
        "convergence": snapshot.convergence,
        "config": dataclasses.asdict(config),
    }
    numbers = json.dumps(meta)
    sums = {key: _checksum(value) for key, value in tensors.items()}
    sums[NUMBERS] = zlib.crc32(numbers.encode())
    # As bytes, so that a full disk is an OSError as everywhere.
    write_bytes(path, save(tensors, {NUMBERS: numbers, CHECKSUMS: json.dumps(sums)}))


def read_checkpoint(path: Path) -> Snapshot:
    """Read what `write_checkpoint` wrote, or version 0.1; UserError for anything else."""
    meta, tensors = _read(path)
    times = meta["seconds"], meta["rollbacks"]
    return Snapshot(tensors, meta["images_seen"], *times, meta["convergence"])


def read_averages(path: Path) -> dict[str, Tensor]:
    """The averaged weights alone, named as in a model's own file. Raises UserError."""
    _, tensors = _read(path, AVERAGE)
    return {key.removeprefix(AVERAGE): tensor for key, tensor in tensors.items()}


def is_over(path: Path, config: TrainConfig) -> bool:
    """Whether a run with this config has reached its end in a checkpoint. Raises UserError."""
    meta, _ = _read(path, "convergence")
    return bool(meta["images_seen"] >= end_of(config, meta["convergence"]["converged_at"]))


def check_state(saved: Snapshot, current: dict[str, Tensor], path: Path) -> None:
    """UserError naming the tensor that differs in kind, or is not all numbers, or no randomness."""
    check_alike(saved.tensors, current, path)
    check_numbers(saved.tensors, path)
    try:
        torch.Generator().set_state(saved.tensors["rng"])
    except RuntimeError as error:
        raise DamagedCheckpoint(f"{path}: rng is of no generator ({error})") from None


def _read(path: Path, prefix: str = "") -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The numbers, and the tensors whose names begin so; those of version 0.1 as today's."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            header = file.metadata()
            meta, sums = json.loads(header[NUMBERS]), json.loads(header.get(CHECKSUMS, "{}"))
            wanted = [key for key in list(file.keys()) if _today(key).startswith(prefix)]
            tensors = {key: file.get_tensor(key) for key in wanted}
        _check_sums(sums, header[NUMBERS], tensors)
        tensors = {_today(key): tensor for key, tensor in tensors.items()}
        if "settling" in meta:
            told = meta.pop("settling")
            meta["convergence"] = told | {"converged_at": told.pop("settled_at")}
        _check_meta(meta)
        return meta, tensors
    except (
        *(OSError, safetensors.SafetensorError),
        *(KeyError, TypeError, ValueError, AttributeError, RecursionError),
    ) as error:
        raise DamagedCheckpoint(f"{path}: not a checkpoint, or a truncated one ({error})") from None


def _check_meta(meta: dict[str, Any]) -> None:
    """ValueError where one of the numbers can be none of a state's."""
    meta.setdefault("seconds", 0.0)  # version 0.1 kept no time
    counted = meta["convergence"]
    if set(counted) != set(COUNTS):
        raise ValueError(f"convergence holds {listed(sorted(counted))}")
    for name in COUNTS:
        _check_number(name, counted[name])
    for name in ("images_seen", "rollbacks", "seconds"):
        _check_number(name, meta[name])


def _check_number(name: str, value: object) -> None:
    kinds = (int, float) if name == "seconds" else (int,)
    if type(value) not in kinds or not 0 <= value <= MOST:  # type: ignore[operator]
        raise ValueError(f"{name} is {str(value)[:40]}")


def _check_sums(sums: dict[str, int], numbers: str, tensors: dict[str, Tensor]) -> None:
    """ValueError where something is not what was written; version 0.1 kept no checksums."""
    if sums and sums[NUMBERS] != zlib.crc32(numbers.encode()):
        raise ValueError("its numbers do not have their checksum")
    for key, tensor in tensors.items() if sums else ():
        if sums[key] != _checksum(tensor):
            raise ValueError(f"{key} does not have its checksum")


def _checksum(tensor: Tensor) -> int:
    return zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())


def _today(key: str) -> str:
    """A tensor's name, where version 0.1 had another."""
    return "convergence.answers" if key == "settling.answers" else key
