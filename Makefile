# Two commands: `make run` shows a zone of three towns, `make test` proves it.
VENV ?= .venv
BIN := $(VENV)/bin
ONLY ?=
ARGS ?=

.PHONY: run test lint format bench docs lock clean

run: $(VENV)/ready
	$(BIN)/kairanban demo

test: $(VENV)/ready-dev
	bash tests/setup.sh
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/ready-dev
	$(BIN)/python -m tests.bench $(ONLY)

docs: $(VENV)/ready-dev
	$(BIN)/python -m tests.docs

lock: $(VENV)/uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header -q -c requirements.lock -o requirements-dev.lock

$(VENV)/uv:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || bash tests/setup.sh python3-venv
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/ready: $(VENV)/uv requirements.lock pyproject.toml
	test -e $(VENV)/ready-dev || $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@

$(VENV)/ready-dev: $(VENV)/uv requirements-dev.lock pyproject.toml
	$(BIN)/uv pip sync --quiet --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@ $(VENV)/ready

clean:
	rm -rf $(VENV) var
