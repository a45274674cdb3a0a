# Two commands on a fresh machine: make compare, make test. Everything lands in .venv and outputs/.
PYTHON ?= python3
BIN := .venv/bin
EXPERIMENT ?= quickstart
# make compare SEEDS=3: with seeds 0, 1 and 2 in place of the experiment's own
SEED_WORD = $(if $(SEEDS),seed=$(or $(shell $(PYTHON) -c "print(*range($(SEEDS)), sep=',')"),$(error SEEDS=$(SEEDS): say how many, such as SEEDS=3)))
# A process for each core, each with one thread: tests are small, and a second thread would only wait.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.PHONY: compare test test-all lint lock

compare: $(BIN)/.installed
	$(BIN)/python scripts/train.py experiment=$(EXPERIMENT) $(SEED_WORD)

test: $(BIN)/.installed-test lint
	$(PYTEST)

test-all: $(BIN)/.installed-test lint
	$(PYTEST) -m "not gpu"

lint: $(BIN)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(BIN)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'wordorder needs Python 3.11 or newer: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c requirements.lock -e .
	touch $@

$(BIN)/.installed-test: $(BIN)/.installed
	$(BIN)/pip install --quiet -c requirements.lock -e ".[test]"
	touch $@

# Pins what is installed now, test extras included; run it after changing a dependency.
lock: $(BIN)/.installed-test
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock
