"""Feed every reader of untrusted bytes with files that are nearly right.

    python tests/fuzz/fuzz_readers.py --seconds 30 --seed 1

First with those of the corpus, which fuzz_coverage.py found to lead into different corners of the
readers; then with files changed at random, the valid ones and the corpus': bits flipped, numbers
made huge, pieces cut, doubled and moved between files. Exits with 1 where there are findings (see
promise.py), and writes their inputs to --keep.
"""

import argparse
import json
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from promise import Target, bound_memory, outcome
from targets import targets

CORPUS = Path(__file__).with_name("corpus.zip")
"""Of each target, under its name, inputs that lead into different corners."""
NUMBERS = (0, 1, 2**7, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63 - 1)
WORDS = (b"-1", b"1e308", b"1e999", b"NaN", b"null", b"[[[[[[", b"{", b'"', b"*a", b"&a", b"\0")


def corpus() -> dict[str, list[bytes]]:
    """The kept inputs, by target."""
    found: dict[str, list[bytes]] = {}
    with zipfile.ZipFile(CORPUS) as archive:
        for name in archive.namelist():
            found.setdefault(name.partition("/")[0], []).append(archive.read(name))
    return found


def mutated(content: bytes, other: bytes, rng: random.Random) -> bytes:
    """Nearly the same."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            width, order = rng.choice((1, 2, 4, 8)), rng.choice(("big", "little"))
            number = rng.choice(NUMBERS) % 256**width
            changed[at : at + width] = number.to_bytes(width, order)  # type: ignore[arg-type]
        elif kind == 2:
            del changed[at : at + rng.choice((1, 4, 64))]
        elif kind == 3:
            changed[at:at] = changed[at : at + rng.choice((1, 8, 256))]
        elif kind == 4:
            start = rng.randrange(len(other) + 1)
            changed[at:at] = other[start : start + rng.choice((1, 8, 64))]
        elif kind == 5:
            changed[at:at] = rng.choice(WORDS) * rng.choice((1, 1, 500))
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed)


class Fuzz:
    """What was tried, and found, by the name of the target."""

    def __init__(self, keep: Path | None) -> None:
        self.tried, self.findings, self._keep = Counter[str](), Counter[str](), keep

    def attempt(self, target: Target, content: bytes) -> None:
        """Let a reader read this, and put the valid file back."""
        valid = target.path.read_bytes()
        target.path.write_bytes(content)
        said = outcome(target)
        target.path.write_bytes(valid)
        self.tried[target.name] += 1
        if not said:
            return
        print(f"{target.name}: {said}", file=sys.stderr)
        self.findings[f"{target.name}: {said}"] += 1
        if self._keep:
            self._keep.mkdir(parents=True, exist_ok=True)
            (self._keep / f"{target.name}-{self.tried.total()}").write_bytes(content)


def fuzz(seconds: float, seed: int, keep: Path | None) -> Fuzz:
    """Replay the corpus, then change files at random until the time is over."""
    rng, done = random.Random(seed), Fuzz(keep)
    with tempfile.TemporaryDirectory(prefix="infogan-fuzz-") as name:
        readers = targets(Path(name))
        for target in readers:
            target.read(target.path)  # the valid ones are read
        known = corpus()
        files = {each.name: [each.path.read_bytes(), *known.get(each.name, [])] for each in readers}
        bound_memory()
        end = time.monotonic() + seconds
        for target in readers:
            for content in files[target.name][1:]:
                done.attempt(target, content)
        while time.monotonic() < end:
            target = rng.choice(readers)
            other = rng.choice(files[rng.choice(readers).name])
            done.attempt(target, mutated(rng.choice(files[target.name]), other, rng))
    return done


def cli() -> int:
    """Fuzz, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    done = fuzz(args.seconds, args.seed, args.keep)
    print(f"{done.tried.total():,} inputs, {len(done.findings)} kinds of findings")
    print(json.dumps({"tried": done.tried, "findings": done.findings}, indent=2))
    return 1 if done.findings else 0


if __name__ == "__main__":
    sys.exit(cli())
