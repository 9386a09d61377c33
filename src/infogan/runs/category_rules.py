"""What goes wrong with categories: dead ones, mixed ones, too big ones, restless ones."""

from collections.abc import Iterator, Sequence

from infogan.errors import listed
from infogan.runs.finding import Finding
from infogan.runs.log_windows import LOOKS, Line, is_grown, last_looks
from infogan.training.config import TrainConfig

DEAD = 0.1
"""Use of a category by real images, as a part of what its prior gives it."""
TOO_BIG = 2.0
"""The same, above which it may hold two kinds."""
BLURRED = 0.15
"""Overlap of two categories that are not told apart."""
RESTLESS = 0.1
"""Share of real images that a small change sends to another category."""


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
    looks = last_looks(lines, config)
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


def mixed_categories(lines: Sequence[Line], config: TrainConfig) -> Iterator[Finding]:
    """What would be regrouped at the end of a run, when it is too late for it."""
    for text in lines[-1].get("mixed", ()):
        yield Finding(
            "categories hold two kinds",
            "warning",
            f"{text.partition(':')[0]}: kinds mixed",
            f"{text}, at the end of the run",
            "start with another seed (--seeds 3 --select), or ask for another number of categories "
            "(infogan suggest)",
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
        line["diagnostics"] for line in lines if "diagnostics" in line and is_grown(line, config)
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


def _relative_use(lines: Sequence[Line], config: TrainConfig) -> dict[str, list[list[float]]]:
    """By code and look: each category's use by real images, over what its prior gives it.

    One that a learned prior itself has given up is held against an even share.
    """
    looks = last_looks(lines, config)

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
