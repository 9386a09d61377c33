"""A run on disk: every file name in its folder, and how each is written and read."""

import dataclasses
import json
from pathlib import Path

import yaml

from infogan.errors import UserError
from infogan.files import write_text
from infogan.training.config import TrainConfig, from_dict


def read_config(out: Path) -> TrainConfig:
    """The config a run was started with; ValueError where there is none."""
    path = out / "config.yaml"
    if not path.is_file():
        raise UserError(f"{out}: is not a run folder, it holds no config.yaml")
    return from_dict(yaml.safe_load(path.read_text()), str(path))


def latest_checkpoint(out: Path) -> Path | None:
    """The newest whole checkpoint of a run."""
    return max((out / "checkpoints").glob("*.safetensors"), default=None)


def write_config(out: Path, config: TrainConfig) -> None:
    # Through JSON, so that tuples become plain lists.
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    write_text(out / "config.yaml", yaml.safe_dump(plain, sort_keys=False))
