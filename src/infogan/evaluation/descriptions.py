"""What every code of a model does, in words, from its traversals."""

import textwrap

import numpy as np

from infogan.evaluation.code_descriptions import (
    INVISIBLE,
    MIN_EFFECT,
    MIN_RHO,
    CodeDescription,
    describe_code,
)
from infogan.inference.trained_model import Model

ROWS, STEPS, SAMPLES = 64, 9, 1_000
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
        descriptions[code.name] = describe_code(
            images,
            np.array(values),
            kind="continuous" if code.continuous else "categorical",
            reference=reference,
        )
    return descriptions


def in_words(code: str, found: CodeDescription, *, width: int = 100) -> str:
    """A description as text: "c2  slant, ρ = 0.97 (effect 2.1); unchanged: thickness, area"."""
    said = [found.text]
    if found.name is not None:
        (named,) = [change for change in found.changes if change.measure == found.name]
        said = [f"{found.text} (effect {named.effect:.1f})"]
        along = [
            f"{change.measure} {change.effect:.1f}"
            for change in found.changes
            if change is not named
            and abs(change.rho or 0) >= MIN_RHO
            and abs(change.effect or 0) >= MIN_EFFECT
        ]
        said += [f"with it: {', '.join(along)}"] if along else []
    elif found.kind == "continuous":
        said = [f"nothing nameable: {found.text}"]
        closest = max(found.changes, key=lambda change: abs(change.rho or 0), default=None)
        if found.difference >= INVISIBLE and closest is not None:
            said += [
                f"closest: {closest.measure}, ρ = {closest.rho:.2f} (effect {closest.effect:.1f})"
            ]
    said += [f"unchanged: {', '.join(found.unchanged)}"] if found.unchanged else []
    indent = " " * (len(code) + 2)
    return textwrap.fill(f"{code}  {'; '.join(said)}", width, subsequent_indent=indent)
