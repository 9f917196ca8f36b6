# What one can do here. Needs Python 3.11 or newer; the tests also need Node with npm, and Chromium.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo "$$name" && exit; done; echo python3)
BIN := .venv/bin
WORKERS ?= 2

NODE_TESTS := $(patsubst %,%/node_modules/installed,tests/consumers/node tests/browser tests/deploy)
HOST_CLIENT := examples/host_app/stepwell_client/__init__.py

.DEFAULT_GOAL := help
.PHONY: help run host host-client browser-tools test check audit sbom format docs bench chaos lock clean

help: ## Say what one can do here
	@echo "make run     start everything in this folder: server, store, mail catcher, worker, an example client"
	@echo "make host    start the example host application, beside what 'make run' started"
	@echo "make test    every test, on real servers and in a real browser; STORE=postgres puts every house on PostgreSQL"
	@echo "make check   format, lint, types, import contracts"
	@echo "make audit   ask whether a known weakness is in anything that is pinned"
	@echo "make sbom    write what Stepwell is made of to build/stepwell.cdx.json (CycloneDX)"
	@echo "make format  bring the code into its format"
	@echo "make docs    write the pages of the step types"
	@echo "make chaos   break everything again and again for an hour, and see what holds; MINUTES and SEED say otherwise"
	@echo "make bench   measure everything that docs/performance.md tells of, beside plain Temporal and DBOS; an hour"
	@echo "make lock    write requirements.lock, and what is in the image, anew from pyproject.toml"
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

host: .venv/installed $(HOST_CLIENT) ## Start the example host beside a running stack
	@export STEPWELL_URL=$${STEPWELL_URL:-http://127.0.0.1:8080} && \
		export STEPWELL_KEY=$${STEPWELL_KEY:-$$($(BIN)/stepwell key add host --subject example-host)} && \
		cd examples/host_app && exec ../../$(BIN)/python -m host_app

host-client: .venv/installed $(HOST_CLIENT) ## Generate the client that the example host and its tests use

$(HOST_CLIENT): .venv/installed examples/host_app/generate.py examples/host_app/generator.yaml $(wildcard engine/*.py stepwell/*.py stepwell/api/*.py stepwell/models/*.py)
	@$(BIN)/python examples/host_app/generate.py >/dev/null
	@touch $@

browser-tools: $(NODE_TESTS) ## What the tests need besides Python
	@test -x /usr/bin/chromium || { echo "the tests need Chromium at /usr/bin/chromium; on Debian: apt-get install chromium"; exit 1; }

%/node_modules/installed: %/package-lock.json
	@command -v npm >/dev/null || { echo "the tests need Node with npm; on Debian: apt-get install nodejs npm"; exit 1; }
	@cd $* && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

test: .venv/installed browser-tools $(HOST_CLIENT) ## Every test
	@$(if $(STORE),STEPWELL_TEST_STORE=$(STORE) )$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: .venv/installed ## Everything that reads the code without running it
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

audit: .venv/installed ## Known weaknesses
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock

sbom: .venv/installed ## What it is made of
	@mkdir -p build
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/stepwell.cdx.json $(BIN)/python

format: .venv/installed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/installed ## Write the pages of the step types
	@$(BIN)/python -m stepwell.reference

bench: .venv/installed ## Measure
	@$(BIN)/python -c 'import dbos' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[bench]'
	@$(BIN)/python -m bench $(if $(JSON),--json $(JSON))

chaos: .venv/installed ## Break it
	@$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED))

lock: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile pyproject.toml --extra embedded --extra fhir --extra telemetry --extra testing --extra dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra fhir --extra telemetry -c requirements.lock --no-annotate --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o deploy/runtime.lock
	@echo hatchling | $(BIN)/uv pip compile - -c requirements.lock --no-annotate --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -q -o deploy/build.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
