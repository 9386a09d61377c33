"""A run as one HTML file that needs nothing else: what was trained, how it went, what it found."""

import base64
import hashlib
import shlex
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from infogan.files import write_text
from infogan.report.record import Record, read_record
from infogan.report.sections import (
    codes_section,
    commands_section,
    compared_section,
    curves_section,
    evaluation_section,
    facts_section,
    film_section,
    health_section,
    newest_section,
    verdict_section,
)
from infogan.storage.run_folder import RunFolder
from infogan.templates import render as render_template

LIVE_SCRIPT = "live.js"


def write_page(
    folders: Sequence[str | Path], out: Path | None = None, *, paths: bool = False
) -> Path:
    """Write the report of one run, or of several side by side; returns its path.

    `out` is report.html in the first folder by default. The file is replaced whole, so that a
    browser may reload it while the run goes on; `paths` tells where the data lie. Raises UserError
    for what is not a run.
    """
    page = render([read_record(folder, paths=paths) for folder in folders])
    out = out or RunFolder(Path(folders[0])).report_file
    write_text(out, page)
    return out


def render(records: Sequence[Record], *, live: bool = False) -> str:
    """The page as text; a `live` one asks its server for the newest state every few seconds."""
    lead, sections = _compared(records) if len(records) > 1 else _single(records[0])
    style = (files(__package__) / "page.css").read_text()
    # Nothing of a run's folder reaches the page unescaped, and no script runs in it.
    return render_template(
        "report/page.html",
        title=" beside ".join(record.name for record in records),
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        style=Markup(style),
        live=LIVE_SCRIPT if live else "",
        lead=lead,
        sections=sections,
    )


def _single(record: Record) -> tuple[str, list[Markup]]:
    return f"An InfoGAN of {record.config.get('data')}: {record.latent}", [
        verdict_section(record),
        facts_section(record),
        codes_section(record),
        curves_section([record]),
        health_section([record]),
        film_section(record),
        evaluation_section(record),
        commands_section(_commands(record), record.config),
    ]


def _compared(records: Sequence[Record]) -> tuple[str, list[Markup]]:
    return f"{len(records)} runs side by side.", [
        compared_section(records),
        curves_section(records),
        health_section(records),
        *(newest_section(record) for record in records),
        commands_section([line for record in records for line in _commands(record)[:1]]),
    ]


def _commands(record: Record) -> list[str]:
    run = shlex.quote(record.folder)
    config = shlex.quote(str(RunFolder(Path(record.folder)).config_file))
    evaluated = (record.evaluation or {}).get("command") or f"infogan evaluate {run}"
    return [
        f"infogan train --config {config} --out {run}-again",
        f"infogan explore {run} --open",
        f"infogan traverse {run}",
        f"infogan describe-codes {run}",
        str(evaluated),
    ]
