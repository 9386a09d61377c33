# make demo: install, train on real handwritten digits, draw what was found.
# make test: install what the tests need, and pass them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint types clean

demo: $(VENV)/.installed
	rm -rf runs/demo
	$(BIN)/infogan train --data digits --kimg 96 --out runs/demo
	$(BIN)/infogan traverse runs/demo --out runs/demo/codes.png
	$(BIN)/infogan evaluate runs/demo

test: $(VENV)/.tested $(VENV)/.fetched lint types
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=90

lint: $(VENV)/.tested
	$(BIN)/ruff check .

types: $(VENV)/.tested
	$(BIN)/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || (echo "needs Python 3.11 or newer with venv" && false)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e .
	touch $@

$(VENV)/.tested: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -e '.[dev]'
	touch $@ $(VENV)/.installed

# axe-core and onnxruntime-web, for the pages' tests; without npm those are skipped, visibly.
$(VENV)/.fetched: tests/explorer/fetch.py | $(VENV)/.tested
	$(BIN)/python tests/explorer/fetch.py
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .coverage
