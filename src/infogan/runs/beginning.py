"""How a run begins: anew, from a finished model, or where it was left."""

import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm

from infogan.codes.names import Names, load_names, save_names
from infogan.data.ingest_report import IngestReport
from infogan.data.open import open_images
from infogan.data.preprocessing import Preprocessing, report_of
from infogan.data.source import Source
from infogan.errors import UserError
from infogan.networks.build import AUTO, ModelConfig
from infogan.runs.fitting import check_room, sharing
from infogan.runs.keeping import draw, model_of
from infogan.runs.planning import Plan, check_length, for_few, plan, remedied
from infogan.runs.starting_point import StartingPoint
from infogan.storage.averaged_model import start_from
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.labels import read_labelled
from infogan.training.networks import with_networks
from infogan.training.presets import preset
from infogan.training.processes import ALONE, Processes
from infogan.training.regrouping import UNTIL, n_grouped, regrouping_due
from infogan.training.state import State

ASKING = (
    "codes     asking the images what varies in them: a short test for each transformation, "
    "a minute or more; codes that are given skip it"
)
RUNS = Path("runs")


def folder_for(data: str, what: str = "") -> Path:
    """Where a run, or `what` else, goes without a folder: runs/NAME of its data, runs/NAME-2, …"""
    path = Path(data or TrainConfig().data)
    name = path.resolve().name
    name = (name.split(".")[0] if path.is_file() else name) or "images"
    name, number = f"{what}{name}", 1
    while (free := RUNS / (f"{name}-{number}" if number > 1 else name)).exists():
        number += 1
    return free


def named(data: object) -> str | Path | None:
    """Images by name or path. Raises UserError for an array, which a resumed run would not have."""
    if data is None or isinstance(data, str | Path):
        return data
    raise UserError(
        f"data: a {type(data).__name__}, but a run keeps where its images are, to be resumed: save "
        'them (numpy.save("images.npy", X)) and name the file, or use infogan.InfoGAN(…).fit(X)'
    )


KEPT = (
    ("optim", "regroup_from"),
    ("loss", "conditional_entropy_two_sided"),
    ("loss", "augment_d"),
    ("loss", "r1"),
    ("loss", "r1_every"),
    ("loss", "consistency"),
)
"""What a run may have otherwise than it would be chosen today; the usual value says nothing."""
NAMED = "codes     have names: the categories of this run are not regrouped any more"
UNNAMED = (
    "codes     have no names yet: the categories of this run, made longer, may be regrouped again, "
    "and then mean something else"
)


@dataclass(frozen=True)
class Told:
    """What happens before the first update: who is told what, and how long a run was asked for.

    With `progress`, whatever nobody is there to be told of is written to standard error. So many
    runs begin `at_once`; with `force` they do even where memory is too small for them.
    """

    kimg: float | None = None
    minutes: float | None = None
    progress: bool = False
    on_read: Callable[[IngestReport], None] | None = None
    on_plan: Callable[[Plan], None] | None = None
    processes: Processes = ALONE
    profile: bool = False
    at_once: int = 1
    force: bool = False

    def __post_init__(self) -> None:
        check_length(self.kimg, self.minutes)

    def read(self, config: TrainConfig, source: Source) -> None:
        """Tell what was read, and of what comes next where that takes its time."""
        if self.on_read is not None:
            self.on_read(report_of(source))
        elif self.progress:
            _say(report_of(source).lines())
            _say([ASKING] if config.model.codes == AUTO else [])

    def planned(self, config: TrainConfig, source: Source) -> TrainConfig:
        """Choose what the config leaves to its images, and tell."""
        measure = self.on_plan is not None
        self.processes.check_batch(config.batch_size, config.real_batch)
        made = plan(
            config,
            source,
            minutes=self.minutes,
            measure=measure,
            progress=self.progress,
            processes=self.processes.count,
            sharing=sharing(config.device, self.at_once),
            force=self.force,
        )
        if self.on_plan is not None:
            self.on_plan(made)
        elif self.progress:
            _say(made.lines())
        return made.config


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        tqdm.write(line, file=sys.stderr)


def begun(folder: RunFolder, config: TrainConfig, told: Told) -> tuple[State, Source]:
    """A new run in its folder, and its images."""
    folder.check_new()
    config, source, start = prepared(config, told)
    folder.clear()
    return begin(folder, config, start, told.processes), source


def prepared(config: TrainConfig, told: Told) -> tuple[TrainConfig, Source, StartingPoint | None]:
    """A config that leaves nothing to choose, its images, and the model it begins from, if any."""
    if config.labels and not Path(config.labels).expanduser().exists():
        raise UserError(f"{config.labels}: no such labels; name a CSV file, a folder or an .npz")
    start = starting_point(config)
    if start:
        config = start.take_over(config)
    source = open_source(config, start.model.config if start else None)
    told.read(config, source)
    if start:
        start.check_fits(source)
    images = Preprocessing.of(source).as_dict()
    shaped = replace(config.model, image_shape=source.shape, images=images)
    return told.planned(replace(config, model=shaped), source), source, start


def resumed(folder: RunFolder, config: TrainConfig, told: Told) -> tuple[State, Source]:
    """A run that goes on from its newest whole checkpoint, or over again if it has none yet."""
    folder.take_back()
    if not folder.is_run and folder.failures():  # killed between setting aside and starting again
        last = folder.failed(folder.failures())
        folder.write_config(remedied(last.read_config()))
    if not folder.is_run and folder.is_blank:
        return begun(folder, config, told)
    config = resumed_config(folder, config, told)
    source = open_source(config, config.model)
    told.read(config, source)
    if config.model.image_shape != source.shape:
        raise UserError(
            f"{config.data}: images are {source.shape}, the run in {folder.path} was of "
            f"{config.model.image_shape}"
        )
    if changed := config.model.preprocessing.changed(source):
        warnings.warn(f"{config.data}: {changed} since the run began", stacklevel=3)
    start = None if folder.checkpoints() else starting_point(config)
    few = ""
    if config.kimg > folder.read_config().kimg:
        config, few = for_few(config, source)
    check_room(
        replace(config, batch_size=config.batch_size // told.processes.count),
        source,
        sharing=sharing(config.device, told.at_once),
        force=told.force,
        begun=True,
    )
    state = new_state(config, start, told.processes)
    checkpoint = folder.load_latest(state)
    if checkpoint is None:
        _write_beginning(folder, state, start)
    elif config != (before := folder.read_config()):
        folder.write_config(config)
        if told.progress:
            _say(_changes(before, config, few, state.images_seen))
    folder.go_back_to(state.images_seen)
    if checkpoint and folder.picture_file("codes", state.images_seen).is_file():
        # Of a later moment, perhaps, that is to come again.
        draw(folder, model_of(folder, state), state.images_seen)
    return state, source


def _changes(before: TrainConfig, now: TrainConfig, few: str, images_seen: int) -> list[str]:
    """What is otherwise from here on in a run that goes on, in words."""
    lines = [f"few       {few}"] if few else []
    if before.optim.regroup_from and not now.optim.regroup_from:
        lines += [NAMED] if now.learns_categories and now.model.latent.discrete else []
    elif now.kimg > before.kimg and n_grouped(now):
        last = int(UNTIL * now.kimg * 1000)
        lines += [UNNAMED] if regrouping_due(now, images_seen, last) else []
    return lines


def begin(
    folder: RunFolder,
    config: TrainConfig,
    start: StartingPoint | None,
    processes: Processes = ALONE,
) -> State:
    """A state at its beginning, written down."""
    state = new_state(config, start, processes)
    _write_beginning(folder, state, start)
    return state


def starting_point(config: TrainConfig) -> StartingPoint | None:
    """The finished model that a config begins from, if any."""
    return StartingPoint.open(config.init_from) if config.init_from else None


def resumed_config(folder: RunFolder, given: TrainConfig, told: Told) -> TrainConfig:
    """The run's own config; what the user gives must be nothing, or the same again.

    Only the length may change: a run that was too short can be made longer. Its categories are
    not regrouped any more once somebody has named them.
    """
    own = folder.read_config()
    if told.minutes is not None:  # the length was chosen, and so were the pictures' moments
        given = replace(given, kimg=own.kimg, picture_kimg=own.picture_kimg)
    seen = (folder.images_seen() or 0) / 1000
    if told.kimg is not None and told.kimg < min(seen, own.kimg):
        raise UserError(
            f"{folder.path}: has seen {seen:g} thousand images already, more than kimg "
            f"{told.kimg:g}; give more, or resume with --out and --resume alone"
        )
    longer = replace(own, kimg=given.kimg)
    if load_names(folder.path) != Names():
        longer = replace(longer, optim=replace(own.optim, regroup_from=0.0))
    for nothing in (TrainConfig(), preset("auto")):
        if given in (nothing, replace(nothing, kimg=given.kimg)):
            return longer if told.kimg is not None or given != nothing else own
    again = _as_begun(given, longer)
    for _ in range(folder.failures()):
        if again == longer:
            break
        # The options of a run that has started again since are those it began with.
        again = remedied(again)
    if again == longer:
        return longer
    raise UserError(
        f"{folder.path}: its {folder.config_file.name} differs from the options given; "
        "resume with --out and --resume alone"
    )


def _as_begun(given: TrainConfig, own: TrainConfig) -> TrainConfig:
    """Options with what the run itself took from its images."""
    shaped = replace(given.model, image_shape=own.model.image_shape, images=own.model.images)
    if given.model.codes == AUTO:
        shaped = replace(shaped, codes=own.model.codes)
    given = replace(given, model=shaped, threads=given.threads or own.threads)
    # Runs kept before, and longer ones, lack what came since; what was not typed stays so.
    for part, name in KEPT:
        typed, usual = getattr(given, part), getattr(TrainConfig(), part)
        if getattr(typed, name) == getattr(usual, name):
            kept = {name: getattr(getattr(own, part), name)}
            given = replace(given, **{part: replace(typed, **kept)})
    return with_networks(given)[0]


def open_source(config: TrainConfig, known: ModelConfig | None) -> Source:
    """The images, read as those of a model that is known already, where one is gone on with."""
    size: int | None = config.size
    channels: int | None = config.channels
    rules = config.rules
    if known:
        rules = rules.over(known.preprocessing.rules)
    if known and config.init_from:
        channels, size, _ = known.shape
    return open_images(config.data, split="train", size=size, channels=channels, rules=rules)


def new_state(
    config: TrainConfig, start: StartingPoint | None = None, processes: Processes = ALONE
) -> State:
    """A state at its beginning, with the labelled images if there are any."""
    if config.threads:
        torch.set_num_threads(config.threads)
    state = State.create(config, processes)
    if start:
        start_from(state, start.model)
    if config.labels:
        latent, shape = config.model.latent, config.model.shape
        state.labelled = read_labelled(
            config.labels, config.data, latent, shape, config.model.preprocessing.rules
        )
    return state


def _write_beginning(folder: RunFolder, state: State, start: StartingPoint | None) -> None:
    """Write what a run has from the start: its config, and names taken over or given by labels."""
    folder.write_config(state.config)
    if start and start.names != Names():
        save_names(folder.path, start.names)
    if state.labelled and state.labelled.names:
        save_names(folder.path, Names(values={state.labelled.code: state.labelled.names}))
