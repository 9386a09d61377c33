"""infogan train: learn the controls of a set of images."""

import json
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from infogan.commands.resuming import SHORT, check_resumed, leaves, own_config
from infogan.commands.telling import (
    next_steps,
    print_beginning,
    print_plan,
    print_tutorial_line,
    print_verdict,
)
from infogan.errors import UserError
from infogan.files import read_yaml

if TYPE_CHECKING:
    from infogan.training.config import TrainConfig

HELP = "learn, without labels, which controls a set of images has"

EXPLAINED = """usage: infogan train --data DATA [options]

Learn, without labels, which controls a set of images has.

  infogan train --data digits                                 in runs/digits, in some minutes
  infogan train --data photos/ --size 32 --minutes 15
  infogan train --data photos/ --codes "kind=cat:8,tilt=uni,tone=uni" --out runs/photos
  infogan train --out runs/photos --resume --kimg 512         longer than it was
  infogan train --data mnist --seeds 5 --select               five runs; keeps the most typical

The options that matter first:

  --data DATA      a folder of images, an archive, an array, a table, or a set's name
  --size N         crop and resize images to N x N; smaller is much faster
  --codes CODES    what to look for: cat:10 a choice of ten, uni a dial, norm a dial with a bell
                   curve, circ one that goes round, bern a switch; name=KIND names one.
                   Without it the images are asked first, a minute or more
  --out RUN        the run's folder, a new one; runs/NAME of the data by default
  --minutes M      how long training may take, reading and asking not counted; or
  --kimg K         how many thousand images are looked at (256)
  --seed S         another seed, another run; the same seed, the same run
  --preset NAME    what the defaults are; infogan presets lists them
  --resume         go on with the run in --out
  --quiet          no progress line

The progress line: D and G, the losses of the network that tells real images from drawn ones and of
the one that draws; then, for each code, how many nats (units of information, 0 is nothing) an image
tells of it: up to 2.3 = log 10 for a choice of ten. Rising nats are a code being learned.

infogan train --help-all explains every option. Ctrl-C saves, and says how to go on.
"""

# Short spellings of what everybody sets.


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
    _add_several(parser)
    parser.add_argument(
        "--on-failure",
        default=None,
        choices=["remedy", "continue", "stop", "restart"],
        help="when the run fails: start again with another seed and D held back (remedy, the "
        "default: in its first half, twice at most), go on (continue, that of the published "
        "systems, which are run as they are), stop, or start again with another seed alone",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=None,
        help="how long training may take: a few updates are timed, and --kimg is chosen from that; "
        "reading images, asking them for codes and the last look come on top",
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
    parser.add_argument(
        "--profile",
        action="store_true",
        help="first write to OUT/profile.txt where an update's time goes, operator by operator",
    )
    parser.add_argument(
        "--force", action="store_true", help="begin even what does not fit into memory"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress line; warnings only")
    parser.add_class_arguments(TrainConfig)


def _add_several(parser: ArgumentParser) -> None:
    """Several seeds, and several processes that share one."""
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
        "--devices",
        type=int,
        default=1,
        help="processes that share every batch, each on a device or some cores of its own",
    )
    parser.add_argument(
        "--num-nodes", type=int, default=1, help="machines: prints what to type on each"
    )


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
    parser.set_defaults(leaves(asdict(config)))


def run(args: Namespace) -> int:
    """Train, or go on training, and say how it went; 130 when interrupted, 1 when given up."""
    from infogan.runs.run import TrainingFailed, TrainingStopped, train
    from infogan.runs.seeds import train_seeds
    from infogan.storage.run_folder import RunFolder
    from infogan.training.config import TrainConfig
    from infogan.training.config_file import from_dict

    options = args.as_dict()
    config = from_dict({each.name: options[each.name] for each in fields(TrainConfig)}, "options")
    _check_seeds(args.seeds, args.select, args.at_once, config)
    if (status := _in_processes(args, config)) is not None:
        return status
    out, several = _out(args, config), args.seeds > 1
    for option in ("live", "profile") if several else ():
        if getattr(args, option):
            raise UserError(f"--{option}: shows one run; leave out --seeds")
    progress = print_tutorial_line if args.log == "tutorial" else not args.quiet
    how = {"resume": args.resume, "progress": progress, "tensorboard": args.tensorboard}
    own = own_config(out, args.resume, config)
    check_resumed(args.typed, config, own, out)  # of a new run it is the same config
    usual = "remedy" if own.loss.consistency else "continue"
    how |= {"on_failure": args.on_failure or usual}
    how |= {"minutes": args.minutes, "force": args.force}
    how["kimg"] = args.kimg if args.kimg_given else None
    # Who listens has the number of threads tried out, which is worth it in silence too.
    how |= {"on_plan": (lambda plan: None) if args.quiet else print_plan}
    if not args.quiet:
        how["on_read"] = partial(print_beginning, own, None if args.out else out, args.resume)
    try:
        if several:
            at_once = args.at_once if args.log == "line" else 1
            folders = train_seeds(out, args.seeds, config=config, at_once=at_once, **how)
        else:
            with _live(out) if args.live else nullcontext():
                train(out=out, config=config, profile=args.profile, **how)
    except TrainingStopped as stopped:
        chosen, name = " --select" if args.select else "", shlex.quote(str(out))
        again = f"; go on with: infogan train --out {name} --seeds {args.seeds}{chosen} --resume"
        print(f"infogan: {stopped}{again if several else ''}", file=sys.stderr)
        return 130
    except TrainingFailed as failed:
        print(f"infogan: {failed}", file=sys.stderr)
        return 1
    for folder in folders if several else [out]:
        print_verdict(folder)
    if several and not args.select:
        print(f"models    {', '.join(map(str, folders))}")
        print(f"next      infogan select {shlex.quote(str(out))}/seed-*")
        return 0
    if several:
        _select(folders, out, progress=not args.quiet)
    run = RunFolder(out)
    print(f"model     {out}")
    print(f"pictures  {run.overview_file}" + ("" if several else f", {run.pictures}"))
    if not several:
        print(f"report    {run.report_file}")
    print("next      " + "\n          ".join(next_steps(out)))
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
    """The run's folder: the one that is given, or a new one named after the data."""
    from infogan.runs.beginning import folder_for

    if args.out:
        return Path(args.out)
    if args.resume:
        raise UserError("--resume: name the run to go on with: --out RUN")
    return folder_for(config.data)


@contextmanager
def _live(out: Path) -> Iterator[None]:
    """Serve the growing report of a run."""
    from infogan.errors import require_extra

    require_extra("explore", "the page", "starlette", "uvicorn")
    from infogan.explorer.live import live_report

    with live_report(out) as address:
        print(f"report    {address}", file=sys.stderr)
        yield


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
