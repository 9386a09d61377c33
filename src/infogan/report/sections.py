"""The sections of a run's report, each from its record to HTML; empty where nothing is known."""

import base64
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup
from PIL import Image

from infogan.codes.prior import Prior
from infogan.errors import listed
from infogan.pictures.charts import Series, chart
from infogan.report.record import Record
from infogan.storage.run_folder import RunFolder, is_whole
from infogan.templates import render_macro

MOST_FRAMES = 8
LISTED = 4
"""Names a line of a chart is labelled with, at most."""
COLOURS_KEPT = 32
"""Of a picture's colours; the grey ones of images and captions need no more."""


def verdict_section(record: Record) -> Markup:
    """What came of the run, in plain words and as a picture."""
    overview = RunFolder(Path(record.folder)).overview_file
    shown = "A row for each category, and each dial from end to end"
    source = _embedded(overview) if _is_told_whole(overview) else ""
    return _section("verdict", str((record.verdict or {}).get("summary") or ""), source, shown)


def facts_section(record: Record) -> Markup:
    """What was trained, on what, and how far it has come."""
    config, last = record.config, (record.ticks or [{}])[-1]
    shape = config["model"].get("image_shape") or ()
    seconds = last.get("seconds", 0)
    done, planned = last.get("kimg", 0), config.get("kimg", 0)
    facts = {
        "Data": config.get("data"),
        "Images": f"{'×'.join(map(str, shape[1:]))}, {'grey' if shape[:1] == [1] else 'colour'}",
        **_read_as(config["model"]),
        "Codes": str(record.latent),
        "Noise": f"{record.latent.noise}, {record.latent.noise_prior}",
        "Networks": f"{config['model'].get('family')}, width {config['model'].get('width')}",
        "Seed": config.get("seed"),
        "Images seen": f"{done:.3g} of {planned:.3g} thousand",
        "Time": f"{seconds / 60:.1f} min, {last.get('images_per_second', 0):,.0f} images/s",
    }
    return _section("facts", facts)


def _read_as(model: dict[str, Any]) -> dict[str, str]:
    """What was read, and how, where the run remembers it."""
    read = (model.get("images") or {}).get("read") or ()
    return dict(zip(("Found", "Read as"), map(str, read), strict=False))


def codes_section(record: Record) -> Markup:
    """What each code does: in words, in nats, and as its newest picture."""
    rows = []
    for code in record.latent.codes:
        _, nats = record.series(f"mi/{code.name}")
        worth = "–" if not nats else f"{nats[-1]:.2f}"
        most = "" if code.continuous else f" of {code.entropy:.2f}"
        called = record.called.get(code.name, code.name)
        words = record.words.get(called) or record.words.get(code.name, "")
        shown = called if called == code.name else f"{called} ({code.name})"
        known = (record.evaluation or {}).get("words", {})
        told = "; ".join(known.get(called) or known.get(code.name, []))
        rows.append([shown, code.spelling, worth + most, ". ".join(filter(None, (words, told)))])
    return _section("codes", rows, [_categories(record, each) for each in record.latent.discrete])


def _categories(record: Record, code: Prior) -> dict[str, Any]:
    """A code's categories, each with its picture and what sets it apart, where that is known."""
    called = record.called.get(code.name, code.name)
    key = called if called in record.apart else code.name
    pairs = zip(record.shown.get(key, []), record.apart.get(key, []), strict=False)
    return {
        "name": called,
        "each": [
            {"source": f"data:image/png;base64,{picture}", "apart": apart or "nothing measured"}
            for picture, apart in pairs
        ],
    }


def curves_section(records: Sequence[Record]) -> Markup:
    """Losses, probabilities and the bound of each code over the images seen."""
    if not any(record.ticks for record in records):
        return _section("curves", [], [])
    plots = _own_curves(records[0]) if len(records) == 1 else _shared_curves(records)
    return _section("curves", plots, [_numbers(record) for record in records])


def _own_curves(record: Record) -> list[Markup]:
    """One run's losses in groups, and the bounds of its codes in one plot."""
    groups = {
        ("Losses", "lower is better for each, at the other's cost"): {"d_loss": "D", "g_loss": "G"},
        ("What D takes for real", "probability"): {"d_real": "real images", "d_fake": "drawn ones"},
        ("Consistency", "cross-entropy and spread, nats"): {"consistency": "all codes"},
        ("Equivariance", "what dials do beyond what they follow"): {"equivariance": "all dials"},
        ("Unsettled images", "share whose category still changes"): {"unsettled": "all images"},
    }
    bounds = [Series(code.name, *record.series(f"mi/{code.name}")) for code in record.latent.codes]
    same: dict[float, list[str]] = {}  # several equal codes share a line, and it names them all
    for code in record.latent.discrete:
        same.setdefault(code.entropy, []).append(code.name)
    ends = [0.0, max([*(tick["kimg"] for tick in record.ticks), 1.0])]
    levels = [
        Series(f"all that {listed(names, LISTED)} could tell", ends, [nats, nats], reference=True)
        for nats, names in same.items()
    ]
    return [
        _chart("Mutual information of each code", "lower bound, nats", [*levels, *bounds]),
        *(_plot(title, unit, record, terms) for (title, unit), terms in groups.items()),
    ]


def _shared_curves(records: Sequence[Record]) -> list[Markup]:
    """A plot for each loss and each code's bound, and in it a line for each run."""
    codes = dict.fromkeys(name for record in records for name in record.latent.names)
    terms = {"d_loss": ("Loss of D", ""), "g_loss": ("Loss of G", "")}
    terms |= {f"mi/{name}": (f"Mutual information of {name}", "nats") for name in codes}
    return [
        _chart(title, unit, [Series(record.name, *record.series(term)) for record in records])
        for term, (title, unit) in terms.items()
    ]


def health_section(records: Sequence[Record]) -> Markup:
    """What was wrong and when, each message once, at the tick it first appeared."""
    items = []
    for record in records:
        known = set[tuple[object, object]]()
        for kimg, each in _findings(record):
            # One that names other categories at every look is still the same.
            said = (each.get("kind"), str(each.get("brief")).partition(":")[0])
            if said in known:
                continue
            known.add(said)
            run = f"{record.name}, " if len(records) > 1 else ""
            severity = str(each.get("severity"))
            items.append(
                {
                    "kind": severity if severity in ("failure", "warning") else "note",
                    "when": f"{run}after {kimg:.3g} thousand images",
                    "severity": severity,
                    "message": each.get("message"),
                    "remedy": each.get("remedy"),
                }
            )
    over = all(record.verdict for record in records)
    return _section("health", items, over)


def _findings(record: Record) -> Iterator[tuple[float, dict[str, Any]]]:
    """What was wrong, or put right, and when: tick by tick, and at the end."""
    for tick in record.ticks:
        for each in tick.get("health", []):
            yield tick["kimg"], each
        for text in tick.get("regrouped", []):
            said = {"kind": text, "severity": "note", "message": text}
            yield tick["kimg"], said | {"remedy": "nothing is to be done"}
    for each in (record.verdict or {}).get("findings", []):
        yield (record.ticks or [{"kimg": 0}])[-1]["kimg"], each


def film_section(record: Record) -> Markup:
    """The pictures of a run over time: the codes, and each dial from end to end."""
    strips = {
        "Categories" if name == "codes" else f"{name}, from end to end": _frames(
            name, _spaced(shots, MOST_FRAMES)
        )
        for name, shots in _categories_first(record)
    }
    return _section("film", strips) if strips else Markup()


def newest_section(record: Record) -> Markup:
    """The newest pictures of a run."""
    frames = [
        each for name, shots in _categories_first(record) for each in _frames(name, shots[-1:])
    ]
    return _section("newest", record.name, frames) if frames else Markup()


def _categories_first(record: Record) -> list[tuple[str, list[tuple[int, Path]]]]:
    return sorted(record.pictures.items(), key=lambda each: each[0] != "codes")


def _frames(name: str, shots: Sequence[tuple[int, Path]]) -> list[dict[str, object]]:
    whole = [(kimg, path) for kimg, path in shots if _is_told_whole(path)]
    return [{"name": name, "kimg": kimg, "source": _embedded(path)} for kimg, path in whole]


def _is_told_whole(path: Path) -> bool:
    if path.is_file() and not is_whole(path):
        warnings.warn(f"{path}: not a whole picture; it is left out", stacklevel=2)
    return path.is_file() and is_whole(path)


def evaluation_section(record: Record) -> Markup:
    """The measurements in groups, with the protocol of each."""
    if not record.evaluation:
        return _section("evaluation", "", "", None, [])
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in record.evaluation.get("measurements", []):
        groups.setdefault(str(each.get("group")), []).append(each)
    told = [
        {
            "title": title,
            "rows": [_measured(each) for each in members],
            "notes": list(dict.fromkeys(str(each.get("protocol")) for each in members)),
        }
        for title, members in groups.items()
    ]
    of = f"{record.evaluation.get('data')}, {record.evaluation.get('split')} split"
    notes = [
        *record.evaluation.get("notes", []),
        *(
            line if line.startswith(code) else f"{code} {line}"
            for code, lines in record.evaluation.get("words", {}).items()
            for line in lines
        ),
    ]
    return _section("evaluation", of, f"{record.evaluation.get('images', 0):,}", told, notes)


def compared_section(records: Sequence[Record]) -> Markup:
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
    return _section("compared", [record.name for record in records], facts, rows)


def commands_section(commands: Sequence[str], config: dict[str, Any] | None = None) -> Markup:
    """What to type to have all this again, and the whole config."""
    whole = "" if config is None else yaml.safe_dump(config, sort_keys=False)
    return _section("commands", commands, whole)


def _plot(title: str, unit: str, record: Record, terms: Mapping[str, str]) -> Markup:
    lines = [Series(called, *record.series(term)) for term, called in terms.items()]
    return _chart(title, unit, lines)


def _chart(title: str, unit: str, lines: Sequence[Series]) -> Markup:
    return chart(title, lines, x_label="thousands of images seen", y_label=unit)


def _numbers(record: Record, rows: int = 12) -> dict[str, object]:
    """The curves' numbers, thinned out, for whoever prefers or needs to read them."""
    terms = [name for name in (record.ticks or [{}])[-1] if _is_term(record.ticks[-1][name])]
    cells = [
        [f"{tick[term]:.4g}" if _is_term(tick.get(term)) else "" for term in terms]
        for tick in _spaced(record.ticks, rows)
    ]
    return {"name": record.name, "head": terms, "rows": cells}


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


def _section(name: str, *values: object) -> Markup:
    return render_macro("report/sections.html", name, *values)
