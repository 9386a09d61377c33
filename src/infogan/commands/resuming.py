"""What was typed to go on with a run, beside what the run was begun with."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infogan.errors import UserError

if TYPE_CHECKING:
    from infogan.training.config import TrainConfig

SHORT = {"--codes": "--model.codes", "--noise": "--model.noise", "--from": "--init_from"}
"""Options that may be typed without the part they belong to."""


def own_config(out: Path, resume: bool, config: "TrainConfig") -> "TrainConfig":
    """The config of the run that is gone on with, or of the one that begins."""
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(out)
    if resume and not run.is_run:  # of several seeds the first
        run = next(iter(run.seeds().values()), run)
    return run.read_config() if resume and run.is_run else config


def check_resumed(
    typed: Sequence[str], config: "TrainConfig", own: "TrainConfig", out: Path
) -> None:
    """Refuse options that a run does not have, those too that were typed as they are by default.

    The length may change, some settings have changed by themselves, and so has the seed of a run
    that failed and started again.
    """
    from dataclasses import asdict

    from infogan.networks.build import AUTO
    from infogan.runs.beginning import KEPT
    from infogan.storage.run_folder import RunFolder

    given, kept, run = leaves(asdict(config)), leaves(asdict(own)), RunFolder(out)
    may_differ = ["kimg", *(".".join(each) for each in KEPT)]
    if run.failures() or not run.is_run:
        may_differ.append("seed")
    for arg in typed:
        name = arg.partition("=")[0]
        name = SHORT.get(name, name).removeprefix("--")
        if name in may_differ or name not in kept:
            continue
        if given[name] not in (kept[name], AUTO):
            raise UserError(
                f"{out}: goes on with {name} {kept[name]}, not {given[name]}; leave that option "
                "out, or begin anew in another --out"
            )


def leaves(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten nested options to their dotted names."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and key not in ("mi_weights", "images"):
            flat |= leaves(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
