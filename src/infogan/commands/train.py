"""infogan train: learn the knobs of a set of images."""

import json
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.reading import print_report
from infogan.errors import UserError
from infogan.files import read_yaml

if TYPE_CHECKING:
    from infogan.data.ingest_report import IngestReport
    from infogan.runs.planning import Plan
    from infogan.training.config import TrainConfig
    from infogan.training.loop import Tick

HELP = "learn, without labels, which knobs a set of images has"

# Short spellings of what everybody sets.
SHORT = {"--codes": "--model.codes", "--noise": "--model.noise", "--from": "--init_from"}


def add_arguments(parser: ArgumentParser) -> None:
    """Every field of the preset's config, and where the run goes."""
    from infogan.training.config import TrainConfig

    parser.add_argument("--config", action="config", help="a YAML file of any of these options")
    parser.add_argument(
        "--preset", default="auto", help="what the defaults are; `infogan presets` lists them"
    )
    parser.add_argument(
        "--out", default="", help="the run's folder, a new one; runs/NAME of the data by default"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--seeds", type=int, default=1, help="train so many seeds, to OUT/seed-S")
    parser.add_argument(
        "--at-once",
        type=int,
        default=0,
        help="how many seeds to train side by side; 0: one for each device, or core",
    )
    parser.add_argument(
        "--select", action="store_true", help="choose among the seeds, without labels, into OUT"
    )
    parser.add_argument(
        "--on-failure",
        default="remedy",
        choices=["remedy", "continue", "stop", "restart"],
        help="when the run fails: start again with another seed and D held back (in its first "
        "half, twice at most), go on, stop, or start again with another seed alone",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=None,
        help="how long the run may take: a few updates are timed, and --kimg is chosen from that",
    )
    parser.add_argument(
        "--devices",
        type=int,
        default=1,
        help="processes that share every batch, each on a device or some cores of its own",
    )
    parser.add_argument(
        "--num-nodes", type=int, default=1, help="machines: prints what to type on each"
    )
    parser.add_argument("--tensorboard", action="store_true", help="also log to OUT/tensorboard")
    parser.add_argument(
        "--log",
        default="line",
        choices=["line", "tutorial"],
        help="a progress line, or the Keras tutorial's own lines, one for every tick_kimg",
    )
    parser.add_argument(
        "--live", action="store_true", help="serve the report on this machine while it grows"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress line; warnings only")
    parser.add_class_arguments(TrainConfig)


def spelled_out(args: Sequence[str]) -> list[str]:
    """The arguments with short and former spellings written as today, in configs' files too."""
    from infogan.training.config_file import RENAMED

    today = SHORT | {f"--loss.{old}": f"--loss.{new}" for old, new in RENAMED.items()}
    found, before = list[str](), ""
    for arg in args:
        name, equals, value = arg.partition("=")
        if name in today and name not in SHORT:
            warnings.warn(f"{name} is now {today[name]}", stacklevel=2)
        if before == "--config":
            arg = _todays_config(arg)
        elif name == "--config" and equals:
            arg = f"--config={_todays_config(value)}"
        else:
            arg = today.get(name, name) + equals + value
        found.append(arg)
        before = name if not equals else ""
    return found


def _todays_config(path: str) -> str:
    """A config's file as its content, with today's names of fields; anything else as it is."""
    from infogan.training.config_file import renamed

    if not Path(path).is_file():
        return path
    content = read_yaml(Path(path), "a config")
    loss = content.get("loss", {})
    if not isinstance(loss, dict):
        raise UserError(f"{path}: a config has settings by name, and so has its loss")
    return json.dumps(content | ({"loss": renamed(loss, path)} if loss else {}))


def set_defaults(parser: ArgumentParser, preset: str, init_from: str) -> None:
    """Take a preset's values for the defaults, or those of the run that a new one starts from."""
    from dataclasses import asdict, replace

    from infogan.runs.starting_point import StartingPoint
    from infogan.training.presets import preset as preset_config

    config = preset_config(preset or "auto")
    if init_from:
        own = StartingPoint.open(init_from).config
        config = replace(config, model=own.model, init_from=init_from) if preset else own
    parser.set_defaults(_leaves(asdict(config)))


def run(args: Namespace) -> int:
    """Train, or go on training, and say how it went; 130 when interrupted, 1 when given up."""
    from infogan.runs.run import TrainingFailed, TrainingStopped, train
    from infogan.runs.seeds import train_seeds
    from infogan.storage.run_folder import RunFolder
    from infogan.training.config_file import from_dict

    options = args.as_dict()
    extras = {
        "config",
        "preset",
        "out",
        "resume",
        "seeds",
        "select",
        "on_failure",
        "minutes",
        "kimg_given",
    }
    extras |= {"tensorboard", "log", "live", "quiet", "at_once", "devices", "num_nodes", "typed"}
    config = from_dict({k: v for k, v in options.items() if k not in extras}, "options")
    _check_seeds(args.seeds, args.select, args.at_once, config)
    if (status := _in_processes(args, config)) is not None:
        return status
    out, several = _out(args, config), args.seeds > 1
    if args.live and several:
        raise UserError("--live: shows one run; leave out --seeds")
    progress = _print_tutorial_line if args.log == "tutorial" else not args.quiet
    how = {"resume": args.resume, "progress": progress, "tensorboard": args.tensorboard}
    how |= {"on_failure": args.on_failure, "minutes": args.minutes}
    how |= {"kimg": args.kimg if args.kimg_given else None}
    # Who listens has the number of threads tried out, which is worth it in silence too.
    how |= {"on_plan": (lambda plan: None) if args.quiet else _print_plan}
    if not args.quiet:
        how |= {"on_read": partial(_print_beginning, config)}
    try:
        if several:
            at_once = args.at_once if args.log == "line" else 1
            folders = train_seeds(out, args.seeds, config=config, at_once=at_once, **how)
        else:
            with _live(out) if args.live else nullcontext():
                train(out=out, config=config, **how)
    except TrainingStopped as stopped:
        chosen = " --select" if args.select else ""
        again = f"; go on with: infogan train --out {out} --seeds {args.seeds}{chosen} --resume"
        print(f"infogan: {stopped}{again if several else ''}", file=sys.stderr)
        return 130
    except TrainingFailed as failed:
        print(f"infogan: {failed}", file=sys.stderr)
        return 1
    for folder in folders if several else [out]:
        _print_verdict(folder)
    if several and not args.select:
        print(f"models    {', '.join(map(str, folders))}")
        print(f"next      infogan select {out}/seed-*")
        return 0
    if several:
        _select(folders, out, progress=not args.quiet)
    run = RunFolder(out)
    print(f"model     {out}")
    print(f"pictures  {run.overview_file}" + ("" if several else f", {run.pictures}"))
    if not several:
        print(f"report    {run.report_file}")
    print(f"next      {_next(out)}")
    return 0


def _in_processes(args: Namespace, config: "TrainConfig") -> int | None:
    """Start several processes, or train beside the first, which says all there is to say."""
    from torch.distributed import is_torchelastic_launched

    from infogan.commands.launching import launch
    from infogan.runs.run import train
    from infogan.training.processes import follows

    together = (args.devices, args.num_nodes) != (1, 1)
    if (together or is_torchelastic_launched()) and not args.out:
        raise UserError("several processes: name the run's folder for all of them: --out RUN")
    if args.seeds > 1 and (together or is_torchelastic_launched()):
        raise UserError("--seeds: trains each seed in one process; leave out --devices, torchrun")
    if together:
        return launch(args.typed, args.devices, args.num_nodes)
    if not follows():
        return None
    warnings.simplefilter("ignore")
    try:
        train(out=args.out, config=config, progress=False)
    except UserError:
        return 2
    return 0


def _out(args: Namespace, config: "TrainConfig") -> Path:
    """The run's folder: the one that is given, or a new one named after the data, and said."""
    from infogan.runs.beginning import folder_for

    if args.out:
        return Path(args.out)
    if args.resume:
        raise UserError("--resume: name the run to go on with: --out RUN")
    out = folder_for(config.data)
    print(f"run       {out} (a new folder; --out names another)", flush=True)
    return out


@contextmanager
def _live(out: Path) -> Iterator[None]:
    """Serve the growing report of a run."""
    from infogan.errors import require_extra

    require_extra("explore", "the page", "starlette", "uvicorn")
    from infogan.explorer.live import live_report

    with live_report(out) as address:
        print(f"report    {address}", file=sys.stderr)
        yield


def _print_beginning(config: "TrainConfig", report: "IngestReport") -> None:
    """What a run begins with: the model it takes over, and what was read."""
    from infogan.networks.build import AUTO
    from infogan.runs.beginning import ASKING
    from infogan.runs.starting_point import StartingPoint

    if config.init_from:
        print(f"from      {StartingPoint.open(config.init_from)}")
    print_report(report)
    if config.model.codes == AUTO:
        print(ASKING, flush=True)


def _print_plan(plan: "Plan") -> None:
    for line in plan.lines():
        print(line)


def _print_tutorial_line(tick: "Tick", config: "TrainConfig") -> None:
    from infogan.runs.run_log import tutorial_line

    print(tutorial_line(tick, config), flush=True)


def _print_verdict(folder: Path) -> None:
    """What came of the run, and one line for each thing that was wrong at its end."""
    from infogan.runs.conclusion import read_verdict
    from infogan.runs.health import read_findings
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(folder)
    lines, found = run.read_log(), read_verdict(run)
    if lines and "ends_at" in lines[-1]:
        print(f"settled   {folder}: stopped early, at {lines[-1]['ends_at']:g} kimg")
    if found:
        print(textwrap.fill(f"verdict   {found.summary}", 100, subsequent_indent=" " * 10))
    for finding in found.findings if found else read_findings(lines):
        print(f"health    {folder}: {finding}")


def _next(out: Path) -> str:
    """The command to go on with: longer where it was too short, anew where it failed."""
    from infogan.runs.conclusion import read_verdict
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(out)
    found = read_verdict(run)
    if found is None or found.worth_using:
        return f"infogan traverse {out}"
    if found.longer is not None and run.latest_checkpoint():
        return f"infogan train --out {out} --resume --kimg {found.longer:g}"
    config = run.read_config()
    return (
        f"infogan train --config {run.config_file} --seed {config.seed + 1} --out {out}-again, "
        "with the remedies above"
    )


def _check_seeds(seeds: int, select: bool, at_once: int, config: "TrainConfig") -> None:
    """Refuse before hours of training what could not be chosen among afterwards."""
    from infogan.selection.ranking import criterion

    if seeds < 1:
        raise UserError(f"--seeds {seeds}: at least 1 is needed")
    if at_once < 0:
        raise UserError(f"--at-once {at_once}: give how many, or 0 for one on each device or core")
    if select and seeds < 2:
        raise UserError("--select chooses among several seeds: give --seeds 2 or more")
    if select:
        criterion("auto", config.model.latent, seeds)


def _select(folders: list[Path], out: Path, progress: bool) -> None:
    """Choose a seed, and make its model that of the whole run."""
    from infogan.files import write_json
    from infogan.runs.install import install
    from infogan.selection.candidates import open_runs
    from infogan.selection.ranking import select, table
    from infogan.storage.run_folder import RunFolder

    candidates = open_runs(folders)
    selection = select(candidates, progress=progress)
    chosen = {candidate.name: candidate for candidate in candidates}[selection.chosen]
    install(chosen, out)
    write_json(RunFolder(out).selection_file, selection.as_dict())
    print(table(selection))


def _leaves(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Flatten nested options to their dotted names."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and key not in ("mi_weights", "images"):
            flat |= _leaves(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
