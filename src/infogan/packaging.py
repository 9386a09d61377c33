"""A model on disk: `model.json` says what it is, `model.safetensors` holds the weights."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .infer import Model
from .model import ModelConfig

FORMAT_VERSION = 1


def save_model(
    folder: Path, config: ModelConfig, generator: nn.Module, discriminator: nn.Module
) -> None:
    """Write a model folder; an older model in it is replaced only once the new one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"generator.{key}": value for key, value in generator.state_dict().items()}
    tensors |= {f"discriminator.{key}": value for key, value in discriminator.state_dict().items()}
    partial = folder / "model.safetensors.partial"
    save_file({key: value.cpu().contiguous() for key, value in tensors.items()}, partial)
    partial.replace(folder / "model.safetensors")
    description = {"format_version": FORMAT_VERSION, "model": dataclasses.asdict(config)}
    write_json(folder / "model.json", description)


def load_model(folder: str | Path) -> Model:
    """Read a model folder, or the run folder that holds one.

    Raises ValueError, naming the file and the key, for what is missing, newer, or misshapen.
    """
    folder = Path(folder)
    described = folder / "model.json"
    description = _read_description(described)
    try:
        config = ModelConfig.from_dict(dict(description["model"]))
        if config.image_shape is None:
            raise KeyError("image_shape")
        model = Model.blank(config)
    except KeyError as error:
        raise ValueError(f"{described}: {error} is missing; train or copy it again") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{described}: {error}") from None
    weights = folder / "model.safetensors"
    try:
        saved = load_file(weights)
    except (OSError, safetensors.SafetensorError) as error:
        raise ValueError(f"{weights}: cannot be read ({error}); train or copy it again") from None
    for name, module in (("generator", model.generator), ("discriminator", model.discriminator)):
        _load_into(module, f"{name}.", saved, weights)
    return model


def _read_description(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(
            f"{path.parent}: holds no model.json; give the folder that `infogan train --out` wrote"
        )
    try:
        description: dict[str, Any] = json.loads(path.read_text())
        version = description.get("format_version")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path}: not a model's description in JSON ({error})") from None
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ValueError(
            f"{path}: format version {version}, this infogan reads up to {FORMAT_VERSION}; "
            "install a newer infogan"
        )
    return description


def _load_into(module: nn.Module, prefix: str, saved: dict[str, Tensor], path: Path) -> None:
    expected = module.state_dict()
    for key, tensor in expected.items():
        found = saved.get(prefix + key)
        if found is None:
            raise ValueError(f"{path}: {prefix}{key} is missing")
        if found.shape != tensor.shape:
            raise ValueError(
                f"{path}: {prefix}{key} has shape {tuple(found.shape)}, "
                f"expected {tuple(tensor.shape)}"
            )
    module.load_state_dict({key: saved[prefix + key] for key in expected})


def write_json(path: Path, content: object) -> None:
    """Write JSON whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=2) + "\n")
    partial.replace(path)
