"""A model on disk: `model.json` says what it is, `model.safetensors` holds the weights."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from infogan.codes.names import FILE as NAMES_FILE
from infogan.codes.names import Names, load_names
from infogan.errors import UserError
from infogan.files import read_json, require_file, write_bytes, write_json
from infogan.inference.trained_model import Model
from infogan.networks.build import Discriminator, ModelConfig, build_generator
from infogan.networks.tensors import check_alike, check_numbers

DESCRIPTION, WEIGHTS = "model.json", "model.safetensors"
FORMAT_VERSION = 1


def save_model(
    folder: Path, config: ModelConfig, generator: nn.Module, discriminator: nn.Module
) -> None:
    """Write a model folder; an older model in it is replaced only once the new one is whole."""
    tensors = _tensors(generator, discriminator)
    # As bytes, since save_file makes a file that nobody else may read.
    content = save({key: value.cpu().contiguous() for key, value in tensors})
    write_bytes(folder / WEIGHTS, content)
    description = {"format_version": FORMAT_VERSION, "model": dataclasses.asdict(config)}
    write_json(folder / DESCRIPTION, description)


def load_model(folder: str | Path) -> Model:
    """Read a model folder, or the run folder that holds one.

    Raises UserError, naming the file and the key, for what is missing, newer, or misshapen.
    """
    folder = Path(folder)
    described = folder / DESCRIPTION
    config = _read_config(_read_description(described), described)
    weights = folder / WEIGHTS
    require_file(weights, "train or copy it again")
    try:
        saved = load_file(weights)
    except (OSError, safetensors.SafetensorError) as error:
        raise UserError(f"{weights}: cannot be read ({error}); train or copy it again") from None
    model = model_of(config, saved, weights)
    give_names(model, folder)
    return model


def model_of(config: ModelConfig, tensors: dict[str, Tensor], path: Path) -> Model:
    """A model of these weights; UserError, naming the file they are of, unless they fit."""
    # Networks without memory first: a description can ask for more than there is.
    with torch.device("meta"):
        shapes = dict(_tensors(build_generator(config), Discriminator(config)))
    check_alike(tensors, shapes, path)
    check_numbers(tensors, path)
    model = Model.blank(config)
    for key, tensor in _tensors(model.generator, model.discriminator):
        tensor.copy_(tensors[key])
    return model


def _tensors(generator: nn.Module, discriminator: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The live tensors of both networks, by their names in the file."""
    for prefix, module in (("generator", generator), ("discriminator", discriminator)):
        for key, tensor in module.state_dict().items():
            yield f"{prefix}.{key}", tensor


def give_names(model: Model, folder: Path) -> None:
    """Call a model's codes and categories what `names.json` says, where there is one."""
    names = load_names(folder)
    try:
        latent = names.renamed(model.latent)
        names.check(latent)
    except ValueError as error:
        raise UserError(f"{folder / NAMES_FILE}: {error}; repair or remove it") from None
    if names.codes:
        model.config = dataclasses.replace(model.config, codes=str(latent))
    model.names = Names(values=names.values)


def _read_description(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(
            f"{path.parent}: holds no {path.name}; give the folder that `infogan train --out` wrote"
        )
    description = read_json(path, "a model's description", "train or copy it again")
    version = description.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise UserError(
            f"{path}: format version {version}, this infogan reads up to {FORMAT_VERSION}; "
            "install a newer infogan"
        )
    return description


def _read_config(description: dict[str, Any], path: Path) -> ModelConfig:
    """The settings of the networks; UserError names the key, what was expected, what is there."""
    content = description.get("model")
    if not isinstance(content, dict):
        raise UserError(f"{path}: model: expected settings by name, found {_found(content)}")
    known = {field.name: field.default for field in dataclasses.fields(ModelConfig)}
    shape = content.get("image_shape")
    sizes = shape if isinstance(shape, list) else []
    if len(sizes) != 3 or not all(type(each) is int for each in sizes):
        raise UserError(
            f"{path}: model.image_shape: expected channels, height and width, found {_found(shape)}"
        )
    for key, value in content.items():
        if key not in known:
            raise UserError(
                f"{path}: model.{key}: expected one of {', '.join(known)}; install a newer infogan"
            )
        if key not in ("image_shape", "images") and type(value) is not type(known[key]):
            kind = type(known[key]).__name__
            raise UserError(f"{path}: model.{key}: expected {kind}, found {_found(value)}")
    try:
        config = ModelConfig.from_dict(content)
        assert config.latent
        return config
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None


def _found(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {json.dumps(value)[:40]}"
