"""What `infogan train` says: what it begins with and chooses, what came of it, what is next."""

import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from infogan.commands.reading import print_report

if TYPE_CHECKING:
    from infogan.data.ingest_report import IngestReport
    from infogan.runs.planning import Plan
    from infogan.training.config import TrainConfig
    from infogan.training.loop import Tick


def print_beginning(
    config: "TrainConfig", chosen: Path | None, resume: bool, report: "IngestReport"
) -> None:
    """What a run begins with: its folder if chosen, its first model, what was read and is asked."""
    from infogan.networks.build import AUTO
    from infogan.runs.beginning import ASKING
    from infogan.runs.starting_point import StartingPoint

    if chosen:
        print(f"run       {chosen} (a new folder; --out names another)")
    if config.init_from and not resume:
        print(f"from      {StartingPoint.open(config.init_from)}")
    print_report(report)
    if config.model.codes == AUTO:
        print(ASKING, flush=True)


def print_plan(plan: "Plan") -> None:
    """What the run chose, and how long it will take."""
    for line in plan.lines():
        print(line)


def print_tutorial_line(tick: "Tick", config: "TrainConfig") -> None:
    """A tick as the Keras tutorial prints it."""
    from infogan.runs.run_log import tutorial_line

    print(tutorial_line(tick, config), flush=True)


def print_verdict(folder: Path) -> None:
    """What came of the run, and one line for each thing that was wrong at its end."""
    from infogan.runs.conclusion import read_verdict
    from infogan.runs.finding import read_findings
    from infogan.storage.run_folder import RunFolder

    run = RunFolder(folder)
    lines, found = run.read_log(), read_verdict(run)
    if lines and "ends_at" in lines[-1]:
        print(f"settled   {folder}: stopped early, at {lines[-1]['ends_at']:g} kimg")
    if found:
        print(textwrap.fill(f"verdict   {found.summary}", 100, subsequent_indent=" " * 10))
    findings = found.findings if found else read_findings(lines)
    for finding in findings:
        # Of a run that was too short the rest says the same again; the report has it all.
        if found is None or found.longer is None or finding.severity == "failure":
            print(f"health    {folder}: {finding}")


def next_steps(out: Path) -> list[str]:
    """What to go on with: longer where it was too short, anew where it failed; and a look at it."""
    from infogan.runs.conclusion import read_verdict
    from infogan.storage.run_folder import RunFolder

    run, name = RunFolder(out), shlex.quote(str(out))
    look = f"infogan explore {name} --open, to turn the codes; infogan traverse {name} draws them"
    found = read_verdict(run)
    if found is None or found.worth_using:
        return [look]
    if found.longer is not None and run.latest_checkpoint():
        return [f"infogan train --out {name} --resume --kimg {found.longer:g}", f"or {look}"]
    config = run.read_config()
    again = ["--config", str(run.config_file), "--seed", str(config.seed + 1)]
    again += ["--out", f"{out}-again"]
    return [f"infogan train {shlex.join(again)}, with the remedies above", f"or {look}"]
