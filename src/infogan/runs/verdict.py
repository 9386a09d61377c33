"""What came of a run, in plain words: what each code is, what is wrong, and what to do about it."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.errors import listed
from infogan.evaluation.closing_look import ClosingLook
from infogan.runs.category_rules import BLURRED, DEAD
from infogan.runs.closing_rules import (
    doubled_dials,
    longer_run,
    shortcut_in_words,
    shortcuts,
    speaks_too_early,
    still_unsettled,
    too_short,
    twins,
    unlike,
)
from infogan.runs.finding import Finding, worst_first
from infogan.runs.health import carries_nothing, diagnose_end, ignored_by_bound
from infogan.runs.log_windows import Line
from infogan.training.config import TrainConfig

SAID = {
    *("code ignored", "dead category", "categories not told apart", "dials alike", "shortcut"),
    "too short",
}
"""Kinds of findings that the words about the codes, or the end of the sentence, say already."""


@dataclass(frozen=True)
class Verdict:
    """What came of a run.

    Attributes:
        summary: in a sentence, such as "10 kinds; c2 is slant; c3 carries almost nothing".
        findings: all that is wrong, the worst first, each with a remedy.
        longer: thousands of images that a run should have where this one was too short, else None.
        minutes: what these take, at the speed that was measured.
        worth_using: whether there is something to look at with other commands.
    """

    summary: str
    findings: tuple[Finding, ...] = ()
    longer: float | None = None
    minutes: float = 0.0
    worth_using: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)

    @property
    def good(self) -> bool:
        """Whether nothing but notes was found."""
        return all(finding.severity == "note" for finding in self.findings)


def verdict(
    lines: Sequence[Line],
    config: TrainConfig,
    latent: Latent,
    look: ClosingLook,
    length: str = "--kimg {:g}",
) -> Verdict:
    """Judge a run that is over by its log and a closing look at its model.

    `latent` has the codes as the user calls them; `length` is how a longer run is asked for.
    """
    longer = longer_run(lines, config, look)
    minutes, remedy = _minutes(lines, longer or 0.0), ""
    if longer is not None:
        remedy = f"try {length.format(longer)}" + (
            f", about {duration(minutes)}" if minutes else ""
        )
    found = [each for each in diagnose_end(lines, config) if each.kind != "code ignored"]
    nothing = {
        code.name: look.bounds[code.name]
        for code in latent.codes
        if carries_nothing(code, look.bounds[code.name])
    }
    found += ignored_by_bound(nothing, latent, config)
    found += doubled_dials(latent, look, nothing)
    found += [each for name in look.shortcuts for each in shortcuts(name, look, latent)]
    found += unlike(look)
    if remedy:
        found = [each for each in found if not speaks_too_early(each, lines, look)]
        found.insert(0, too_short(lines, look, remedy))
    else:
        found += still_unsettled(lines, look)
    found = worst_first(found)
    said = [each.brief for each in found if each.severity == "failure"]
    said += _codes(lines, latent, look, nothing)
    said += [each.brief for each in found if each.severity == "warning" and each.kind not in SAID]
    if longer is not None:
        said.append(f"too short: {remedy}")
    worth = longer is None and not any(each.severity == "failure" for each in found)
    return Verdict("; ".join(said), tuple(found), longer, round(minutes, 2), worth)


def duration(minutes: float) -> str:
    """Such as 40 seconds, 8 minutes or 3 hours."""
    for size, one in ((60.0, "hour"), (1.0, "minute")):
        if minutes >= 1.5 * size:
            return f"{minutes / size:.0f} {one}s"
    seconds = max(10, round(6 * minutes) * 10)
    return "a minute" if seconds >= 60 else f"{seconds} seconds"


def _codes(
    lines: Sequence[Line], latent: Latent, look: ClosingLook, nothing: Mapping[str, float]
) -> list[str]:
    """What each code is, those alike told together."""
    said: dict[tuple[str, str], list[str]] = {}
    for code in latent.codes:
        name = look.names.get(code.name)
        if code.name in nothing:
            phrase = ("carries almost nothing", "carry almost nothing")
        elif not code.continuous:
            phrase = (f"has {_kinds(code, lines, look)}", f"have {_kinds(code, lines, look)} each")
        elif name:
            phrase = (f"is {name}", f"are {{each}} {name}")
        else:
            phrase = (
                "changes something there is no word for",
                "change something there is no word for",
            )
        said.setdefault(phrase, []).append(code.name)
    told = [_told(names, *phrase) for phrase, names in said.items()]
    if len(latent.discrete) == 1:  # it is plain whose kinds they are
        told = [each.removeprefix(f"{latent.discrete[0].name} has ") for each in told]
    return told + [f"{a} and {b} do nearly the same" for a, b, _ in twins(look, nothing)]


def _told(names: Sequence[str], one: str, several: str) -> str:
    """Codes and what is said of them, in the number that fits."""
    each = "both" if len(names) == 2 else "all"
    said = one if len(names) == 1 else several.replace("{each}", each)
    return f"{listed(names)} {said}"


def _kinds(code: Prior, lines: Sequence[Line], look: ClosingLook) -> str:
    """How many kinds a code tells, and how well: "10 kinds, 2 of them overlap (3 and 5)"."""
    k = code.n_categories
    seen = (lines[-1] if lines else {}).get("diagnostics", {})
    used = seen.get("usage", {}).get(code.name, [])
    wanted = seen.get("prior", {}).get(code.name, [1 / k] * k)
    live = {i for i, share in enumerate(used) if share >= DEAD * wanted[i]} or set(range(k))
    pairs = [
        pair
        for pair, value in seen.get("overlap", {}).get(code.name, {}).items()
        if value > BLURRED and {int(i) for i in pair.split("-")} <= live
    ]
    mixed = sorted({int(i) for pair in pairs for i in pair.split("-")})
    told = f"{k} kinds" if len(live) == k else f"{len(live)} of {k} kinds in use"
    if mixed:
        which = f" ({' and '.join(map(str, mixed))})" if len(mixed) == 2 else ""
        many = "all" if len(mixed) == len(live) > 2 else str(len(mixed))
        told += f", {many} of them overlap{which}"
    if shortcut := shortcut_in_words(look.shortcuts.get(code.name), k):
        told += f", {shortcut}"
    return told


def _minutes(lines: Sequence[Line], kimg: float) -> float:
    """What so many thousands of images take at the speed of this run; 0 where it is not known."""
    if not lines or not lines[-1].get("seconds"):
        return 0.0
    return float(lines[-1]["seconds"] / lines[-1]["kimg"] * kimg / 60)
