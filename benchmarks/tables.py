"""Write the README's tables from the results: every figure has a JSON file behind it.

python benchmarks/tables.py            rewrite the tables in place
python benchmarks/tables.py --check    fail if a table differs from its results
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def mnist() -> str:
    """Accuracy over seeds of the presets, beside what others publish."""
    rows = ["| MNIST, test images, no labels | median ACC | worst | seeds | to 95 % | time a run |"]
    rows += ["|---|---|---|---|---|---|"]
    for name in ("fast", "paper-mnist"):
        path = RESULTS / f"mnist-{name}.json"
        if path.is_file():
            result = json.loads(path.read_text())
            found, threads = result["summary"], result["machine"]["threads"]
            to_95 = found["to_95_median"]
            rows.append(
                f"| `{name}`, measured | {percent(found['acc_median'])} "
                f"| {percent(found['acc_worst'])} | {found['seeds']} "
                f"| {f'{to_95:.0f} s' if to_95 else 'never'} "
                f"| {found['seconds_median'] / 60:.1f} min, {threads} thread |"
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


def two(value: float | None) -> str:
    """0.8962 → .90; what was not measured is a dash."""
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def percent(share: float) -> str:
    """0.9712 → 97.1 %."""
    return f"{100 * share:.1f} %"


TABLES: dict[str, Callable[[], str]] = {
    "mnist": mnist,
    "sprites": sprites,
    "known": known,
    "selection": selection,
    "rendering": rendering,
}


def fill(text: str) -> str:
    """Replace what stands between `<!-- table: NAME -->` and `<!-- end -->`."""

    def table(match: re.Match[str]) -> str:
        return f"{match[1]}\n{TABLES[match[2]]()}\n{match[3]}"

    return re.sub(r"(<!-- table: (\w+) -->)\n.*?(<!-- end -->)", table, text, flags=re.DOTALL)


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
