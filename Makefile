.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export XUNGE_DATA ?= data

help: ## show every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.installed-demo: setup.cfg constraints.txt
	@PYTHON=$(PYTHON) ./tools/install demo

$(VENV)/.installed-test: setup.cfg constraints.txt
	@PYTHON=$(PYTHON) ./tools/install test

run: $(VENV)/.installed-demo ## set everything up and serve the demonstration on 127.0.0.1:8000 (HOST, PORT, XUNGE_DATA)
	@$(BIN)/xunge demo

test: $(VENV)/.installed-test ## install what tests need and run them all, on SQLite and PostgreSQL
	@./tools/system-packages
	@./tools/node-packages
	@./tools/check
	@$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.installed-test ## lint, types and import contracts only
	@./tools/check

bench: $(VENV)/.installed-test ## measure, side by side; prints a table and writes docs/performance.md's figures to the screen
	@./tools/system-packages
	@./tools/node-packages
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.sweeps
	@$(BIN)/python -m tests.bench.publishing
	@./tools/pygeoapi
	@$(BIN)/python -m tests.bench.maps .venv-pygeoapi

soak: $(VENV)/.installed-test ## the stateful test and kill -9 for as long as it takes to believe them (SOAK="--steps 1000 --rounds 20 --seed 7")
	@./tools/system-packages
	@$(BIN)/python -m tests.soak $(SOAK)

morning: $(VENV)/.installed-test ## 2,000 phones sign in, report and upload in ten minutes against a server of their own
	@./tools/system-packages
	@$(BIN)/python -m tests.bench.morning

format: $(VENV)/.installed-test ## let ruff put the code in order
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock: $(VENV)/.installed-test ## write the versions in use to constraints.txt
	@$(BIN)/pip freeze --exclude-editable | grep -viE '^(pip|setuptools|wheel|xunge)\b' > constraints.txt

clean: ## remove the virtual environment and caches (the data folder stays)
	@rm -rf $(VENV) .venv-pygeoapi tests/js/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

.PHONY: help run test check bench soak morning format lock clean
