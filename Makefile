# `make run` and `make test` set everything up themselves; CI runs `make` and `make test-system`.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE ?= 1

.PHONY: all run test test-system lint types lock clean

all: lint types test

run: $(VENV)/.run
	$(BIN)/python app.py serve

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m "not system"

# Minutes of load, and an environment made from requirements-serve.lock alone.
test-system: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m system

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# What serving installs, with hashes, and its licences. Versions that the lock file has are kept where they still fit.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links requirements-serve.txt -o requirements-serve.lock
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-serve.lock
	$(BIN)/python -m deploy.licences > docs/licences.md

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements-serve.lock | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-serve.lock
	touch $@

$(VENV)/.dev: requirements-serve.txt requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache
