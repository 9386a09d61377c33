"""A training state as tensors and numbers, in memory and on the disk: never as pickle."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import save_file
from torch import Tensor

from infogan.errors import UserError
from infogan.files import replacing
from infogan.training.config import TrainConfig
from infogan.training.convergence import end_of

AVERAGE = "ema_"
"""Before the names of averaged networks; the rest is as in a model's own file."""


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
    """Write a snapshot, whole or not at all."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in snapshot.tensors.items()}
    meta = {
        "images_seen": snapshot.images_seen,
        "seconds": snapshot.seconds,
        "rollbacks": snapshot.rollbacks,
        "convergence": snapshot.convergence,
        "config": dataclasses.asdict(config),
    }
    with replacing(path) as partial:
        save_file(tensors, partial, {"infogan": json.dumps(meta)})


def read_checkpoint(path: Path) -> Snapshot:
    """Read what `write_checkpoint` wrote, or version 0.1; UserError for anything else."""
    meta, tensors = _read(path)
    # Version 0.1 kept no time.
    seconds = meta.get("seconds", 0.0)
    return Snapshot(tensors, meta["images_seen"], seconds, meta["rollbacks"], meta["convergence"])


def read_averages(path: Path) -> dict[str, Tensor]:
    """The averaged weights alone, named as in a model's own file. Raises UserError."""
    _, tensors = _read(path, AVERAGE)
    return {key.removeprefix(AVERAGE): tensor for key, tensor in tensors.items()}


def is_over(path: Path, config: TrainConfig) -> bool:
    """Whether a run with this config has reached its end in a checkpoint. Raises UserError."""
    meta, _ = _read(path, "convergence")
    return bool(meta["images_seen"] >= end_of(config, meta["convergence"]["converged_at"]))


def check_alike(saved: dict[str, Tensor], current: dict[str, Tensor], path: Path) -> None:
    """UserError naming the tensor that only one of both has, or whose shape differs."""
    if odd := sorted(current.keys() ^ saved.keys()):
        raise UserError(f"{path}: {odd[0]} is missing here or there; is it another config's?")
    for key, tensor in current.items():
        if tensor.shape != saved[key].shape:
            raise UserError(
                f"{path}: {key} has shape {tuple(saved[key].shape)}, expected {tuple(tensor.shape)}"
            )


def _read(path: Path, prefix: str = "") -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The numbers, and the tensors whose names begin so; those of version 0.1 as today's."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            meta = json.loads(file.metadata()["infogan"])
            tensors = {_today(key): key for key in list(file.keys())}
            tensors = {
                name: file.get_tensor(key)
                for name, key in tensors.items()
                if name.startswith(prefix)
            }
        if "settling" in meta:
            told = meta.pop("settling")
            meta["convergence"] = told | {"converged_at": told.pop("settled_at")}
        return meta, tensors
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a checkpoint, or a truncated one ({error})") from None


def _today(key: str) -> str:
    """A tensor's name, where version 0.1 had another."""
    return "convergence.answers" if key == "settling.answers" else key
