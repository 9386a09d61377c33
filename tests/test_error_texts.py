"""The text of every mistake that a user is told: what was typed, the line, the exit status.

error_texts.txt holds them as a terminal or Python would show them, each really provoked here:

    $ infogan train --data nowhere --out new
    infogan: error: nowhere: no such file or folder, …
    [2]

    >>> open_images("nowhere")
    nowhere: no such file or folder, …

Every place in the source that raises one has its text there, or stands in ELSEWHERE.
"""

import ast
import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import infogan
from error_material import known, make
from infogan.cli import main
from infogan.errors import UserError

TEXTS = Path(__file__).with_name("error_texts.txt")
SOURCE = Path(infogan.__file__).parent
LEAST = 8
"""Letters of its own that a text has; fewer only pass another's words on, with a file's name."""
CHECKED = "types are checked while tests run, which comes first"
INSIDE = "becomes a part of another text"
ELSEWHERE = {
    # Provoked by tests that set up what these texts speak of.
    "there is no .* beside it": "tests/data/test_celeba.py",
    "has no line for": "tests/data/test_celeba.py",
    "lists none of the pictures": "tests/data/test_celeba.py",
    "words, expected": "tests/data/test_celeba.py",
    "cannot be read as an image (.*); replace": "tests/data/test_celeba.py",
    "name the page with --out": "tests/report/test_report_page.py",
    "may not be written to": "tests/commands/test_cut_short.py",
    "not the published file": "tests/data/test_idx.py",
    "none of its factors can be measured": "tests/evaluation/test_attributes.py",
    "differs from PyTorch by": "tests/export/test_onnx.py",
    "another process is writing it": "tests/test_files.py",
    "no code has more than .* images, real": "tests/metrics/test_diversity.py",
    "holds no checkpoint to resume from": "tests/runs/test_run.py",
    "differs from the options given": "tests/runs/test_run.py",
    "nor is any before it whole": "tests/runs/test_crashes.py",
    "rng is of no generator": "tests/training/test_state.py",
    "counted from cuda:0": "tests/training/test_device.py",
    "none stands alone": "tests/codes/test_ignore_and_follow.py",
    "is told how far twice": "tests/codes/test_ignore_and_follow.py",
    # Not provoked with these words by any test yet.
    "is longer than .* characters": "needs a line longer than any picture's",
    "images of several sizes; make them one": "needs a table of such images",
    "DICOM of pixels that cannot be decoded": "needs a codec that is not installed",
    "pages, at most": "needs a picture of 10,001 pages",
    "a TIFF of axes": "needs a TIFF of other axes",
    "not an evaluation (": "needs a file that is nearly one; tests/fuzz does it",
    "could not fetch .*.gz": "needs a network that fails",
    "npm is not installed": "needs a machine without npm",
    "npm could not fetch": "needs a network that fails",
    "its files are not those of": "needs an archive of other files",
    "cannot be used (.*); choose another --port": "needs a port that is in use",
    "where PyTorch gives": "needs an exporter that is wrong",
    "this name is not UTF-8": "no text file can hold such a name",
    "two columns would be called": "needs a model with such names",
    "test images show a single value": "needs a split by chance",
    "restore both, or make them with": "needs weights that were changed",
    "these metrics tell factors apart": "needs a source with one factor",
    "encode returned shape": "needs an encoder that is wrong",
    "the run in .* was of": "changes a run's lock",
    "damaged; remove it": "needs a file that is nearly a verdict; tests/fuzz does it",
    "infogan data pack leaves such out": "needs a stream of the Hub",
    "cannot be streamed": "needs a stream of the Hub",
    "a stream has no images to draw from": "needs a stream of the Hub",
    "pack them into shards": "needs a machine with less memory",
    "this run takes .* or more": "needs a machine with less memory",
    "with several processes give cpu": "needs torchrun",
    "gave up before it began": "needs torchrun",
    "needs a JSON object": "told to the page alone",
    "needs a code, a value or null": "told to the page alone",
    # Not to be provoked here.
    "Object arrays cannot be loaded": INSIDE,
    "another version's": INSIDE,
    "fit .*: choose one of": CHECKED,
    "pages .*: choose one of": CHECKED,
    "effort '.*': choose one of": CHECKED,
    "give one of each per image": CHECKED,
    "is unknown: choose 'A'": CHECKED,
    "give one row per image": CHECKED,
    "model.family: .* is none of": CHECKED,
    "schedule..*: .* is none of": CHECKED,
    "but a run keeps where its images are": CHECKED,
}
"""By words of a text: the test that provokes it, or why it is not provoked."""


@pytest.fixture(scope="module")
def material(tmp_path_factory, tiny_run):
    """Things to stumble over; no mistake changes any of it."""
    folder = tmp_path_factory.mktemp("material")
    make(folder, tiny_run)
    return folder


@pytest.fixture(scope="module")
def names(tiny_run):
    return known(tiny_run)


def transcripts(sign):
    """What is typed after such a sign, each with the lines that follow."""
    blocks = TEXTS.read_text().strip().split("\n\n")
    return [
        (first.removeprefix(sign), lines)
        for first, *lines in map(str.splitlines, blocks)
        if first.startswith(sign)
    ]


COMMANDS, EXPRESSIONS = transcripts("$ infogan "), transcripts(">>> ")


def said(command):
    """What a command says on either stream, and its status in brackets."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(shlex.split(command))
    return [*out.getvalue().splitlines(), *err.getvalue().splitlines(), f"[{status}]"]


def state(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize(("command", "lines"), COMMANDS)
def test_a_mistake_is_told_in_these_words_and_nothing_is_written(
    material, monkeypatch, command, lines
):
    monkeypatch.chdir(material)
    before = state(material)
    assert said(command) == lines
    assert state(material) == before


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("expression", "lines"), EXPRESSIONS)
def test_a_mistake_in_python_is_told_in_these_words(
    material, names, monkeypatch, expression, lines
):
    monkeypatch.chdir(material)
    before = state(material)
    with pytest.raises(UserError) as raised:
        eval(expression, dict(names))
    assert [str(raised.value)] == lines
    assert state(material) == before


def test_a_mistake_is_one_line_and_a_2():
    for command, (*warnings, error, status) in COMMANDS:
        assert error.startswith("infogan: error: "), command
        assert all(line.startswith("infogan: warning: ") for line in warnings), command
        assert status == "[2]", command


# Every text


def literal(node):
    """What a text says for certain, and `.*` for the rest."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(literal, node.values))
    if isinstance(node, ast.BinOp):
        return literal(node.left) + literal(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # "{}".format(…)
        return re.sub(r"\{\}", ".*", literal(node.func.value))
    return ".*"


def kinds(trees):
    """UserError, and the classes below it."""
    found, more = {"UserError"}, True
    while more:
        classes = [node for tree in trees for node in ast.walk(tree) if type(node) is ast.ClassDef]
        below = {each.name for each in classes if {*map(ast.unparse, each.bases)} & found}
        more = not below <= found
        found |= below
    return found


def raised():
    """The texts that the source raises, each with its place."""
    trees = {path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}
    errors = kinds(trees.values())
    for path, tree in trees.items():
        for node in ast.walk(tree):
            is_call = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            if is_call and ast.unparse(node.exc.func) in errors:
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", literal(node.exc.args[0])


def test_every_text_stands_here():
    """A new one without a line in error_texts.txt fails; so does a line of ELSEWHERE for none."""
    told = [line for _, lines in COMMANDS + EXPRESSIONS for line in lines]
    missing, excused = [], set()
    for place, text in raised():
        pattern = ".*".join(map(re.escape, text.split(".*")))
        if len(text.replace(".*", "")) < LEAST or any(re.search(pattern, line) for line in told):
            continue
        reasons = [words for words in ELSEWHERE if words in text]
        excused |= {*reasons}
        if not reasons:
            missing.append(f"{place}: {text}")
    assert missing == []
    assert excused == {*ELSEWHERE}


def test_what_is_provoked_elsewhere_is():
    for words, where in ELSEWHERE.items():
        if where.startswith("tests/"):
            text = re.sub(r'"\s*\n\s*r?f?"', "", (Path(__file__).parents[1] / where).read_text())
            assert max(words.split(".*"), key=len).strip(" ;(") in text.replace("\\", ""), words
