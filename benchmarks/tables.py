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


def percent(share: float) -> str:
    """0.9712 → 97.1 %."""
    return f"{100 * share:.1f} %"


TABLES: dict[str, Callable[[], str]] = {"mnist": mnist}


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
