"""Feed readers of untrusted bytes with files that atheris makes up, guided by coverage.

    pip install -c constraints.txt atheris
    python tests/fuzz/fuzz_coverage.py png gif --seconds 600 --corpus found/ --out found.json

Needs atheris, which is no part of the extras: libFuzzer changes inputs, keeps those that reach code
not reached before (infogan's, Pillow's, PyYAML's, and the standard library's archives are watched),
and goes on from them. Findings (see promise.py) do not stop it; their inputs go beside the folders
of --corpus. Without names it lists the readers; `--corpus found/ --keep corpus.zip` puts together
what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promise import Target

WATCHED = ["infogan", "PIL", "yaml", "zipfile", "tarfile", "gzip", "csv"]
LONGEST = 4096
"""Bytes of an input, or twice those of the valid file where that is more."""
MOST_KEPT = 10
"""Inputs of a target in the corpus."""
MOST_BYTES = 1024
"""Of one of these: larger ones are seldom more than padding."""


def fuzz(names: list[str], corpus: Path, seconds: float, out: Path) -> None:
    """Fuzz some readers one after another, and add what came of it to a file."""
    import atheris

    with atheris.instrument_imports(include=WATCHED, enable_loader_override=False):
        from targets import targets

    for name in names:
        inputs = corpus / name
        inputs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="infogan-fuzz-") as folder:
            (target,) = [each for each in targets(Path(folder) / "files") if each.name == name]
            told = Path(folder) / "told"
            # A process for each: libFuzzer ends the one that it runs in, without a word to Python.
            began, child = time.monotonic(), os.fork()
            if not child:
                try:
                    libfuzzer(target, inputs, seconds, told)
                finally:
                    os._exit(1)
            os.waitpid(child, 0)
            took = round(time.monotonic() - began)
            findings = [path.read_text() for path in sorted(Path(folder).glob("finding-*"))]
            figures = read_figures(told.read_text(errors="replace"))
        known = json.loads(out.read_text()) if out.is_file() else {}
        known[name] = {"seconds": took} | figures | {"findings": findings}
        out.write_text(json.dumps(known, indent=2) + "\n")


def libfuzzer(target: Target, inputs: Path, seconds: float, told: Path) -> None:
    """Let libFuzzer look for inputs of a reader, and write what it tells to a file."""
    import atheris
    from promise import bound_memory, outcome

    os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT), sys.stderr.fileno())
    target.read(target.path)  # the valid one is read
    (inputs / "valid").write_bytes(target.path.read_bytes())
    found = Counter[str]()

    def one(content: bytes) -> None:
        target.path.write_bytes(content)
        if said := outcome(target):
            kind = re.sub(r"\d+", "N", said)
            found[kind] += 1
            if found[kind] == 1:
                told.with_name(f"finding-{len(found)}").write_text(said)
                inputs.with_name(f"finding-{target.name}-{len(found)}").write_bytes(content)

    longest = max(LONGEST, 2 * target.path.stat().st_size)
    # A timeout of 0 would end it at the first input that takes a second of a busy machine.
    options = [f"-max_total_time={seconds:g}", f"-max_len={longest}", "-timeout=3600", "-seed=1"]
    options += ["-rss_limit_mb=0", "-print_final_stats=1", str(inputs)]
    atheris.Setup([sys.argv[0], *options], one)
    bound_memory()
    atheris.Fuzz()


def read_figures(told: str) -> dict[str, int]:
    """What libFuzzer says of its work."""
    lines = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", told)
    executed = re.search(r"number_of_executed_units: (\d+)", told)
    if not lines or executed is None:
        raise SystemExit(told[-2000:])
    return {
        "executions": int(executed[1]),
        "coverage_before": int(lines[0][0]),
        "coverage": int(lines[-1][0]),
        "features": int(lines[-1][1]),
        "inputs": int(lines[-1][2]),
    }


def keep(found: Path, out: Path) -> None:
    """Some inputs of each target, and those that were findings, in an archive with fixed dates."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted(path for path in found.iterdir() if path.is_dir()):
            inputs = {path.read_bytes() for path in folder.iterdir() if path.name != "valid"}
            small = sorted((each for each in inputs if len(each) <= MOST_BYTES), key=len)
            # Evenly spaced by length: the very smallest end at the first check.
            step = max(1, len(small) // MOST_KEPT)
            findings = [path.read_bytes() for path in found.glob(f"finding-{folder.name}-*")]
            for number, content in enumerate(findings + small[::step][:MOST_KEPT]):
                archive.writestr(zipfile.ZipInfo(f"{folder.name}/{number:02d}"), content)


def cli() -> None:
    """Fuzz, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="readers; none: name them all")
    parser.add_argument("--seconds", type=float, default=600, help="for each")
    parser.add_argument("--corpus", type=Path, help="a folder of inputs, which grows")
    parser.add_argument("--out", type=Path, help="figures of every reader so far, as JSON")
    parser.add_argument("--keep", type=Path, help="put the smallest inputs into this archive")
    args = parser.parse_args()
    if args.keep:
        keep(args.corpus, args.keep)
    elif args.names:
        fuzz(args.names, args.corpus, args.seconds, args.out)
    else:
        from targets import targets

        with tempfile.TemporaryDirectory() as folder:
            print(*(target.name for target in targets(Path(folder))))


if __name__ == "__main__":
    cli()
