"""Models and training states in memory: as plain data and bytes, and one from the other."""

from typing import Any

from safetensors.torch import load, save
from torch import Tensor, nn

from infogan.codes.names import Names
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.training.checkpoint import Snapshot
from infogan.training.config import TrainConfig
from infogan.training.state import State

PackedModel = tuple[ModelConfig, Names, bytes]
"""What a model folder holds: settings, names, weights as safetensors."""
PackedState = tuple[TrainConfig, dict[str, Any], bytes]
"""What a checkpoint holds: the run's config, numbers, tensors as safetensors."""


def pack_model(model: Model) -> PackedModel:
    """A model as plain data."""
    return model.config, model.names, _packed(_networks(model).state_dict())


def unpack_model(packed: PackedModel) -> Model:
    """The model of such data."""
    config, names, weights = packed
    model = Model.blank(config)
    _networks(model).load_state_dict(load(weights))
    model.names = names
    return model


def pack_state(state: State) -> PackedState:
    """All that a state remembers as plain data."""
    numbers = vars(state.snapshot()).copy()
    return state.config, numbers, _packed(numbers.pop("tensors"))


def unpack_state(packed: PackedState) -> State:
    """The state of such data."""
    config, numbers, tensors = packed
    state = State.create(config)
    state.restore(Snapshot(load(tensors), **numbers))
    return state


def _networks(model: Model) -> nn.ModuleDict:
    return nn.ModuleDict({"generator": model.generator, "discriminator": model.discriminator})


def _packed(tensors: dict[str, Tensor]) -> bytes:
    return save({key: value.cpu().contiguous() for key, value in tensors.items()})


class PackedPickle:
    """Pickles an estimator's model and state as plain data and safetensors."""

    def __getstate__(self) -> dict[str, Any]:
        content: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]
        if "model_" in content:
            content["model_"] = pack_model(content["model_"])
        if "state_" in content:
            content["state_"] = pack_state(content["state_"])
        return content

    def __setstate__(self, content: dict[str, Any]) -> None:
        content = dict(content)
        if "model_" in content:
            content["model_"] = unpack_model(content["model_"])
        if "state_" in content:
            content["state_"] = unpack_state(content["state_"])
        super().__setstate__(content)  # type: ignore[misc]
