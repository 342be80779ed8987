# Everything here works on a fresh machine with Python >= 3.11, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check bench calibrate docs clean
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

# make bench ONLY=kernel measures a part: peers, kernel, memory, process, run or walk
WITH_PEERS := $(if $(ONLY),$(filter peers,$(ONLY)),peers)
bench: $(VENV)/installed-dev $(if $(WITH_PEERS),$(PEERS)/installed) ## time sweeps and runs, side by side with other engines
	@$(BIN)/python -m benchmarks --python $(PEERS)/bin/python $(if $(ONLY),--only $(ONLY))

# One that cannot be installed is left out, with a line that says so, and tried again next time.
$(PEERS)/installed: benchmarks/requirements.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "Installing the engines to compare with into $(PEERS) ..."
	@if $(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet -r $<; then touch $@; \
	else grep -v '^#' $< | while read -r peer; do \
		$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet "$$peer" \
		|| echo "cannot install $$peer: it will be left out"; done; fi

calibrate: $(VENV)/installed-dev ## check on simulated markets that the p-value of a search tells the truth
	@$(BIN)/python -m benchmarks.calibration

docs: $(VENV)/installed-dev  ## rewrite the files that are made from the code
	@$(BIN)/python -m docs

clean:                       ## remove the virtual environments
	rm -rf $(VENV) $(PEERS)
