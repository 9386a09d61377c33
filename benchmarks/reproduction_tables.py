"""Tables of the published systems, for benchmarks/tables.py: what is in results/reproductions."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
Found = dict[str, Any]
CLAIMS = {
    "tutorial": "digits by code; d near 1.0 and 1.0, g 1.2, q 0.000 after all",
    "noise100": "digits by code, in pictures",
    "mlp": "«our c will encode label property nicely», in pictures",
    "dcgan32": "«each of the ten digits corresponds to a single latent variable»",
    "paper-mnist": "ACC 95 % of a chosen run; the bound reaches log 10 (q 0)",
    "paper-faces": "azimuth, elevation, light and width, each by one code, in pictures",
    "paper-chairs": "rotation and width by continuous codes, in pictures",
    "paper-svhn": "lighting by a continuous code, digits by a category, in pictures",
    "paper-celeba": "azimuth, glasses, hair, emotion by categories, in pictures",
    "infogan-cr": "MIG .37, FactorVAE .88 over 50 runs of 28 times as many updates",
}
"""What its source says a system gives."""
VERDICTS = {
    "dcgan32": "works: clear digits, Q at 0.47 nats and falling; rows still mixed, blots in two",
    "mlp": "works: rows of 0, 1 and 6 almost alone, of 3 and 7 mostly; 4 with 9, 2 with 0",
    "paper-mnist": "works: seven rows of one digit; c2 is slant, c3 hardly moves",
    "mlp-pytorch": "works: six rows of one digit (1, 4, 6, 7, 8, 9), four of 2, 3, 5 and 8 mixed",
    "noise100": "digits, but not by code: rows are mixed",
}
"""In words, after looking at the pictures."""
UNSHOWN = ("cmu-faces", "sprites64.zip")
"""Sets of which no picture is published."""


def runs() -> list[Found]:
    """Every run, by its name."""
    paths = sorted((RESULTS / "reproductions").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def reproduced() -> str:
    """The presets on MNIST, each for a stated number of updates."""
    rows = [
        "| run | its source claims | updates made, of | minutes | ACC "
        "| last D real, D generated, G, Q | verdict |"
    ]
    rows.append("|---" * 7 + "|")
    for found in runs():
        run, last = found["run"], found["curve"][-1]
        if run["data"] == "mnist":
            losses = ", ".join(f"{last[key]:.2f}" for key in ("d_real", "d_fake", "g", "q"))
            claim = CLAIMS.get(run["name"], CLAIMS.get(run["preset"], "the same"))
            rows.append(
                f"| `{run['name']}`, seed {run['seed']} | {claim} | {length(found)} "
                f"| {found['minutes']:.0f} | {100 * found['acc']:.1f} % | {losses} "
                f"| {verdict(run)} |"
            )
    return "\n".join(rows)


def with_factors() -> str:
    """The presets for other data, and the default on the same for as many minutes."""
    parts = []
    for found in runs():
        run = found["run"]
        if run["data"] != "mnist":
            claim = CLAIMS[run["preset"]]
            parts += [
                f"**`{run['name']}`**, seed {run['seed']}, on `{run['data']}`: {length(found)} "
                f"updates, {found['minutes']:.0f} minutes. Its source: {claim}. Here: "
                f"{verdict(run)}",
                "",
                table("code", found["known"]),
            ]
            if beside := found.get("default"):
                parts += [
                    f"The default there, {found['minutes']:.0f} minutes, "
                    f"{beside['kimg']:g},000 images: `{beside['codes']}`",
                    "",
                    table("code of the default", beside["known"]),
                ]
    return "\n".join(parts)


def length(found: Found) -> str:
    """How many updates were made, of how many."""
    made, nominal = found["run"]["updates"], found["nominal_updates"]
    return f"{made:,} of {nominal:,} ({100 * made / nominal:.3g} %)"


def verdict(run: Found) -> str:
    """What was seen, with the picture where it may be shown."""
    said = VERDICTS[run["name"]]
    if run["data"].startswith(UNSHOWN):
        return said
    return f"[{said}](pictures/reproduction-{run['name']}.png)"


def table(corner: str, known: Found) -> str:
    """Every code with every factor; under it the metrics, where there are any."""
    scores = known.get("factors") or known.get("attributes")
    if not scores:
        return "Nothing is known of these images.\n"
    factors = list(next(iter(scores.values())))
    rows = [f"| {corner} | {' | '.join(factors)} |", "|---" * (len(factors) + 1) + "|"]
    rows += [f"| {name} | {' | '.join(cells.values())} |" for name, cells in scores.items()]
    names = {"mig": "MIG", "dci_disentanglement": "DCI", "factor_vae": "FactorVAE"}
    told = ", ".join(f"{said} {known[key]:.2f}" for key, said in names.items() if key in known)
    return "\n".join([*rows, "", *([f"{told}.", ""] if told else [])])


def traced() -> str:
    """The tutorial's losses in Keras and in the preset, at the same updates."""
    path = RESULTS / "keras-trace.json"
    keras = json.loads(path.read_text())
    ours = json.loads((RESULTS / "reproductions" / "tutorial.json").read_text())["curve"]
    rows = ["| updates | Keras, of logits | Keras, clipped | the preset |", "|---" * 4 + "|"]
    for made in (40, 120, 200, 400, 480, 560, 640, 720, 800, 1000, 1200):
        cells = [_losses(_nearest(keras[name], made)) for name in ("logits", "clipped")]
        rows.append(f"| {made:,} | {' | '.join([*cells, _losses(_nearest(ours, made))])} |")
    told = f"Keras {keras['keras']}, seed {keras['seed']}, {keras['processor']}"
    return "\n".join([*rows, "", f"{told}. D on real and on generated images, G, Q: means."])


def _nearest(curve: list[dict[str, float]], updates: int) -> dict[str, float]:
    return min(curve, key=lambda point: math.fabs(point["updates"] - updates))


def _losses(point: dict[str, float]) -> str:
    return ", ".join(f"{point[key]:.2f}" for key in ("d_real", "d_fake", "g", "q"))


TABLES: dict[str, Callable[[], str]] = {
    "reproduced": reproduced,
    "reproduced-factors": with_factors,
    "keras-trace": traced,
}
