"""The sections of a run's report, each from its record to HTML; empty where nothing is known."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from infogan.pictures.charts import Series, chart
from infogan.report.record import Record

MOST_FRAMES = 8
COLOURS_KEPT = 32
"""Of a picture's colours; the grey ones of images and captions need no more."""


def facts_section(record: Record) -> str:
    """What was trained, on what, and how far it has come."""
    config, last = record.config, (record.ticks or [{}])[-1]
    shape = config["model"].get("image_shape") or ()
    seconds = last.get("seconds", 0)
    done, planned = last.get("kimg", 0), config.get("kimg", 0)
    facts = {
        "Data": config.get("data"),
        "Images": "×".join(map(str, shape)),
        "Codes": str(record.latent),
        "Noise": f"{record.latent.noise}, {record.latent.noise_prior}",
        "Networks": f"{config['model'].get('family')}, width {config['model'].get('width')}",
        "Seed": config.get("seed"),
        "Images seen": f"{done:g} of {planned:g} thousand",
        "Time": f"{seconds / 60:.1f} min, {last.get('images_per_second', 0):,.0f} images/s",
    }
    told = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in facts.items()
    )
    return _section("What was trained", f"<dl class='facts'>{told}</dl>")


def codes_section(record: Record) -> str:
    """What each code does: in words, in nats, and as its newest picture."""
    rows = []
    for code in record.latent.codes:
        _, nats = record.series(f"mi/{code.name}")
        worth = "–" if not nats else f"{nats[-1]:.2f}"
        most = "" if code.continuous else f" of {code.entropy:.2f}"
        called = record.called.get(code.name, code.name)
        words = record.words.get(called) or record.words.get(code.name, "")
        shown = called if called == code.name else f"{called} ({code.name})"
        rows.append([shown, code.spelling, worth + most, words])
    table = _table(["code", "kind", "nats", "what it does"], rows, numbers={2})
    return _section("What each code does", table)


def curves_section(records: Sequence[Record]) -> str:
    """Losses, probabilities and the bound of each code over the images seen."""
    if not any(record.ticks for record in records):
        return _section("How it went", "<p>Nothing has been logged yet.</p>")
    plots = _own_curves(records[0]) if len(records) == 1 else _shared_curves(records)
    drawn = f"<div class='charts'>{''.join(plots)}</div>"
    return _section("How it went", drawn + _numbers(records))


def _own_curves(record: Record) -> list[str]:
    """One run's losses in groups, and the bounds of its codes in one plot."""
    groups = {
        ("Losses", "lower is better for each, at the other's cost"): ("d_loss", "g_loss"),
        ("What D takes for real", "probability"): ("d_real", "d_fake"),
        ("Consistency", "cross-entropy and spread, nats"): ("consistency",),
        ("Equivariance", "what dials do beyond what they follow"): ("equivariance",),
        ("Unsettled images", "share whose category still changes"): ("unsettled",),
    }
    bounds = [Series(code.name, *record.series(f"mi/{code.name}")) for code in record.latent.codes]
    entropies = {code.entropy: code for code in record.latent.codes if not code.continuous}
    ends = [0.0, max([*(tick["kimg"] for tick in record.ticks), 1.0])]
    levels = [
        Series(f"all that {code.name} could tell", ends, [nats, nats], reference=True)
        for nats, code in entropies.items()
    ]
    return [
        _chart("Mutual information of each code", "lower bound, nats", [*levels, *bounds]),
        *(_plot(title, unit, record, terms) for (title, unit), terms in groups.items()),
    ]


def _shared_curves(records: Sequence[Record]) -> list[str]:
    """A plot for each loss and each code's bound, and in it a line for each run."""
    codes = dict.fromkeys(name for record in records for name in record.latent.names)
    terms = {"d_loss": ("Loss of D", ""), "g_loss": ("Loss of G", "")}
    terms |= {f"mi/{name}": (f"Mutual information of {name}", "nats") for name in codes}
    return [
        _chart(title, unit, [Series(record.name, *record.series(term)) for record in records])
        for term, (title, unit) in terms.items()
    ]


def health_section(records: Sequence[Record]) -> str:
    """What was wrong and when, each message once, at the tick it first appeared."""
    items = []
    for record in records:
        known = set()
        for tick in record.ticks:
            for each in tick.get("health", []):
                said = (each.get("kind"), each.get("brief"))
                if said in known:
                    continue
                known.add(said)
                run = f"{record.name}, " if len(records) > 1 else ""
                severity = str(each.get("severity"))
                kind = severity if severity in ("failure", "warning") else "note"
                items.append(
                    f"<li class='{kind}'><strong>{escape(run)}{tick['kimg']:g} kimg, "
                    f"{escape(severity)}:</strong> {escape(str(each.get('message')))}. "
                    f"<em>{escape(str(each.get('remedy')))}.</em></li>"
                )
    told = f"<ol class='health'>{''.join(items)}</ol>" if items else "<p>Nothing was wrong.</p>"
    return _section("Health", told)


def film_section(record: Record, *, newest_only: bool = False) -> str:
    """The pictures of the run over time: the codes, and each dial from end to end."""
    strips = []
    for name, shots in sorted(record.pictures.items(), key=lambda each: each[0] != "codes"):
        chosen = shots[-1:] if newest_only else _spaced(shots, MOST_FRAMES)
        frames = "".join(
            f"<figure><img src='{_embedded(path)}' "
            f"alt='{escape(name)} after {kimg} thousand images'>"
            f"<figcaption>{kimg} kimg</figcaption></figure>"
            for kimg, path in chosen
            if path.is_file()
        )
        if newest_only:
            strips.append(frames)
        else:
            title = "Categories" if name == "codes" else f"{name}, from end to end"
            label = f"aria-label='{escape(title)} over time' role='region' tabindex='0'"
            strips.append(f"<h3>{escape(title)}</h3><div class='film' {label}>{frames}</div>")
    if not strips:
        return ""
    if newest_only:
        label = f"aria-label='pictures of {escape(record.name)}' role='region' tabindex='0'"
        return _section(record.name, f"<div class='film' {label}>{''.join(strips)}</div>")
    return _section("How its images came about", "".join(strips))


def evaluation_section(record: Record) -> str:
    """The measurements in groups, with the protocol of each."""
    if not record.evaluation:
        return _section("Evaluation", "<p>Not evaluated yet: <code>infogan evaluate</code>.</p>")
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in record.evaluation.get("measurements", []):
        groups.setdefault(str(each.get("group")), []).append(each)
    parts = []
    for title, members in groups.items():
        rows = [_measured(each) for each in members]
        notes = dict.fromkeys(str(each.get("protocol")) for each in members)
        how = "".join(f"<li>{escape(note)}</li>" for note in notes)
        head = ["measurement", "code", "value", "95 % interval", "floor"]
        parts.append(
            f"<h3>{escape(title)}</h3>{_table(head, rows, numbers={2, 4})}"
            f"<ul class='how'>{how}</ul>"
        )
    of = f"{record.evaluation.get('data')}, {record.evaluation.get('split')} split"
    lead = f"<p>On {escape(of)}, {record.evaluation.get('images', 0):,} images.</p>"
    return _section("Evaluation", lead + "".join(parts))


def compared_section(records: Sequence[Record]) -> str:
    """What differs between runs, and their measurements where taken alike."""
    facts: list[list[object]] = [
        ["data", *(record.config.get("data") for record in records)],
        ["codes", *(str(record.latent) for record in records)],
        ["seed", *(record.config.get("seed") for record in records)],
        ["kimg", *(f"{(record.ticks or [{'kimg': 0}])[-1]['kimg']:g}" for record in records)],
    ]
    for name in dict.fromkeys(name for record in records for name in record.latent.names):
        ends = [record.series(f"mi/{name}")[1][-1:] for record in records]
        facts.append([f"nats of {name}", *(f"{end[0]:.2f}" if end else "–" for end in ends)])
    keys: dict[tuple[str, str, str], list[str]] = {}
    for i, record in enumerate(records):
        for each in (record.evaluation or {}).get("measurements", []):
            key = (str(each.get("name")), str(each.get("code")), str(each.get("protocol")))
            keys.setdefault(key, ["–"] * len(records))[i] = _measured(each)[2]
    rows: list[list[object]] = [
        [f"{name} {code}".strip(), *found, how] for (name, code, how), found in keys.items()
    ]
    names = [record.name for record in records]
    measured = _table(["measurement", *names, "how"], rows) if rows else ""
    return _section("Side by side", _table(["fact", *names], facts) + measured)


def commands_section(commands: Sequence[str], config: dict[str, Any] | None = None) -> str:
    """What to type to have all this again, and the whole config."""
    typed = escape("\n".join(commands))
    told = f"<pre tabindex='0'>{typed}</pre>"
    if config is not None:
        whole = escape(yaml.safe_dump(config, sort_keys=False))
        told += f"<details><summary>config.yaml</summary><pre tabindex='0'>{whole}</pre></details>"
    return _section("To reproduce", told)


def _plot(title: str, unit: str, record: Record, terms: Sequence[str]) -> str:
    return _chart(title, unit, [Series(term, *record.series(term)) for term in terms])


def _chart(title: str, unit: str, lines: Sequence[Series]) -> str:
    return chart(title, lines, x_label="thousands of images seen", y_label=unit)


def _numbers(records: Sequence[Record], rows: int = 12) -> str:
    """The curves' numbers, thinned out, for whoever prefers or needs to read them."""
    tables = []
    for record in records:
        terms = [name for name in (record.ticks or [{}])[-1] if _is_term(record.ticks[-1][name])]
        cells = [
            [f"{tick[term]:.4g}" if _is_term(tick.get(term)) else "" for term in terms]
            for tick in _spaced(record.ticks, rows)
        ]
        table = _table(terms, cells, set(range(len(terms))))
        tables.append(f"<h3>{escape(record.name)}</h3>{table}")
    return f"<details><summary>Numbers</summary>{''.join(tables)}</details>"


def _is_term(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _measured(each: dict[str, Any]) -> list[str]:
    interval, floor = each.get("interval"), each.get("floor")
    between = "" if not interval else f"{_number(interval['low'])} to {_number(interval['high'])}"
    return [
        str(each.get("name")),
        str(each.get("code") or ""),
        _number(each.get("value")),
        between,
        "" if floor is None else _number(floor),
    ]


def _number(value: Any) -> str:
    if not _is_term(value):
        return "–"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _spaced(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many of them, evenly spaced, the last one always among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _embedded(path: Path) -> str:
    """A picture as a data address, in few colours where it is grey anyway."""
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    grey = rgb.convert("L")
    is_grey = all(band.tobytes() == grey.tobytes() for band in rgb.split())
    small = rgb.quantize(COLOURS_KEPT) if is_grey else rgb
    buffer = io.BytesIO()
    small.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(
    head: Sequence[str], rows: Sequence[Sequence[object]], numbers: set[int] | None = None
) -> str:
    def cell(kind: str, i: int, value: object) -> str:
        mark = " class='number'" if i in (numbers or set()) else ""
        return f"<{kind}{mark}>{escape(str(value))}</{kind}>"

    top = "".join(cell("th", i, each) for i, each in enumerate(head))
    body = "".join(
        f"<tr>{''.join(cell('td', i, each) for i, each in enumerate(row))}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='scroll' tabindex='0' role='region' aria-label='Table'>{table}</div>"
