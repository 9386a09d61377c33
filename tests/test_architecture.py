"""The tree reads from the theory up to the faces: imports point strictly downward."""

import ast
import pydoc
from itertools import chain
from pathlib import Path

import pytest

import infogan

ROOT = Path(infogan.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# From the ground up, a room a line: each imports only from lines above its own.
LEVELS = {
    "errors": -1,
    "versions": 0,
    "audience": 0,
    "files": 0,
    "signals": 0,
    "templates": 0,
    "transforms": 1,
    "metrics": 1,
    "data": 1,
    "codes": 2,
    "figures": 3,
    "networks": 3,
    "losses": 3,
    "inference": 4,
    "training": 5,
    "pictures": 5,
    "storage": 6,
    "evaluation": 7,
    "selection": 7,
    "export": 8,
    "report": 8,
    "explorer": 9,
    "runs": 9,
    "estimator": 10,
    "commands": 11,
    "cli": 12,
    "__init__": 13,
    "__main__": 13,
}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


LOADING = {("torch", "load"), ("torch", "save"), ("torch", "jit"), ("torch", "hub")}
LOADING |= {("yaml", name) for name in ("load", "full_load", "unsafe_load", "Loader", "FullLoader")}
SAFE = {"files.py": {("yaml", "load")}}
"""There with a loader of plain data alone, which tests/test_properties.py tries."""
RUNNING = {"eval", "exec", "compile", "__import__"}


def dotted(path):
    """The parts of a module's name below `infogan`: data/idx.py is data, idx."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def imports(path):
    """What a module imports of infogan, wherever in it: names such as data.idx, or __init__."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "infogan":
                    yield ".".join(alias.name.split(".")[1:]) or "__init__"
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
            elif (node.module or "").split(".")[0] == "infogan":
                base = ()
            else:
                continue
            module = (node.module or "").removeprefix("infogan").lstrip(".")
            for alias in node.names:
                full = (*base, *filter(None, module.split(".")), alias.name)
                yield target(full)


def target(parts):
    """The module an imported name comes from: the longest part of it that is a file."""
    for end in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:end])
        if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
            return ".".join(parts[:end])
    return "__init__"


def unit(path):
    return dotted(path)[0]


def test_every_module_has_its_level():
    assert {unit(path) for path in MODULES} == set(LEVELS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_strictly_downward(path):
    for name in filter(None, imports(path)):
        other = name.split(".")[0]
        if other != unit(path):
            assert LEVELS[other] < LEVELS[unit(path)], f"{path.name} imports {name}"


def test_the_check_sees_imports_of_all_kinds():
    assert "codes.latent" in set(imports(ROOT / "networks" / "build.py"))
    assert "networks.conv" in set(imports(ROOT / "networks" / "build.py"))
    assert "inference.trained_model" in set(imports(ROOT / "pictures" / "moving.py"))
    assert "runs.run" in set(imports(ROOT / "commands" / "train.py"))  # inside a function
    assert "data.source" in set(imports(ROOT / "data" / "__init__.py"))


def test_no_package_imports_in_a_circle():
    graph = {".".join(dotted(path)): set(filter(None, imports(path))) for path in MODULES}
    free, left = set(), dict(graph)
    while left:
        ready = {name for name, needs in left.items() if needs - {name} <= free}
        assert ready, f"a circle among {sorted(left)}"
        free |= ready
        left = {name: needs for name, needs in left.items() if name not in ready}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_loads_code(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names = chain(names, (alias.name for alias in node.names))
            assert not PICKLES & {name.split(".")[0] for name in names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in LOADING - SAFE.get(path.name, set())
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in RUNNING, node.lineno
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_commands_print(path):
    if unit(path) in ("commands", "cli"):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", node.lineno
        # Standard error is where progress bars go that were asked for.
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) != ("sys", "stdout"), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert text.count("\n") <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 65, node.name


def test_public_names_are_there_and_documented():
    assert {"InfoGAN", "load", "train", "save_grid"} <= set(dir(infogan)) == set(infogan.__all__)
    assert "class InfoGAN(" in pydoc.render_doc(infogan, renderer=pydoc.plaintext)
    for name in infogan.__all__:
        assert getattr(infogan, name).__doc__
    with pytest.raises(AttributeError, match="module 'infogan' has no attribute 'magic'"):
        infogan.magic  # noqa: B018
