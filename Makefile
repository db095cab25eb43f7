# Everything starts from a clone with python3 (3.11 or newer), make and git: the first target sets up what it needs.
# Another Python: make demo PYTHON=/path/to/python3.12

PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
# Tests write gigabytes that nobody keeps: into memory where there is plenty of it.
SCRATCH := $(shell test -w /dev/shm && test "$$(df -Pk /dev/shm | awk 'NR == 2 {print $$4}')" -gt 8000000 && echo /dev/shm)
PYTEST := $(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BROWSER := .venv/.browser
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing is compiled while installing, so what is imported must stay compiled: without bytecode on disk every process
# compiles 1,200 modules anew, for five seconds. Some machines forbid it for all (containers, most of all).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-long lint bench schema screens lock clean

# Lists the targets (what you get when you just type make).
help:
	@echo "make demo       a practice's month, end to end, in a folder of its own"
	@echo "make test       style, types and tests (under 15 minutes)"
	@echo "make test-long  orders, histories, second proofs, rarer branches"
	@echo "make venv       only install: then .venv/bin/claims --help"
	@echo "make lint       only style and types"
	@echo "make bench      measure, and print ratios"
	@echo "make screens    take the pictures of the pages anew (needs chromium)"
	@echo "make schema     write the SQL of the tables anew after a change of schema"
	@echo "make lock       choose newest allowed versions anew (needs the network)"
	@echo "make clean      remove what was built; data folders stay"

# Installs what the program needs at run time, exactly as locked, and the program itself.
venv: $(RUNTIME)

# Runs the simulated month on SQLite with a temporary Prefect server.
demo: $(RUNTIME)
	@$(BIN)/claims demo

# Everything that has to pass before a change is taken, in its smallest form; style and types are tests, too.
test: $(BROWSER)
	$(PYTEST) -m "not long"

# What the short run leaves out: other orders and histories, second proofs, rarer branches, the other engine, kill tests
# by the hundred, large files, thousands of mutants.
test-long: $(DEV)
	$(PYTEST) -m long

# Style and types.
lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each benchmark prints ratios measured in one run; none passes or fails.
bench: $(DEV)
	@for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python "$$program" || exit 1; done

# Until the first release only: after it, a change of schema needs a migration of its own.
schema: $(RUNTIME)
	$(BIN)/python -m claims.store.migrations.snapshot

# Pictures of the pages, from the demo's month.
screens: $(DEV) $(BROWSER)
	@$(BIN)/python docs/screens.py

# Writes both locks: versions with hashes for every platform, without any address.
lock: $(DEV)
	$(BIN)/uv pip compile --quiet --upgrade $(LOCKED) --extra build --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade $(LOCKED) --all-extras --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

# Removes the environment and what tools left behind, never a data folder.
clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "claims needs Python 3.11 or newer; there is no $(PYTHON) here." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "claims needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

# The lock names everything, so nothing is resolved; and of 9,000 modules only those are compiled that are imported, here
# at the end: an installation that its user may not write to stays compiled.
INSTALL := $(BIN)/python -m pip install --quiet --no-deps --no-compile --require-hashes -r

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing into .venv: one to two minutes, once."
	@$(INSTALL) requirements.lock
	@$(BIN)/python -m pip install --quiet --no-index --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m flows.server_process --template
	@$(BIN)/python -m compileall -q claims flows && $(BIN)/python -c 'import claims.web.app, prefect.main'
	@touch $@

# The browser of the tests, where it can be had: tried once; without it those tests are skipped, and counted.
$(BROWSER): $(DEV)
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { \
		echo "Installing chromium for the tests of the pages, once."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; \
		} >/dev/null 2>&1 || echo "No chromium here: the tests of the pages in a browser are skipped."
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the tools for tests: about a minute, once."
	@$(INSTALL) requirements-dev.lock
	@touch $@
