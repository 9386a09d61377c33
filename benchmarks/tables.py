"""Write the README's tables from the results: every figure has a JSON file behind it.

python benchmarks/tables.py            rewrite the tables in place
python benchmarks/tables.py --check    fail if a table differs from its results
"""

import json
import math
import re
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import reproduction_tables
import scale_tables
import speed_tables

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def mnist() -> str:
    """Accuracy over seeds of the presets, beside what others publish."""
    rows = ["| MNIST, test images, no labels | median ACC | worst | seeds | to 95 % | time a run |"]
    rows += ["|---|---|---|---|---|---|"]
    result = json.loads((RESULTS / "mnist-auto.json").read_text())
    found, machine = result["summary"], result["machine"]
    to_95 = statistics.median(run["to_95"] or math.inf for run in result["runs"])
    rows.append(
        f"| the default | {percent(found['acc_median'])} | {percent(found['acc_worst'])} "
        f"| {found['seeds']} | {to_95:.0f} s ({found['to_95_reached']} of them) "
        f"| {found['seconds_median'] / 60:.1f} min, {machine['threads']} thread, "
        f"{machine['processor']} |"
    )
    paper = json.loads((RESULTS / "reproductions" / "paper-mnist.json").read_text())
    at_95 = (each["updates"] for each in paper["curve"] if each.get("acc", 0.0) >= 0.95)
    reached = next((f"after {updates:,} updates" for updates in at_95), "never")
    rows.append(
        f"| `paper-mnist`, the paper's recipe | {percent(paper['acc'])} | – | 1 | {reached} "
        f"| {paper['minutes']:.0f} min, 1 thread of a busy {paper['machine']['processor']} |"
    )
    rows.append("| InfoGAN paper, a chosen run | 95 % | – | – | – | – |")
    rows.append("| Bidirectional-InfoGAN's README, best run | 97.0 % | – | – | – | – |")
    rows.append("| ClusterGAN's README, mean of ten runs | 91.0 % (± 4.0) | – | 10 | – | – |")
    return "\n".join(rows)


PUBLISHED_SPRITES = {
    "InfoGAN (InfoGAN-CR, table 1)": (".59", ".41", ".05"),
    "InfoGAN with modern tricks, 50 runs (the same)": (".82", ".60", ".22"),
    "InfoGAN-CR, 50 runs (the same)": (".88", ".71", ".37"),
    "InfoGAN-CR chosen by ModelCentrality (the same)": (".92", ".77", ".45"),
}
DISENTANGLEMENT = {
    "FactorVAE": "factor_vae",
    "DCI": "dci_disentanglement",
    "MIG": "mig",
    "BetaVAE": "beta_vae",
    "SAP": "sap",
    "modularity": "modularity",
    "explicitness": "explicitness",
}
KNOWN = {
    "perfect": "the factors themselves",
    "redundant": "every factor twice",
    "useless": "noise, five codes",
}


def sprites() -> str:
    """Disentanglement on sprites after short runs, beside what dSprites gave others."""
    rows = ["| sprites, 64×64 | " + " | ".join(DISENTANGLEMENT) + " | images | of nominal |"]
    rows += ["|---" * (len(DISENTANGLEMENT) + 3) + "|"]
    path = RESULTS / "sprites.json"
    for run in json.loads(path.read_text())["runs"] if path.is_file() else []:
        found = {
            each["name"]: each["value"]
            for each in run["measurements"]
            if "protocol A" in each["group"]
        }
        values = " | ".join(two(found.get(name)) for name in DISENTANGLEMENT.values())
        rows.append(
            f"| {run['recipe']}, seed {run['seed']}, measured | {values} "
            f"| {run['kimg']:g} k | {percent(run['part_of_nominal'])} |"
        )
    for name, values in PUBLISHED_SPRITES.items():
        rows.append(f"| {name} | {' | '.join(values)} | – | – | – | – | dSprites | – |")
    return "\n".join(rows)


def known() -> str:
    """What the metrics say of codes of known worth."""
    result = json.loads((RESULTS / "known-answers.json").read_text())
    names = [name for name in (*DISENTANGLEMENT, "InfoMEC") if name in result["codes"]["perfect"]]
    rows = ["| dSprites' grid, protocol A | " + " | ".join(names) + " |"]
    rows += ["|---" * (len(names) + 1) + "|"]
    for kind, words in KNOWN.items():
        values = result["codes"][kind]
        rows.append(f"| {words} | {' | '.join(two(values[n]['value']) for n in names)} |")
    for kind, words in (("rotations", "random rotations"), ("gaussian", "Gaussian weights")):
        means = {name: each["mean"] for name, each in result["mixtures"][kind].items()}
        seeds = len(result["mixtures"][kind]["MIG"]["values"])
        cells = " | ".join(two(means.get(name)) for name in names)
        rows.append(f"| mixed into ten codes by {words}, mean of {seeds} | {cells} |")
    return "\n".join(rows)


def selection() -> str:
    """How well label-free scores rank runs, against the truth they never saw."""
    result = json.loads((RESULTS / "selection.json").read_text())
    rows = ["| runs | label-free score | Spearman's ρ | p | chosen run | best | mean |"]
    rows += ["|---|---|---|---|---|---|---|"]
    for data in ("mnist", "sprites"):
        truth = result[data]
        for by, found in truth["criteria"].items():
            rows.append(
                f"| {len(truth['truth'])} on {data}, {truth['measure'].split(',')[0]} | {by} "
                f"| {found['spearman']:.2f} | {found['p']:.2g} | {found['truth_of_chosen']:.3f} "
                f"| {truth['best']:.3f} | {truth['mean']:.3f} |"
            )
    return "\n".join(rows)


def rendering() -> str:
    """How fast the sources with known factors are drawn."""
    result = json.loads((RESULTS / "rendering.json").read_text())
    rows = ["| source | images in all | side | images/s |", "|---|---|---|---|"]
    for each in result["sources"]:
        rows.append(
            f"| `{each['source']}` | {each['images']:,} | {each['size']} "
            f"| {each['images_per_second']:,} |"
        )
    return "\n".join(rows)


def naming() -> str:
    """Accuracy of clusters named from a few labelled images."""
    result = json.loads((RESULTS / "naming.json").read_text())
    rows = [
        "| MNIST, test images | labels a class | mean ACC | worst | with all labels "
        "| draws as good | called ambiguous |"
    ]
    rows += ["|---" * 7 + "|"]
    for run in result["runs"]:
        for each in run["labels"]:
            rows.append(
                f"| {run['run']}, {run['draws']} draws | {each['per_class']} "
                f"| {percent(each['mean'])} | {percent(each['worst'])} | {percent(run['best'])} "
                f"| {percent(each['as_good_as_best'])} | {each['doubtful']:.1f} of 10 |"
            )
    return "\n".join(rows)


def encoding() -> str:
    """What it costs to read the codes off many images."""
    result = json.loads((RESULTS / "encoding.json").read_text())
    rows = [
        "| files | kind | images/s | Pillow alone | a second of processor | Pillow alone "
        "| peak memory | Pillow alone |"
    ]
    rows += ["|---" * 8 + "|"]
    for each in result["encodings"]:
        both = (each["encode"], each["pillow"])
        speeds = [
            f"{cost[rate]:,.0f}"
            for rate in ("images_per_second", "images_per_processor_second")
            for cost in both
        ]
        memory = [f"{cost['peak_mb']:.0f} MB" for cost in both]
        cells = [f"{each['images']:,}", each["kind"], *speeds, *memory]
        rows.append(f"| {' | '.join(cells)} |")
    rows += [
        "",
        f"Processor: {result['machine']['processor']}, {result['machine']['cores']} cores.",
    ]
    return "\n".join(rows)


def inversion() -> str:
    """How near real images are reproduced, and what that costs."""
    result = json.loads((RESULTS / "inversion.json").read_text())
    rows = ["| codes and noise of an image | mean | median | 90 % below | CPU an image |"]
    rows += ["|---|---|---|---|---|"]
    for way, found in result["ways"].items():
        rows.append(
            f"| {way} | {found['mean']:.4f} | {found['median']:.4f} | {found['p90']:.4f} "
            f"| {1000 * found['cpu_seconds_per_image']:.1f} ms |"
        )
    blank = result["blank"]
    rows.append(
        f"| a black image | {blank['mean']:.4f} | {blank['median']:.4f} | {blank['p90']:.4f} | – |"
    )
    return "\n".join(rows)


def two(value: float | None) -> str:
    """0.8962 → .90; what was not measured is a dash."""
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def datasets() -> str:
    """The defaults on many sets of images, beside what one would try first."""
    rows = ["| images | codes | found | first try | seeds | time | health |", "|---" * 7 + "|"]
    results = json.loads((RESULTS / "datasets.json").read_text())
    for name in dict.fromkeys(run["set"] for run in results["runs"]):
        own = [run for run in results["runs"] if run["set"] == name]
        poor = [kind for run in own for kind in run["health"]]
        said = ", ".join(f"{kind} ({poor.count(kind)})" for kind in dict.fromkeys(poor))
        # Paused runs waited for other work, most of their time.
        seconds = statistics.median(run["seconds"] for run in own if not run.get("paused"))
        rows.append(
            f"| {name} | `{results['codes'][name]['codes']}` | {_found(own)} "
            f"| {_first_try(results['baselines'][name])} | {len(own)} "
            f"| {seconds / 60:.1f} min | {said or 'good'} |"
        )
    return "\n".join(rows)


def _found(runs: list[dict[str, Any]]) -> str:
    if "acc" in runs[0]:
        accs = [run["acc"] for run in runs]
        found = f"ACC {percent(statistics.median(accs))}"
        found += f" (worst {percent(min(accs))})" if len(accs) > 1 else ""
        if "shares_off" in runs[0]:
            off = [run["shares_off"] for run in runs]
            found += f"; shares within {statistics.median(off):.3f} (worst {max(off):.3f})"
        for factor in next(iter(runs[0].get("told", {}).values()), ()):
            code, told = max(
                ((name, row[factor]) for name, row in runs[0]["told"].items()),
                key=lambda pair: pair[1],
            )
            found += f"; {code} tells {percent(told)} of {factor}"
        return found
    if "known" in runs[0]:
        return _known([run["known"] for run in runs])
    if "mig" not in runs[0]:
        return "looked at: nothing is known of these"
    shown = {"MIG": "mig", "DCI": "dci_disentanglement", "FactorVAE": "factor_vae"}
    medians = {name: statistics.median(run[key] for run in runs) for name, key in shown.items()}
    values = ", ".join(f"{name} {value:.2f}" for name, value in medians.items())
    rho = {
        factor: statistics.median(run["rho"][factor] for run in runs) for factor in runs[0]["rho"]
    }
    return f"{values}; {_rho(rho)}"


def _rho(rho: dict[str, float]) -> str:
    return "ρ " + ", ".join(f"{factor} {value:.2f}" for factor, value in rho.items())


def _first_try(baseline: dict[str, Any]) -> str:
    if "known" in baseline:
        return _known([baseline["known"]])
    if "acc" in baseline:
        return f"k-means {percent(baseline['acc'])}"
    return _rho(baseline["rho"]) if "rho" in baseline else "–"


def _known(runs: list[dict[str, Any]]) -> str:
    """AUC eyes=sunglasses .81 (c2): medians, and the code of the first run."""
    return "; ".join(
        f"{name} {two(statistics.median(run[name][0] for run in runs))} ({code})"
        for name, (_, code) in runs[0].items()
    )


def judges() -> str:
    """What judges said of transformations on known sets: AUCs, bold where it varies."""
    found = json.loads((RESULTS / "closures.json").read_text())["sets"]
    names = dict.fromkeys(name for each in found.values() for name in each["judges"])
    rows = [f"| images | known to vary | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for name, each in found.items():
        cells = []
        for judged in names:
            auc, _ = each["judges"].get(judged, (None, None))
            cells.append(f"**{two(auc)}**" if judged in each["varying"] else two(auc))
        rows.append(f"| {name} | {', '.join(each['known']) or '–'} | {' | '.join(cells)} |")
    return "\n".join(rows)


def suggested() -> str:
    """What short runs of several numbers of categories say, on MNIST."""
    rows = [
        "| categories | consensus (95 %) | consistency | bound / log K | usage / log K | used |",
        "|---" * 6 + "|",
    ]
    found = json.loads((RESULTS / "suggest-mnist.json").read_text())
    for each in found["rows"]:
        mark = "**" if each["categories"] == found["proposed"] else ""
        rows.append(
            f"| {mark}{each['categories']}{mark} | {mark}{each['consensus']:.2f} "
            f"({each['low']:.2f}–{each['high']:.2f}){mark} | {each['consistency']:.2f} "
            f"| {each['saturation']:.2f} | {each['usage']:.2f} | {each['used']:g} |"
        )
    return "\n".join(rows)


def early() -> str:
    """What stopping early saves and costs, seed by seed."""
    rows = ["| MNIST, seed | ended after | ACC | ACC of the whole run |", "|---|---|---|---|"]
    path = RESULTS / "mnist-early-stop.json"
    runs = json.loads(path.read_text())["runs"] if path.is_file() else []
    whole = {
        run["seed"]: run for run in json.loads((RESULTS / "mnist-fast.json").read_text())["runs"]
    }
    for run in sorted(runs, key=lambda run: run["seed"]):
        full = whole[run["seed"]]
        rows.append(
            f"| {run['seed']} | {run['kimg']:.0f},000 of {full['kimg']:.0f},000 images "
            f"| {percent(run['acc'])} | {percent(full['acc'])} |"
        )
    if runs:
        saved = 1 - sum(run["kimg"] for run in runs) / sum(whole[r["seed"]]["kimg"] for r in runs)
        pairs = [(run["acc"], whole[run["seed"]]["acc"]) for run in runs]
        medians = [percent(statistics.median(each)) for each in zip(*pairs, strict=True)]
        rows.append(f"| median | {percent(saved)} saved | {medians[0]} | {medians[1]} |")
    return "\n".join(rows)


def dials() -> str:
    """What the dials become over seeds, with and without equivariance."""
    rows = ["| MNIST | seed | c2 | c3 | ACC |", "|---|---|---|---|---|"]
    path = RESULTS / "dials.json"
    runs = json.loads(path.read_text())["runs"] if path.is_file() else []
    for run in sorted(runs, key=lambda run: (-run["equivariance"], run["seed"])):
        said = [in_short(run["dials"][name]) for name in ("c2", "c3")]
        recipe = f"equivariance {run['equivariance']:g}" if run["equivariance"] else "default"
        rows.append(
            f"| {recipe}, {run['kimg']:g},000 images | {run['seed']} "
            f"| {said[0]} | {said[1]} | {percent(run['acc'])} |"
        )
    return "\n".join(rows)


def in_short(dial: dict[str, Any]) -> str:
    """A dial's name with its ρ and effect; or that it has none."""
    if dial["name"]:
        return f"{dial['name']}, ρ = {dial['rho']:.2f} (effect {dial['effect']:.1f})"
    return f"no name; nearest {dial['nearest']}, ρ = {dial['rho']:.2f}"


def percent(share: float) -> str:
    """0.9712 → 97.1 %."""
    return f"{100 * share:.1f} %"


def semi() -> str:
    """Whether categories mean their labels, when a few are given to training."""
    rows = ["| labels a class, in training | the category is the label | best match | run |"]
    rows += ["|---|---|---|---|"]
    path = RESULTS / "few-labels.json"
    for run in json.loads(path.read_text())["runs"] if path.is_file() else []:
        rows.append(
            f"| {run['per_class']} | {percent(run['means_its_label'])} | {percent(run['acc'])} "
            f"| seed {run['seed']}, {run['kimg']:g},000 images |"
        )
    return "\n".join(rows)


def in_words(name: str) -> str:
    """What was said of every code of one data set, seed by seed, and what it scored."""
    rows = ["| seed | scored | code | in words |", "|---|---|---|---|"]
    for run in json.loads((RESULTS / "datasets.json").read_text())["runs"]:
        if run["set"] != name:
            continue
        if "acc" in run:
            scored = f"ACC {percent(run['acc'])}"
        elif "known" in run:
            scored = _known([run["known"]])
        else:
            scored = "ρ " + ", ".join(f"{factor} {two(rho)}" for factor, rho in run["rho"].items())
        first = f"{run['seed']} | {scored}"
        for code, words in run["words"].items():
            rows.append(f"| {first} | `{code}` | {words.partition('; unchanged')[0]} |")
            first = " | "
    return "\n".join(rows)


def demo() -> str:
    """The model that comes with the package."""
    made = json.loads((ROOT / "src" / "infogan" / "demo" / "made.json").read_text())
    rows = ["| images | ACC | verdict | made by |", "|---|---|---|---|"]
    rows.append(
        f"| {made['images']:,} | {percent(made['accuracy'])} | {made['verdict']} "
        f"| `{made['command']}` |"
    )
    return "\n".join(rows)


GALLERY = (
    *("mnist", "fashion-mnist", "strokes", "sprites", "scenes", "colour-digits", "cmu-faces"),
    *("emoji", "omniglot"),
)
UNEVEN = ("mnist-unbalanced", "mnist-unbalanced-learned")
VARIANTS = ("mnist-inverted", "mnist-cropped", "mnist-rotated", *UNEVEN)

TABLES: dict[str, Callable[[], str]] = {
    **{f"words-{name}": partial(in_words, name) for name in (*GALLERY, *VARIANTS)},
    "demo": demo,
    "inversion": inversion,
    "mnist": mnist,
    "sprites": sprites,
    "known": known,
    "selection": selection,
    "rendering": rendering,
    "datasets": datasets,
    "judges": judges,
    "semi": semi,
    "naming": naming,
    "encoding": encoding,
    "dials": dials,
    "early": early,
    "suggested": suggested,
    **speed_tables.TABLES,
    **scale_tables.TABLES,
    **reproduction_tables.TABLES,
}


def fill(text: str) -> str:
    """Replace what stands between `<!-- table: NAME -->` and `<!-- end -->`."""

    def table(match: re.Match[str]) -> str:
        return f"{match[1]}\n{TABLES[match[2]]()}\n{match[3]}"

    return re.sub(r"(<!-- table: ([\w-]+) -->)\n.*?(<!-- end -->)", table, text, flags=re.DOTALL)


def main() -> int:
    """Rewrite, or check."""
    stale = []
    for page in PAGES:
        if page.is_file():
            text = page.read_text()
            if (filled := fill(text)) != text:
                stale.append(page.name)
                if "--check" not in sys.argv:
                    page.write_text(filled)
    print(f"tables: {', '.join(stale) or 'all up to date'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
