"""The model card: `README.md` beside a model, for whoever gets the folder without its history."""

from pathlib import Path

from infogan.evaluation.printing import number
from infogan.evaluation.results import Measurement, read_report
from infogan.figures import draw_overview, save_picture
from infogan.files import write_text
from infogan.inference.trained_model import Model
from infogan.storage.run_files import OVERVIEW
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.versions import __version__

MARK = "<!-- written by infogan; remove this line to keep your own text -->"


def write_card(
    folder: Path, model: Model, config: TrainConfig | None = None, images_seen: int | None = None
) -> Path:
    """Write a model folder's card, with its picture, and the figures of its `evaluation.json`.

    `config` is how it was trained, and `images_seen` how far, the config's whole length by default.
    A `README.md` that infogan did not write is left as it is. The card names no path of this
    machine. Returns the card. Raises UserError for an evaluation that cannot be read.
    """
    files = RunFolder(folder)
    card = files.card_file
    if card.is_file() and MARK not in card.read_text(encoding="utf-8"):
        return card
    if not files.overview_file.is_file():
        save_picture(draw_overview(model), files.overview_file)
    parts = [_head(), _about(model), _codes(model), _usage(model)]
    if files.is_newer_than_model(files.evaluation_file):
        parts.append(_figures(files.evaluation_file))
    if config is not None:
        kimg = config.kimg if images_seen is None else images_seen / 1000
        parts.append(_training(config, kimg))
    parts.append(_limits(model))
    write_text(card, "\n\n".join(parts) + "\n")
    return card


def _head() -> str:
    lines = ["---", "library_name: infogan", "pipeline_tag: unconditional-image-generation"]
    lines += ["tags:", "- infogan", "- gan", "- disentanglement", "- clustering", "---"]
    return "\n".join([*lines, "", MARK])


def _about(model: Model) -> str:
    channels, side, _ = model.config.shape
    colour = "grey" if channels == 1 else "colour"
    return (
        "# InfoGAN\n\n"
        f"Draws {colour} images of {side}×{side} with controls that were found without labels, and "
        "reads these controls off images.\n\n"
        f"![What the controls do]({OVERVIEW})\n\n"
        "*Left: one row for each category, where there are any. Then each dial from end to end.*"
    )


def _codes(model: Model) -> str:
    rows = ["## Controls", "", "| name | kind | values |", "|---|---|---|"]
    for code in model.latent.codes:
        if code.continuous:
            said = f"{code.low:g} to {code.high:g}"
        else:
            values = range(code.n_categories)
            said = ", ".join(model.names.label(code.name, value) for value in values)
        rows.append(f"| `{code.name}` | `{code.spelling}` | {said} |")
    noise = f"{model.latent.noise} numbers of {model.latent.noise_prior} noise"
    return "\n".join([*rows, "", f"Beside them {noise}, which stand for everything else."])


def _usage(model: Model) -> str:
    code = model.latent.codes[-1]
    held = f"{code.name}={code.high:g}"
    return (
        "## Use\n\n```python\nimport infogan\n\n"
        'model = infogan.load("path/to/this/folder")\n'
        f"images, codes = model.sample(25, {held}, seed=1)\n"
        'infogan.save_grid(images, "grid.png")\n```\n\n'
        "`infogan explore FOLDER` turns the controls in a browser; `infogan encode FOLDER --images "
        "D` reads them off images. The folder holds JSON and safetensors: loading it runs no code."
    )


def _figures(path: Path) -> str:
    report = read_report(path)
    rows = ["| measured | value | 95 % interval | images | how |", "|---|---|---|---|---|"]
    rows += [_row(each) for each in report.measurements]
    return (
        f"## Measured\n\nOn {_public(report.data)}, {report.split} images, with infogan "
        f"{report.versions.get('infogan', '?')}, `{report.effort}` effort. Labels, where there are "
        "any, were for this table alone.\n\n" + "\n".join(rows)
    )


def _row(each: Measurement) -> str:
    interval = each.interval
    between = f"{number(interval.low)} to {number(interval.high)}" if interval else ""
    protocol = each.protocol.replace("|", "\\|")
    name = f"{each.name} `{each.code}`" if each.code else each.name
    return f"| {name} | {number(each.value)} | {between} | {each.n:,} | {protocol} |"


def _training(config: TrainConfig, kimg: float) -> str:
    return (
        f"## Training\n\n{kimg:g} thousand images of {_public(config.data)}, "
        f"seed {config.seed}, batches of {config.batch_size}, "
        f"`{config.model.family}` networks; infogan {__version__}. "
        "`config.yaml` of the run holds every setting."
    )


def _limits(model: Model) -> str:
    return (
        "## Limits\n\nThe controls are what training found, not what somebody meant: look at the "
        "picture before giving one a name. Q answers for any image, also one unlike all it was "
        f"trained on; images are cropped to a square and resized to {model.config.shape[1]} pixels."
    )


def _public(data: str) -> str:
    """Data by its name, without the folders it lies in."""
    name = Path(data).name
    safe = "".join(each for each in name if each.isalnum() or each in " -_.")
    return f"`{safe or 'data'}`"
