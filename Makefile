# Two commands on a fresh machine: make demo, make test. They need Python 3.11 or newer, make and the package registry.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format locks clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with the pinned packages (the other targets do it by themselves)

$(READY): locks/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tiexin needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 ..."; exit 2; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made: on Debian and Ubuntu, install the package python3-venv."; exit 2; }
	@echo "Installing the pinned packages into $(VENV) (once, about a minute) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	@touch $@

demo: $(READY) ## the whole trip on this machine: two pendants, a bridge, a gateway, a broker (KEEP=1, TRACE=file)
	@$(RUN) -m tools.demo $(if $(KEEP),--keep) $(if $(TRACE),--trace "$(TRACE)") $(if $(TRIAL),--trial "$(TRIAL)") $(if $(RATE),--rate $(RATE)) $(DEMO)

test: $(READY) ## every test (K=word chooses some)
	@$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(if $(K),-k "$(K)")

check: $(READY) ## what a developer runs before a commit: format, lint, types, tests
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy
	@$(MAKE) --no-print-directory test

format: $(READY) ## put the code into its one format and mend what can be mended
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

locks: ## compile locks/*.in to pinned, hashed locks/*.txt (needs uv)
	@for name in $(basename $(notdir $(wildcard locks/*.in))); do \
	  uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make locks" locks/$$name.in -o locks/$$name.txt; done

clean: ## remove what was made here (.venv, caches, build)
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
