# make demo: install, and open the small trained model that comes with the package.
# make test: install what the tests need, and pass them.
# make test-long: what takes as long again: all pages and notebooks, runs killed, several processes.
# make check: the part of it that runs in seconds: style, types, the examples in docstrings.
# make coverage: both with the coverage of every line, half as long again; at least 90 %.
# make docs: build the documentation into site/; a broken link is an error.
# make package: build the sdist and the wheel, and try the wheel in a clean environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-long coverage check lint types doctests js js-test docs package clean

demo: $(VENV)/.installed
	$(BIN)/infogan demo

test: $(VENV)/.tested $(VENV)/.fetched check js-test
	$(BIN)/python -m pytest -n 3 -m "not long"

test-long: $(VENV)/.tested $(VENV)/.fetched
	$(BIN)/python -m pytest -n 3 -m long

coverage: $(VENV)/.tested $(VENV)/.fetched
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=90

check: lint types doctests js

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy

doctests: $(VENV)/.tested
	$(BIN)/python -m pytest -q --doctest-modules --doctest-glob='*.md' src docs README.md

# The pages' JavaScript: linted, its types checked, the modules without a page tested.
ifneq ($(and $(shell command -v node),$(shell command -v npm)),)
js: node_modules/.installed
	npm run --silent check

js-test: node_modules/.installed
	npm test --silent

node_modules/.installed: package.json
	npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent
	touch $@
else
js js-test:
	@echo "skipped: $@, for node and npm are not installed"
endif

docs: $(VENV)/.tested
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

package: $(VENV)/.tested
	.ci/package

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || (echo "needs Python 3.11 or newer with venv" && false)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[explore]'
	touch $@

$(VENV)/.tested: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[dev,docs]'
	touch $@ $(VENV)/.installed

# axe-core and onnxruntime-web, for the pages' tests; without npm those are skipped, visibly.
$(VENV)/.fetched: tests/explorer/fetch.py | $(VENV)/.tested
	$(BIN)/python tests/explorer/fetch.py
	touch $@

clean:
	rm -rf $(VENV) node_modules dist site .pytest_cache .ruff_cache .mypy_cache .coverage
