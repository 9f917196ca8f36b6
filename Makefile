# What one can do here. Needs Python 3.11 or newer and nothing else.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo "$$name" && exit; done; echo python3)
BIN := .venv/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test check format docs bench lock clean

help: ## Say what one can do here
	@echo "make run     start everything in this folder: server, store, mail catcher, worker, an example client"
	@echo "make test    every test, on real servers"
	@echo "make check   format, lint, types, import contracts"
	@echo "make format  bring the code into its format"
	@echo "make docs    write the pages of the step types"
	@echo "make bench   measure the engine and the simulator"
	@echo "make lock    write requirements.lock anew from pyproject.toml"
	@echo "make clean   remove what was made here, but never the data in .stepwell"

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Stepwell needs Python 3.11 or newer; say which with: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "this Python has no venv; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "installing into .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/installed ## Start everything
	@exec $(BIN)/stepwell up

test: .venv/installed ## Every test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: .venv/installed ## Everything that reads the code without running it
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/installed ## Write the pages of the step types
	@$(BIN)/python -m stepwell.reference

bench: .venv/installed ## Measure
	@$(BIN)/python -m bench

lock: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
