# The two commands are `make demo` and `make test`; `make` alone lists the rest.
# Everything happens in $(VENV), which is made at the first use and brought up to date when pyproject.toml changes.

VENV ?= .venv
BIN := $(VENV)/bin
# The first Python on the path that is new enough; another one: make demo PYTHON=python3.12
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11 python; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$one" && break; done)
# uv, where it is there and runs, sets up in seconds what takes pip a minute. Like pip, it is to compile the libraries at once:
# each of the tests' many processes would do so by itself where Python is told to keep no compiled files.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
INSTALL := $(if $(UV),uv pip install --quiet --compile-bytecode --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
# As for the libraries, so for these sources: hundreds of processes of the tests start.
unexport PYTHONDONTWRITEBYTECODE
# Neighbours stay together, so that what a module makes once is made once; who has nothing left takes from the others.
# One worker a processor: one more takes a third longer, as modules are then split over workers that each prepare them.
PARALLEL := -n auto --maxprocesses=4 --dist worksteal
# A folder of its own for each demonstration: a run never writes over another.
DEMO = results/demo-$(shell date +%Y%m%d-%H%M%S)

.DEFAULT_GOAL := help
.PHONY: help setup demo lab report test test-all test-browser lint style types contracts docs verification bench clean

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/ready-to-develop  ## make the environment with everything that tests and checks need

demo: $(VENV)/ready-to-run  ## run the nine services a thousand times and write the report
	@set -e; out="$(DEMO)"; \
	$(BIN)/sustain run nine-services -n 1000 --out "$$out"; \
	test -f "$$out/report.html" || $(BIN)/sustain report "$$out"; \
	echo "Open $$out/report.html in a browser."

lab: $(VENV)/ready-for-lab  ## open the lab in the browser: make lab PORT=8765
	$(BIN)/sustain lab $(if $(PORT),--port $(PORT))

report: $(VENV)/ready-to-run  ## write the report of a run again: make report DIR=results/...
	@test -n "$(DIR)" || { echo "say which run: make report DIR=results/..." >&2; exit 2; }
	$(BIN)/sustain report "$(DIR)"

test: $(VENV)/ready-to-develop  ## every fast test; needs nothing but Python
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-all: export SUSTAIN_TEST_THOROUGHLY = 1
test-all: test  ## the same, thoroughly, as .ci/run does: all moments, cases and plans of which otherwise a few are drawn

test-browser: $(VENV)/ready-to-develop  ## the report in Chromium, which must be installed
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile $(PYTEST_ARGS)

lint: style types contracts  ## style, types and who may import whom

style: $(VENV)/ready-to-develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-to-develop
	$(BIN)/mypy

contracts: $(VENV)/ready-to-develop
	$(BIN)/lint-imports

docs: $(VENV)/ready-to-document  ## build the site of the documents in site/; nothing in it is loaded from elsewhere
	@# the variable: without it the theme advertises its successor
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@$(BIN)/python docs/mkdocs/check.py site
	@echo "Open site/index.html in a browser."

verification: $(VENV)/ready-to-develop  ## slow and statistical tests, before a release
	$(BIN)/python -m pytest tests/verification --timeout 3600 $(PARALLEL) $(PYTEST_ARGS)

bench: $(VENV)/ready-to-develop  ## speed and memory, side by side; wants a quiet machine
	$(BIN)/python -m pytest tests/bench --timeout 3600 -s $(PYTEST_ARGS)

clean:  ## remove the environment, caches and builds; results stay
	rm -rf $(VENV) build dist site htmlcov .coverage .coverage.* coverage.json
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find sim experiments app tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------------------------ environment

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; if it has another name: make PYTHON=NAME" >&2; exit 1; }
	@if [ -n "$(UV)" ] && uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV); then :; \
	elif { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip --version; } >/dev/null 2>&1; then :; \
	else \
		rm -rf $(VENV); \
		echo "$(PYTHON) -m venv does not work here (Debian, Ubuntu: apt-get install python3-venv); trying virtualenv" >&2; \
		if command -v virtualenv >/dev/null 2>&1; then virtualenv --quiet --python "$(PYTHON)" $(VENV); \
		elif $(PYTHON) -m virtualenv --version >/dev/null 2>&1; then $(PYTHON) -m virtualenv --quiet $(VENV); \
		else echo "neither virtualenv nor uv is here: install one of the three" >&2; exit 1; fi; \
	fi

$(VENV)/ready-to-run: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV): downloads some 200 MB the first time"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/ready-for-lab: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with what the lab needs"
	@$(INSTALL) -e '.[lab]'
	@touch $(VENV)/ready-to-run $@

$(VENV)/ready-to-develop: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with the tests' and checks' own packages"
	@$(INSTALL) -e '.[test,viz,dev]'
	@touch $(VENV)/ready-to-run $@

$(VENV)/ready-to-document: pyproject.toml | $(BIN)/python
	@$(INSTALL) -e '.[docs]'
	@touch $@
