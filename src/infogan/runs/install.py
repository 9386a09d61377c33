"""A chosen model in a folder of its own, with all that its run's folder tells of it."""

import shutil
from pathlib import Path

from infogan.codes.names import load_names, save_names
from infogan.export.card import write_card
from infogan.figures import draw_overview, save_picture
from infogan.selection.candidates import Candidate
from infogan.storage.model_folder import save_model
from infogan.storage.run_folder import RunFolder, images_at


def install(candidate: Candidate, folder: Path, later: Path | None = None) -> None:
    """Make `folder` hold the candidate as if it had been trained there, and gone no further.

    It has its model and names, its run's config and log, an overview, and the card; of the model
    the run has arrived at also the evaluation, the codes in words and the verdict. Of another one
    that was here before nothing remains, except a card that the user wrote. `later` is where the
    folder will be moved to.
    """
    run, ours, model = RunFolder(candidate.folder), RunFolder(folder), candidate.model
    # The names of the config are the original ones, to which names.json refers.
    save_model(folder, candidate.config.model, model.generator, model.discriminator)
    names = load_names(run.path)
    if names != load_names(folder):
        save_names(folder, names)
    at = candidate.checkpoint
    images_seen = run.images_seen() if at is None else images_at(at)
    ours.write_config(candidate.config)
    ours.cut_log(images_seen or 0, source=run)
    for theirs, copy in (
        (run.evaluation_file, ours.evaluation_file),
        (run.words_file, ours.words_file),
        (run.verdict_file, ours.verdict_file),
    ):
        copy.unlink(missing_ok=True)
        if at is None and run.is_newer_than_model(theirs):
            shutil.copyfile(theirs, copy)
    if run.card_file.is_file() and not ours.card_file.is_file():
        shutil.copyfile(run.card_file, ours.card_file)
    save_picture(draw_overview(model), ours.overview_file, f"infogan traverse {later or folder}")
    write_card(folder, model, candidate.config, images_seen)
