"""Every code block of a page, in order: `sh` line by line, `python` in one namespace a page.

What is shown is what is run, in a folder of its own where every name that the page assumes is
there (see conftest.py). Only what would take minutes is cut short, and nothing else:

- `infogan train` gets `SHORT` at its end: 100 images, narrow networks, the processor,
  and neither report nor pictures, which have commands of their own;
- `--minutes` is left out, which would choose a length; one process stands for several, which
  tests/training/test_processes.py has;
- `infogan.train(…)` and `InfoGAN.fit` in Python get the same;
- `infogan evaluate` looks at 60 images, and 100 for metrics of factors;
- judges of what varies make two updates, `suggest --categories` trains on 100 images;
- `infogan explore` serves nobody and returns; nothing is sent to a network or fetched from one.

`make`, `pip`, `docker` and the scripts of `benchmarks/` are not run (they install, or take hours):
it is asked that what they name is there, and that it has the options shown.
"""

import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from infogan.cli import main

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
}
LANGUAGES = {"sh", "python", "text", "pycon", "yaml", "csv", "json"}
SHORT = "--kimg 0.1 --model.width 4 --model.hidden 16 --device cpu --quiet"
"""Put at the end of every `infogan train`."""
SHORT_SUGGEST = "--kimg 0.1 --quiet"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The language and the content of every fenced block."""
    for match in re.finditer(r"^```(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match[1], match[2]


def commands(block: str) -> Iterator[list[str]]:
    """The words of every command of a block: without comments, settings before it, and pipes."""
    for line in block.replace("\\\n", " ").splitlines():
        for command in re.split(r" && | \| ", line):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield words[: words.index(">")] if ">" in words else words


def run_page(text: str, names: dict[str, object]) -> dict[str, object]:
    """Run all blocks of a page in the folder at hand; the names that its Python made."""
    for language, content in blocks(text):
        if language == "sh":
            for words in commands(content):
                print("$", *words)
                RULES[words[0]](words[1:])
        elif language == "python":
            print(content)
            exec(compile(content, "<block>", "exec"), names)
    return names


def _infogan(words: list[str]) -> None:
    command = words[0]
    if command == "train":
        for longer in {"--devices", "--minutes"} & set(words):
            at = words.index(longer)
            words = [*words[:at], *words[at + 2 :]]
        # What a page shows twice are two ways to make one run.
        _make_way(words)
        words = [*words, *shlex.split(SHORT)]
    elif command == "suggest":
        short = shlex.split(SHORT_SUGGEST)
        _make_way(words, "runs/suggest")
        words = [*words, *(short if "--categories" in words else short[-1:])]
    elif command in ("select", "demo"):
        _make_way(words, "runs/demo" if command == "demo" else "")
    assert main(words) == 0, words


def _torchrun(words: list[str]) -> None:
    _infogan(words[words.index("infogan") + 1 :])


def _make_way(words: list[str], default: str = "") -> None:
    named = [words[words.index(each) + 1] for each in ("--out", "--into") if each in words]
    out = named[0] if named else default
    if out and "--resume" not in words:
        shutil.rmtree(out, ignore_errors=True)


def _make(words: list[str]) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(words) <= set(targets), words


def _pip(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for word in words:
        for named in re.findall(r"\[([\w,]+)\]", word):
            assert set(named.split(",")) <= set(extras), word


def _python(words: list[str]) -> None:
    script = ROOT / words[0]
    assert script.is_file(), script
    source = script.read_text()
    for option in (word for word in words if word.startswith("--")):
        assert option in source, f"{script}: no {option}"


def _docker(words: list[str]) -> None:
    assert (ROOT / "Dockerfile").is_file(), words


def _nothing(words: list[str]) -> None:
    """`cd`, `. .venv/bin/activate`: about the reader's own shell."""


RULES: dict[str, Callable[[list[str]], None]] = {
    "infogan": _infogan,
    "torchrun": _torchrun,
    "make": _make,
    "pip": _pip,
    "python": _python,
    "docker": _docker,
    ".": _nothing,
    "cd": _nothing,
    "diff": _nothing,
    "pre-commit": _nothing,
}
