"""What a run keeps as it goes: checkpoints, the averaged model, pictures of it, its card."""

from pathlib import Path

from infogan.export.card import write_card
from infogan.figures import draw_codes, draw_overview, draw_traversal, save_picture
from infogan.inference.trained_model import Model
from infogan.storage.averaged_model import averaged_model
from infogan.storage.model_folder import give_names, save_model
from infogan.storage.run_folder import RunFolder
from infogan.training.state import State


def model_of(folder: RunFolder, state: State) -> Model:
    """The averaged model as it now is, called what the run's codes are called."""
    model = averaged_model(state)
    give_names(model, folder.path)
    return model


def save(folder: RunFolder, state: State, model: Model, instead_of: Path | None = None) -> None:
    """Write pictures, a checkpoint, and the state's averaged model with its card.

    The checkpoint is what a run goes on from: what belongs to its past is written before it, and
    what is made anew at each save, after it.
    """
    draw(folder, model, state.images_seen)
    folder.save_checkpoint(state, instead_of)
    # As the state has it: the names that the user gave since are in names.json alone.
    save_model(folder.path, state.config.model, model.generator, model.discriminator)
    save_picture(draw_overview(model), folder.overview_file, _drawn_by(folder))
    write_card(folder.path, model, state.config, state.images_seen)


def draw(folder: RunFolder, model: Model, images_seen: int) -> None:
    """Draw what each code does after so many images."""
    pictures = {"codes": draw_codes(model)} | {
        code.name: draw_traversal(model, code.name)
        for code in model.latent.codes
        if code.continuous
    }
    for name, picture in pictures.items():
        save_picture(picture, folder.picture_file(name, images_seen), _drawn_by(folder))


def _drawn_by(folder: RunFolder) -> str:
    return f"infogan traverse {folder.path}"
