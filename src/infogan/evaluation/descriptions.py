"""What every code of a model does, in words, from its traversals."""

import re
import textwrap
from dataclasses import replace

import numpy as np

from infogan.codes.prior import Prior
from infogan.evaluation.code_descriptions import (
    INVISIBLE,
    MIN_EFFECT,
    MIN_RHO,
    Change,
    CodeDescription,
    describe_code,
)
from infogan.inference.trained_model import Images, Model

FIGURE = re.compile(r" \(η² = [\d.]+\)")
ROWS, STEPS, SAMPLES = 64, 9, 1_000
MOST_TOLD = 12
"""Shares of categories that are listed."""
PROTOCOL = (
    f"ρ: rank correlation with the code, mean over {ROWS} traversals of {STEPS} steps; effect: "
    f"change from end to end, in standard deviations over {SAMPLES:,} generated images"
)


def describe_codes(model: Model, *, seed: int = 0) -> dict[str, CodeDescription]:
    """Describe each code from 64 traversals of 9 steps, noise and other codes at random.

    Spreads are taken over 1,000 generated images, all codes at random. Source: `code_descriptions`.
    """
    reference, _ = model.sample(SAMPLES, seed=seed)
    descriptions = {}
    for code in model.latent.codes:
        images, values = model.traverse(code.name, rows=ROWS, steps=STEPS, seed=seed)
        found = describe_code(
            images,
            np.array(values),
            kind="continuous" if code.continuous else "categorical",
            reference=reference,
        )
        if code in model.latent.learned:
            found = replace(found, text=f"{found.text}; {_shares_in_words(code)}")
        descriptions[code.name] = found
    return descriptions


def typical_images(model: Model, code: str, *, seed: int = 0) -> Images:
    """For each category of a code, of 16 generated images the one nearest their mean."""
    images, _ = model.traverse(code, rows=16, seed=seed)
    pixels = images.astype(np.float32)
    distance = ((pixels - pixels.mean(axis=0)) ** 2).sum(axis=(2, 3, 4))
    typical: Images = images[distance.argmin(axis=0), np.arange(images.shape[1])]
    return typical


def in_words(code: str, found: CodeDescription, *, width: int = 100) -> str:
    """A description as text: "c2  slant, ρ = 0.97 (effect 2.1); unchanged: thickness, area"."""
    said, unchanged = [found.text], list(found.unchanged)
    if found.name is not None:
        (named,) = [change for change in found.changes if change.measure == found.name]
        said = [f"{found.text} (effect {named.effect:.1f})"]
        along = [
            f"{change.measure} {change.effect:.1f}"
            for change in found.changes
            if change is not named and change.follows
        ]
        said += [f"with it: {', '.join(along)}"] if along else []
    elif found.kind == "continuous":
        said = [f"nothing nameable: {found.text}"]
        closest = max(found.changes, key=_nearness, default=None)
        if found.difference >= INVISIBLE and closest is not None:
            unchanged = [name for name in unchanged if name != closest.measure]
            said += [
                f"closest: {closest.measure}, ρ = {closest.rho:.2f}, effect {closest.effect:.1f} "
                f"({_shortfall(closest)})"
            ]
    said += [f"unchanged: {', '.join(unchanged)}"] if unchanged else []
    indent = " " * (len(code) + 2)
    return textwrap.fill(f"{code}  {'; '.join(said)}", width, subsequent_indent=indent)


def plainly(found: CodeDescription) -> str:
    """The gist of a description, without a statistic: "slant; with it: area, brightness"."""
    if found.kind == "categorical" or found.text == "does nothing":
        return FIGURE.sub("", found.text)
    if found.name is None:
        return "changes something there is no word for: look at it"
    along = [each.measure for each in found.changes if each.follows and each.measure != found.name]
    return f"{found.name}; with it: {', '.join(along)}" if along else found.name


def categories_in_words(code: str, found: CodeDescription) -> list[str]:
    """What sets each category apart, those alike in one line: "c1=0  a hole, wider"."""
    alike: dict[str, list[str]] = {}
    for value, apart in enumerate(found.categories):
        alike.setdefault(apart or "nothing measured sets it apart", []).append(str(value))
    wide = max((len(",".join(values)) for values in alike.values()), default=0)
    return [f"{code}={','.join(values):<{wide}}  {apart}" for apart, values in alike.items()]


def _shares_in_words(code: Prior) -> str:
    """How often each category of a learned prior comes: "drawn 17% (1), 3% (0)"."""
    shares = sorted(enumerate(code.shares), key=lambda pair: -pair[1])
    told = [f"{share:.0%} ({value})" for value, share in shares]
    if len(told) > MOST_TOLD:
        told = [*told[: MOST_TOLD - 1], f"… {told[-1]}"]
    return f"drawn {', '.join(told)}"


def _nearness(change: Change) -> float:
    """How nearly a measure follows a dial as it must to give it its name."""
    return abs(change.rho or 0) * min(1.0, abs(change.effect or 0) / MIN_EFFECT)


def _shortfall(change: Change) -> str:
    """Why the measure that is closest does not name the dial."""
    if abs(change.rho or 0) < MIN_RHO:
        return "not alike in all images"
    return "too little to name it" if not change.follows else "it may be chance"
