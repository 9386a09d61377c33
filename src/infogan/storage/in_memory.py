"""Models and training states in memory: as the bytes of their files, and one from the other."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from infogan.codes.names import save_names
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import load_model, save_model
from infogan.training.config import TrainConfig
from infogan.training.state import State

Files = dict[str, bytes]
Read = TypeVar("Read")


def averaged_model(state: State) -> Model:
    """The model that a state of training has arrived at, as it now is."""
    model = Model.blank(state.config.model)
    model.generator.load_state_dict(state.ema_generator.state_dict())
    model.discriminator.load_state_dict(state.ema_discriminator.state_dict())
    return model


def start_from(state: State, model: Model) -> None:
    """Give a fresh state the weights of a model of the same shape."""
    for module in (state.generator, state.ema_generator):
        module.load_state_dict(model.generator.state_dict())
    for module in (state.discriminator, state.ema_discriminator):
        module.load_state_dict(model.discriminator.state_dict())


def model_files(model: Model) -> Files:
    """What a model folder would hold."""

    def write(folder: Path) -> None:
        save_model(folder, model.config, model.generator, model.discriminator)
        save_names(folder, model.names)

    return _written(write)


def model_from(files: Files) -> Model:
    """The model of such files. Raises ValueError where a folder of them would."""
    return _read(files, load_model)


def state_files(state: State) -> Files:
    """What a checkpoint would hold."""
    return _written(lambda folder: state.save(folder / "state.safetensors"))


def state_from(config: TrainConfig, files: Files) -> State:
    """The state of such a checkpoint."""
    state = State.create(config)
    _read(files, lambda folder: state.load(folder / "state.safetensors"))
    return state


def _written(write: Callable[[Path], None]) -> Files:
    with tempfile.TemporaryDirectory(prefix="infogan-") as folder:
        write(Path(folder))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _read(files: Files, read: Callable[[Path], Read]) -> Read:
    with tempfile.TemporaryDirectory(prefix="infogan-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return read(Path(folder))
