"""What is going wrong in a run, in words, with a remedy: told from the lines of its log alone."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch

from infogan.codes.latent import Latent
from infogan.codes.prior import Prior
from infogan.errors import listed
from infogan.losses.adversarial import ADVERSARIAL
from infogan.training.config import TrainConfig

Line = Mapping[str, Any]
"""One line of log.jsonl: the terms of a tick by name, and at picture intervals `diagnostics`."""
Severity = Literal["failure", "warning", "note"]

LONG = 0.05
"""Part of the planned length that counts as long, for what is told tick by tick."""
TICKS = 3
"""It is at least so many ticks."""
LOOKS = 2
"""Looks in succession that must agree."""
YOUNG, GROWN = 0.2, 0.4
"""Parts of the planned length before which looks, and what comes late, prove nothing."""
OVERPOWERED = 0.1
"""D's loss as a part of that at chance, below which it overpowers G."""
COLLAPSED = 0.3
"""Spread of generated images within a category, as a part of the real ones'."""
DEAD = 0.1
"""Use of a category by real images, as a part of what its prior gives it."""
TOO_BIG = 2.0
"""The same, above which it may hold two kinds."""
BLURRED = 0.15
"""Overlap of two categories that are not told apart."""
RESTLESS = 0.1
"""Share of real images that a small change sends to another category."""
IGNORED = 0.1
"""Part of a code with categories that Q can tell, below which G ignores it."""
IGNORED_DIAL = 0.35
"""The same of a dial, R². A Gaussian that sees nothing has −0.18 nats of a uniform dial, R² 0, and
one of 0 nats has 0.3 already: such a dial's two halves are hardly told apart."""
NOISELESS = 0.01
"""Share of the pixels' variance that the noise must have."""
STILL = 0.001
"""Share of the watched images that may be unsettled when nothing changes any more."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth knowing.

    Attributes:
        kind: which of the things that are looked for, such as "dead category".
        severity: failure (such a run is lost), warning, or note.
        brief: the same in a few words, for the progress line.
        message: what was seen, with its numbers.
        remedy: what to try.
    """

    kind: str
    severity: Severity
    brief: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}; {self.remedy}"

    @property
    def subject(self) -> tuple[str, str]:
        """The kind, and the code where it is of one, whichever its categories."""
        return self.kind, self.brief.partition(":")[0]


def diagnose(lines: Sequence[Line], config: TrainConfig) -> list[Finding]:
    """All that is wrong at the last of these lines, the worst first."""
    if not lines:
        return []
    found = [finding for rule in RULES for finding in rule(lines, config)]
    return worst_first(found)


def read_findings(lines: Sequence[Line]) -> list[Finding]:
    """What the last line of a log says was wrong."""
    return [Finding(**found) for found in (lines[-1].get("health", []) if lines else [])]


def diagnose_end(lines: Sequence[Line], config: TrainConfig) -> list[Finding]:
    """All that is wrong with a run that is over: its last look counts by itself."""
    if not lines:
        return []
    last = [lines[-1]] * max(LOOKS, TICKS)
    seen = [finding for rule in BY_LOOKS for finding in rule(last, config)]
    known = {finding.kind for finding in seen}
    return worst_first([*(f for f in diagnose(lines, config) if f.kind not in known), *seen])


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Failures, then warnings, then notes."""
    return sorted(found, key=lambda finding: get_args(Severity).index(finding.severity))


def diverged(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """NaN or infinity; the training loop has gone back already."""
    if times := int(lines[-1].get("rollbacks", 0)):
        yield Finding(
            "divergence",
            "warning",
            f"NaN ×{times}",
            f"a loss or a weight became NaN or infinite, {times} of at most 3 times; the run went "
            f"back to its last good state and takes steps {2**times} times smaller",
            "lower optim.lr_g and optim.lr_d, or set precision to fp32",
        )


def overpowering(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """D's loss near 0 for long: it has nothing more to teach G."""
    recent = _recent(lines, config, "d_loss")
    chance = float(ADVERSARIAL[config.loss.adversarial].discriminator(*torch.zeros(2, 1)))
    if chance > 0 and recent and max(recent) < OVERPOWERED * chance:
        yield Finding(
            "discriminator overpowering",
            "failure",
            "D overpowers G",
            f"the discriminator tells nearly all images apart: its loss was below "
            f"{max(recent):.2g} for the last {len(recent)} ticks, {chance:.2g} is chance",
            "lower optim.lr_d, raise optim.lr_g, or add --loss.r1 1",
        )


def collapsed(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Images generated with one code hardly vary, where the real ones do."""
    spreads = [look["spread"] for look in _looks(lines, config)]
    if spreads and max(spreads) < COLLAPSED:
        yield Finding(
            "generator collapse",
            "failure",
            "G collapsed",
            f"images generated within a category vary {spreads[-1]:.2f} times as much as real ones",
            "lower optim.lr_g, raise the batch size, or start with another seed "
            "(--on-failure restart does so)",
        )


def dead_categories(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Categories that real images do not use; most of them: the run is lost."""
    for name, shares in _relative_use(lines, config).items():
        k = len(shares[-1])
        dead = [i for i in range(k) if all(share[i] < DEAD for share in shares)]
        if dead:
            lost, fewer = len(dead) > k / 2, "ask for fewer categories (infogan suggest compares)"
            other = "raise loss.consistency and loss.marginal_entropy" if lost else fewer
            yield Finding(
                "dead category",
                "failure" if lost else "warning",
                f"{name}: {len(dead)} dead",
                f"real images hardly use {_categories(dead)} of {name} (of {k})",
                f"start with another seed, or {other}",
            )


def blurred_categories(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Two categories that share their images: kinds mixed, or a kind split."""
    looks = _looks(lines, config)
    for name in looks[-1]["overlap"] if looks else ():
        tables, used = [look["overlap"][name] for look in looks], looks[-1]["usage"][name]
        pairs = [
            pair
            for pair in tables[-1]
            if all(table.get(pair, 0) > BLURRED for table in tables)
            and all(used[int(i)] > DEAD / len(used) for i in pair.split("-"))
        ]
        if pairs:
            worst = " and ".join(pairs[0].split("-"))
            more = f" ({len(pairs) - 1} pairs more)" if len(pairs) > 1 else ""
            yield Finding(
                "categories not told apart",
                "warning",
                f"{name}: {pairs[0]} blurred",
                f"categories {worst} of {name} share real images (overlap "
                f"{tables[-1][pairs[0]]:.2f}){more}: they may be two kinds mixed, or one kind "
                "split in two",
                "train longer, start with another seed (--seeds 3 --select), or ask for another "
                "number of categories (infogan suggest)",
            )


def big_categories(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """A category with far more images than its part, though none is dead: kinds may be merged."""
    for name, shares in _relative_use(lines, config).items():
        k = len(shares[-1])
        big = [i for i in range(k) if k > 2 and all(share[i] > TOO_BIG for share in shares)]
        if big and min(map(min, shares)) > DEAD:
            yield Finding(
                "category too big",
                "warning",
                f"{name}: {listed(big)} too big",
                f"{_categories(big)} of {name}: {shares[-1][big[0]]:.1f} times its share of the "
                "real images: kinds may be merged",
                f"ask for more categories{_or_rare(name, config)}",
            )


def restless_categories(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """A grown run whose categories do not hold still when an image changes a little."""
    looks = [
        line["diagnostics"] for line in lines if "diagnostics" in line and _grown(line, config)
    ]
    for name in looks[-1]["restless"] if len(looks) >= LOOKS else ():
        shares = [look["restless"][name] for look in looks[-LOOKS:]]
        if min(shares) > RESTLESS and config.loss.consistency:
            yield Finding(
                "categories cut through kinds",
                "warning",
                f"{name} restless",
                f"{shares[-1]:.0%} of real images get another category of {name} when turned, "
                "sheared, scaled or shifted a little: its borders may cut through kinds",
                f"train longer, start with another seed (--seeds 3 --select)"
                f"{_or_rare(name, config)}, or make the ranges of augmentation smaller where such "
                "a change does matter",
            )


def ignored_codes(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Codes whose bound stays near what a Q gets that sees nothing."""
    if not _grown(lines[-1], config):
        return
    ignored = {}
    for code in config.model.latent.codes:
        recent = _recent(lines, config, f"mi/{code.name}")
        if recent and all(carries_nothing(code, nats) for nats in recent):
            ignored[code.name] = statistics.mean(recent)
    yield from ignored_by_bound(ignored, config.model.latent)


def carries_nothing(code: Prior, nats: float) -> bool:
    """Whether a bound L_I of so many nats says that G all but ignores a code."""
    return code.share_known(nats) < (IGNORED_DIAL if code.continuous else IGNORED)


def ignored_by_bound(bounds: Mapping[str, float], latent: Latent) -> Iterator[Finding]:
    """The finding about codes that G ignores, by the bound of each."""
    if not bounds:
        return
    name, nats = next(iter(bounds.items()))
    names, code = listed(list(bounds)), latent[name]
    yield Finding(
        "code ignored",
        "warning",
        f"{names} ignored",
        f"the generator ignores {names} (bound of {name}: {nats:.2f} nats, H(c) "
        f"{code.entropy:.2f}): Q tells {code.share_known(nats):.0%} of it",
        f"""raise its weight: --loss.mi_weights '{{"{name}": 1}}', or leave it out""",
    )


def ignored_noise(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """The codes alone decide the image."""
    shares = [look["noise"] for look in _looks(lines, config) if look["noise"] is not None]
    if shares and max(shares) < NOISELESS:
        yield Finding(
            "noise ignored",
            "warning",
            "noise ignored",
            f"the noise makes {shares[-1]:.1%} of the variance of generated images: each setting "
            "of the codes gives one image",
            "lower loss.mi_continuous and loss.mi_categorical, or raise the batch size; with "
            "images that the codes describe in full it is as it should be",
        )


def finished(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """Nothing changes any more, although the learning rates have not begun to fall."""
    looks = [line["unsettled"] for line in lines if "unsettled" in line][-TICKS:]
    falling = lines[-1]["kimg"] > (1 - config.optim.decay) * config.kimg
    if len(looks) == TICKS and max(looks) <= STILL and not falling and not config.early_stop:
        yield Finding(
            "nothing changes",
            "note",
            "settled",
            "no real image has changed its category at the last "
            f"{TICKS} looks: training has come to an end early",
            "stop here with Ctrl-C or next time give --early_stop true; if the result is poor, the "
            "learning rates are too low",
        )


Rule = Callable[[Sequence[Line], TrainConfig], Iterator[Finding]]
BY_LOOKS: tuple[Rule, ...] = (
    collapsed,
    dead_categories,
    blurred_categories,
    big_categories,
    restless_categories,
    ignored_noise,
)
RULES: tuple[Rule, ...] = (diverged, overpowering, *BY_LOOKS, ignored_codes, finished)


def _grown(line: Line, config: TrainConfig) -> bool:
    return bool(line["kimg"] >= GROWN * config.kimg)


def _recent(lines: Sequence[Line], config: TrainConfig, term: str) -> list[float]:
    """A term at the ticks of the last LONG part of the run; empty where there are too few."""
    since = lines[-1]["kimg"] - LONG * config.kimg
    start = max(0, len(lines) - TICKS)
    while start > 0 and lines[start - 1]["kimg"] >= since:
        start -= 1
    recent = [line[term] for line in lines[start:] if term in line]
    return recent if len(recent) >= TICKS else []


def _looks(lines: Sequence[Line], config: TrainConfig) -> list[dict[str, Any]]:
    """The last looks, the young run's left out; empty where they are too few to agree."""
    grown = [
        line for line in lines if line["kimg"] >= YOUNG * config.kimg and "diagnostics" in line
    ]
    return [line["diagnostics"] for line in grown[-LOOKS:]] if len(grown) >= LOOKS else []


def _relative_use(lines: Sequence[Line], config: TrainConfig) -> dict[str, list[list[float]]]:
    """By code and look: each category's use by real images, over what its prior gives it.

    One that a learned prior itself has given up is held against an even share.
    """
    looks = _looks(lines, config)

    def relative(used: list[float], wanted: list[float]) -> list[float]:
        even = 1 / len(wanted)
        drawn = [share if share > DEAD * even else even for share in wanted]
        return [share / of for share, of in zip(used, drawn, strict=True)]

    return {
        name: [relative(look["usage"][name], look["prior"][name]) for look in looks]
        for name in (looks[-1]["usage"] if looks else ())
    }


def _or_rare(name: str, config: TrainConfig) -> str:
    codes = config.model.latent.codes if config.learns_categories else ()
    spelled = "".join(code.for_rare_kinds for code in codes if code.name == name)
    return f", or where some kinds are rare take {spelled}" if spelled else ""


def _categories(numbers: Sequence[int]) -> str:
    return f"{'category' if len(numbers) == 1 else 'categories'} {listed(numbers)}"
