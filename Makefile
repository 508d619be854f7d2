# `make run` and `make test` set everything up themselves; CI runs `make` and `make test-system`.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export HF_HUB_OFFLINE ?= 1

.PHONY: all run test test-system lint types clean

all: lint types test

run: $(VENV)/.run
	$(BIN)/python app.py serve

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m "not system"

# Minutes of load, and an environment made from requirements-serve.txt alone.
test-system: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m system

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements-serve.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-serve.txt
	touch $@

$(VENV)/.dev: requirements-serve.txt requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache
