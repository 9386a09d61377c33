"""The project's own files say what is so: one version, readable settings, a guide to every room."""

import json
import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml

import infogan
from infogan import cli

ROOT = Path(__file__).parents[1]
ROOMS = sorted(path.parent.name for path in ROOT.glob("src/infogan/*/__init__.py"))
YAML = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (".github/**/*.yml", ".pre-commit-config.yaml", "CITATION.cff")
    for path in ROOT.glob(pattern)
)


def read(name):
    return yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize("name", YAML)
def test_yaml_is_readable(name):
    assert isinstance(read(name), dict)


def test_one_version_everywhere():
    assert metadata("infogan")["Version"] == infogan.__version__
    assert str(read("CITATION.cff")["version"]) == infogan.__version__
    assert f"## {infogan.__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_the_workflow_runs_scripts_that_are_there_on_the_pythons_promised():
    jobs = read(".github/workflows/ci.yml")["jobs"]
    runs = {step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    scripts = {".ci/run", ".ci/lowest", ".ci/audit"}
    assert {each for each in runs if "pip-audit" not in each} == scripts
    for script in scripts:
        assert (ROOT / script).stat().st_mode & 0o111, script
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    versions = [each.split(" :: ")[-1] for each in promised if "Python :: 3." in each]
    assert jobs["test"]["strategy"]["matrix"]["python"] == versions


def test_issue_templates_ask_something():
    for path in ROOT.glob(".github/ISSUE_TEMPLATE/*.yml"):
        if path.name != "config.yml":
            template = yaml.safe_load(path.read_text())
            assert template["name"]
            assert all(field["attributes"]["label"] for field in template["body"])


def test_commit_hooks_are_the_checks_of_make_check():
    makefile = (ROOT / "Makefile").read_text()
    checks = re.search(r"^check: (.*)$", makefile, re.MULTILINE)[1].split()
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == [f"make {check}" for check in checks]
    assert {hook["language"] for hook in local["hooks"]} == {"system"}  # nothing is downloaded


@pytest.mark.parametrize("room", ROOMS)
def test_the_guide_names_every_room(room):
    assert f"`{room}`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_tools_for_javascript_are_pinned():
    package = json.loads((ROOT / "package.json").read_text())
    assert package["private"]
    for version in package["devDependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_the_container_is_made_of_files_that_are_there_and_runs_a_command_there_is(monkeypatch):
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert source in let_in, source
    (entry,) = [line.partition(" ")[2] for line in lines if line.startswith("ENTRYPOINT")]
    program, *words = json.loads(entry)
    assert program == "infogan"
    monkeypatch.setattr("infogan.commands.explore.run", lambda args: args.port != 8080)
    assert cli.main([*words, "runs/photos"]) == 0
