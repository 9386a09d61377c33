"""Tables of the published systems, for benchmarks/tables.py: what is in results/reproductions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
UNSHOWN = ("cmu-faces", "sprites64.zip")
"""Of these sets no picture may be published."""
METRICS = ("mig", "dci_disentanglement", "factor_vae")
Found = dict[str, Any]
CLAIMS = {
    "tutorial": "digits by code; d near 1.0 and 1.0, g 1.2, q 0.000 after all",
    "noise100": "digits by code, in pictures",
    "mlp": "«our c will encode label property nicely», in pictures",
    "mlp-pytorch": "the same, in a tenth of the updates",
    "mlp-gaussian": "a continuous c may become «e.g. rotation angle»",
    "dcgan32": "«each of the ten digits corresponds to a single latent variable»",
    "paper-svhn": "«lighting» and «plate context», in pictures",
    "paper-celeba": "pose, glasses, hair style, emotion by category, in pictures",
    "infogan-cr": "MIG .37, FactorVAE .88 on dSprites, 50 whole runs",
    "paper-mnist": "ACC 95 % of a chosen run; the bound reaches log 10 (q 0)",
}
"""What its source says a system gives, by preset, or by the run where that differs."""
VERDICTS = {
    "infogan-cr": "begins to: c2 is the place across, c1 the height; D and G balanced",
    "infogan-cr-1": "not yet: c3 and c5 are both about the place, across and down",
    "paper-celeba": "not yet: one person, with a light or a dark dress, in every row of c1",
    "paper-svhn": "digits on lit plates after 2,000 updates, not yet by code; dials hardly move",
    "dcgan32": "works: rows of 0, 1, 5, 6 alone, of 3 and 7 mostly; 4 with 9; Q at 0.09 nats",
    "tutorial": "as its text tells: losses rise after 450 updates, then digits, not yet by code",
    "mlp": "in part: a form a row, but five rows of ones; D wins after 240,000 updates",
    "paper-mnist": "works: seven rows of one digit; c2 is slant, c3 hardly moves",
    "mlp-pytorch": "works: six rows of one digit (1, 4, 6, 7, 8, 9), four of 2, 3, 5 and 8 mixed",
    "noise100": "digits, but not by code: rows are mixed",
    "mlp-gaussian": "works: one dial, from wide round digits (0, 3, 5) by narrow eights to ones",
}
"""In words, after looking at the pictures."""


def runs() -> list[Found]:
    """Every run, by its name."""
    paths = sorted((RESULTS / "reproductions").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def verdict(run: Found) -> str:
    """In words, with the picture where it may be shown."""
    words = VERDICTS[run["name"]]
    if run["data"].startswith(UNSHOWN):
        return words
    return f"[{words}](pictures/reproduction-{run['name']}.png)"


def reproduced() -> str:
    """The presets on MNIST, each for a stated number of updates."""
    rows = [
        "| run | its source claims | updates made, of | minutes, busy | ACC "
        "| last D real, D generated, G, Q; bounds of dials | verdict |"
    ]
    rows.append("|---" * 7 + "|")
    for found in runs():
        run, last = found["run"], found["curve"][-1]
        told = [f"{last[key]:.2f}" for key in ("d_real", "d_fake", "g", "q") if key in last]
        told += [f"{key[3:]}: {value:.2f}" for key, value in last.items() if key.startswith("mi_")]
        acc = "–" if found["acc"] is None else f"{100 * found['acc']:.1f} %"
        claim = CLAIMS.get(run["name"], CLAIMS.get(run["preset"], "the same"))
        rows.append(
            f"| `{run['name']}`, seed {run['seed']} | {claim} | {length(found)} "
            f"| {found['minutes']:.0f} | {acc} | {', '.join(told)} "
            f"| {verdict(run)} |"
        )
    return "\n".join(rows)


def related() -> str:
    """Of the runs whose images have known factors: the codes that go with each factor most."""
    rows = ["| run | updates | each factor: its dial; its category | MIG, DCI, FactorVAE |"]
    rows.append("|---" * 4 + "|")
    for found in runs():
        if scores := found.get("known", {}).get("factors"):
            cells = [f"{name}: {_best(scores, name)}" for name in next(iter(scores.values()))]
            metrics = [f"{found['known'][name]:.2f}" for name in METRICS if name in found["known"]]
            run = f"`{found['run']['name']}`, seed {found['run']['seed']}"
            told = f"{', '.join(cells)} | {', '.join(metrics) or '–'}"
            rows.append(f"| {run} | {found['run']['updates']:,} | {told} |")
    return "\n".join(rows)


def _best(scores: dict[str, dict[str, str]], factor: str) -> str:
    """The code of each kind with the largest score, such as "c5 ρ 0.93; c1 0.34 nats"."""
    told = {name: row[factor] for name, row in scores.items()}
    kinds: list[list[tuple[float, str]]] = [[], []]
    for name, score in told.items():
        symbol, number = score.split()[:2]
        if number.startswith("nats"):
            kinds[1].append((float(symbol), f"{name} {symbol} nats"))
        else:
            kinds[0].append((float(number), f"{name} {symbol} {number}"))
    return "; ".join(max(each)[1] for each in kinds if each)


def length(found: Found) -> str:
    """How many updates were made, of how many."""
    made, nominal = found["run"]["updates"], found["nominal_updates"]
    return f"{made:,} of {nominal:,} ({100 * made / nominal:.3g} %)"


def traced() -> str:
    """The tutorial's losses in Keras and in the preset, near the same updates."""
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
    return min(curve, key=lambda point: abs(point["updates"] - updates))


def _losses(point: dict[str, float]) -> str:
    return ", ".join(f"{point[key]:.2f}" for key in ("d_real", "d_fake", "g", "q"))


TABLES: dict[str, Callable[[], str]] = {
    "reproduced": reproduced,
    "reproduced-factors": related,
    "keras-trace": traced,
}
