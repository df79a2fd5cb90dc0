# Works from a bare checkout with Python 3.11 or later, make and git; everything is put into .venv.
#
#   make demo              run the demo: tiny models, real photographs, live bars
#   make test              lint, formatting, types and tests
#   make programs          provide the programs that tests drive: a browser, logrotate
#   make miniature         train the tiny models of the demo anew, and go on with it (hours)
#   make miniature-check   measure the tiny models of the demo
#   make docs              build the documentation into build/docs/index.html
#   make chaos             kill 200 parents and 200 workers, and fail and interrupt everywhere (long)
#   make lint              ruff and mypy only
#   make format            format and sort imports
#   make constraints       renew constraints.txt from what is installed in .venv
#   make clean             remove caches and build products (not .venv, not runs)
#   make distclean         remove .venv, too
#
# PYTHON=/path/to/python makes .venv with that interpreter; PYTEST_ARGS are passed to pytest,
# MINIATURE_ARGS to the two of the miniature.

VENV := .venv
BIN := $(VENV)/bin
# Stamps: what is installed in .venv, newer than the two files that say what should be.
RUNTIME := $(VENV)/.installed-qwen
DEVELOPMENT := $(VENV)/.installed-qwen-dev
PYTEST_ARGS ?= -n 2
MINIATURE_ARGS ?=
# How many parents, and how many workers, `make chaos` kills.
CHAOS ?= 200
# The first that runs, can make environments and has a supported version; the tested ones first.
PYTHON ?=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3.14 python3)

# An editable install alone is found last, after a folder called editgauge in the current folder,
# such as this checkout seen from the folder above.
MAKE_VISIBLE := $(BIN)/python -c 'import pathlib, site; \
  pathlib.Path(site.getsitepackages()[0], "editgauge-src.pth") \
    .write_text(str(pathlib.Path("src").absolute()) + "\n")'

# What setuptools leaves in the checkout would be found before the installed metadata, and goes stale.
REMOVE_LEFTOVERS := rm -rf editgauge.egg-info

.PHONY: help demo miniature miniature-check test docs programs chaos lint format constraints clean distclean
.DEFAULT_GOAL := help
# A half-made environment or stamp must not count as made.
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

demo: $(RUNTIME)
	@$(BIN)/editgauge demo

# Trained is what plugins/miniature/weights holds.
miniature: $(RUNTIME)
	@$(BIN)/python -m editgauge.plugins.miniature.training $(MINIATURE_ARGS)

miniature-check: $(RUNTIME)
	@$(BIN)/python -m editgauge.plugins.miniature.training.check $(MINIATURE_ARGS)

# Tests of the HTML report open it in Chromium; if there is none, it is installed.
programs: $(DEVELOPMENT)
	@$(BIN)/python -m tests.programs

test: lint programs
	@echo '== pytest'
	@$(BIN)/pytest $(PYTEST_ARGS)

docs: $(DEVELOPMENT)
	@$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet --fresh-env docs build/docs
	@echo 'to look at: build/docs/index.html'

# EDITGAUGE_CHAOS_SEED=N repeats what a failed test printed.
chaos: $(DEVELOPMENT)
	@EDITGAUGE_CHAOS=$(CHAOS) $(BIN)/pytest $(PYTEST_ARGS) --timeout 3000 tests/chaos \
	  tests/core/run/test_interrupt_phases.py tests/core/run/test_cut_results.py \
	  tests/core/run/test_failing_runs.py

lint: $(DEVELOPMENT)
	@echo '== ruff check'
	@$(BIN)/ruff check
	@echo '== ruff format --check'
	@$(BIN)/ruff format --check
	@echo '== mypy'
	@$(BIN)/mypy

format: $(DEVELOPMENT)
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format

$(BIN)/python:
	@for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	      2>/dev/null; then \
	    echo "== $(VENV): $$("$$candidate" --version), $$(command -v "$$candidate")"; \
	    exec "$$candidate" -m venv $(VENV); \
	  fi; \
	done; \
	echo 'No usable Python found. Tried: $(CANDIDATES).' >&2; \
	echo 'editgauge needs Python 3.11 or later with the module venv (on Debian and Ubuntu the' >&2; \
	echo 'package python3-venv). Install one, or name it: make PYTHON=/path/to/python ...' >&2; \
	exit 1

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo '== installing editgauge with the models (about 6 GB the first time)'
	$(BIN)/python -m pip install --editable '.[qwen]' --constraint constraints.txt
	@$(MAKE_VISIBLE)
	@$(REMOVE_LEFTOVERS)
	@touch $@

$(DEVELOPMENT): pyproject.toml constraints.txt | $(BIN)/python
	@echo '== installing editgauge with the models and the tools (about 6 GB the first time)'
	$(BIN)/python -m pip install --editable '.[qwen,dev]' --constraint constraints.txt
	@$(MAKE_VISIBLE)
	@$(REMOVE_LEFTOVERS)
	@touch $(RUNTIME) $@

# To take newer versions: upgrade them in .venv with pip, run `make test`, then this.
# Left out: pip itself, and CUDA's own packages, which differ by platform and which torch pins.
constraints:
	@{ sed -n '/^#/p' constraints.txt; \
	  $(BIN)/python -m pip freeze --all --exclude-editable --exclude pip \
	    | grep -E '^[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+$$' \
	    | grep -Ev '^(nvidia|cuda|triton)'; } > constraints.txt.new
	@mv constraints.txt.new constraints.txt

clean:
	rm -rf build dist editgauge.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
