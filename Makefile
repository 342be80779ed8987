# Everything here works on a fresh machine with Python >= 3.11, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check bench docs clean
.DEFAULT_GOAL := demo

$(VENV)/installed: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Streaklab into $(VENV) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Streaklab and what its tests need into $(VENV) ..."
	@$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed      ## run the main job on the embedded simulated market
	@$(BIN)/streak run configs/demo.yaml --report

test: $(VENV)/installed-dev  ## run the whole test suite
	@sh tests/browser/install_chromium.sh
	@$(BIN)/python -m pytest -n auto

check: $(VENV)/installed-dev ## lint, types, and the layers of the architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

bench: $(VENV)/installed-dev ## time what the README claims, side by side
	@$(BIN)/python -m benchmarks

docs: $(VENV)/installed-dev  ## rewrite the files that are made from the code
	@$(BIN)/python -m docs

clean:                       ## remove the virtual environment
	rm -rf $(VENV)
