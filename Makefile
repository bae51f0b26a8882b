# Chores of the house; `make help` lists them. Everything installs into its own virtual environment.
VENV ?= .venv
PYTHON ?= python3
# Pinned for our own set-up, so that two checkouts compute the same; users get a range (setup.cfg).
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
DEMO_DB ?= demo.db
DATA ?= ../shared/data

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types bench docs clean

help:  ## list the chores
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet "$(TORCH)" --editable ".[test,lint]"
	@touch $@

demo: $(VENV)/.installed  ## install, ingest fixtures/demo, show similar products and the evaluation
	rm -f $(DEMO_DB) $(DEMO_DB)-wal $(DEMO_DB)-shm
	$(BIN)/prodsim --db $(DEMO_DB) ingest fixtures/demo
	$(BIN)/prodsim --db $(DEMO_DB) similar SKU123
	$(BIN)/prodsim --db $(DEMO_DB) eval

test: $(VENV)/.installed-dev  ## install and run the tests with coverage
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term --cov-fail-under=90

lint: $(VENV)/.installed-dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev  ## mypy
	$(BIN)/mypy

check: lint types test  ## all that CI checks

docs: $(VENV)/.installed  ## regenerate the generated pages (the tour runs every command)
	$(BIN)/python docs/make_help.py
	$(BIN)/python docs/make_tour.py

bench: $(VENV)/.installed-dev  ## side-by-side scripts against peers, on the data in DATA
	@for script in $(filter-out benchmarks/fuzz_% %_oracle.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script; done

clean:  ## remove the virtual environment, caches and the demo database
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	rm -f $(DEMO_DB) $(DEMO_DB)-wal $(DEMO_DB)-shm
