"""From a training state to the model it has arrived at, and back."""

from pathlib import Path

from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.storage.model_folder import model_of
from infogan.training.checkpoint import read_averages
from infogan.training.state import State


def averaged_model(state: State) -> Model:
    """The model that a state has arrived at, as it now is: its averaged networks, copied."""
    model = Model.blank(state.config.model)
    model.generator.load_state_dict(state.ema_generator.state_dict())
    model.discriminator.load_state_dict(state.ema_discriminator.state_dict())
    return model


def averaged_model_of(checkpoint: Path, config: ModelConfig) -> Model:
    """The same from a checkpoint, without the rest of its state. Raises UserError."""
    return model_of(config, read_averages(checkpoint), checkpoint)


def start_from(state: State, model: Model) -> None:
    """Give a fresh state the weights of a model of the same shape."""
    for module in (state.generator, state.ema_generator):
        module.load_state_dict(model.generator.state_dict())
    for module in (state.discriminator, state.ema_discriminator):
        module.load_state_dict(model.discriminator.state_dict())
