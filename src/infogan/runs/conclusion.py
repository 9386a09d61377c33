"""The end of a run: what its codes do and what came of it, found out and kept in its folder."""

from collections.abc import Sequence

import numpy as np

from infogan.data.source import Source
from infogan.errors import UserError
from infogan.evaluation.closing_look import closing_look
from infogan.files import read_json, write_json
from infogan.inference.trained_model import Images, Model
from infogan.report.words import keep_words
from infogan.runs.diagnostics import look_at
from infogan.runs.finding import Finding
from infogan.runs.log_windows import Line
from infogan.runs.verdict import Verdict, verdict
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.convergence import watched_images


def conclude(
    folder: RunFolder, config: TrainConfig, model: Model, real: Images, lines: Sequence[Line]
) -> Verdict:
    """Look at a finished model beside real images, and write words and verdict down."""
    described = keep_words(folder, model)
    names = {name: said.name for name, said in described.items()}
    look = closing_look(model, np.unique(real, axis=0), names=names)
    found = verdict(lines, config, model.latent, look)
    write_json(folder.verdict_file, found.as_dict() | {"measured": look.as_dict()})
    return found


def judge(
    model: Model,
    source: Source,
    config: TrainConfig,
    lines: Sequence[Line],
    pictures: bool,
) -> Verdict:
    """What came of a training without a run's folder: a quicker look, and no names of dials.

    `pictures` says whether neighbouring pixels belong together.
    """
    real = watched_images(source, config.seed)
    seen = look_at(model, real, config.augmentation).as_dict()
    told = [*lines[:-1], {**lines[-1], "diagnostics": seen}]
    look = closing_look(model, np.unique(real, axis=0), pictures=pictures, rebuild=False)
    return verdict(told, config, model.latent, look, length="kimg={:g}")


def read_verdict(folder: RunFolder) -> Verdict | None:
    """What came of a run's model; None where it is not over, or was trained on since."""
    if not folder.is_newer_than_model(folder.verdict_file):
        return None
    try:
        content = read_json(folder.verdict_file, "a verdict", "remove it")
        findings = tuple(Finding(**each) for each in content.pop("findings"))
        content.pop("measured")
        return Verdict(**content, findings=findings)
    except UserError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UserError(f"{folder.verdict_file}: damaged; remove it") from None
