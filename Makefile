# Two commands: `make run` shows a zone of three towns, `make test` proves it.
VENV ?= .venv
BIN := $(VENV)/bin
ONLY ?=
ARGS ?=
SECONDS ?= 60
# One more than there are cores: tests wait for programs, clocks and each other.
JOBS ?= $(shell expr $$(nproc) + 1)
# What fails is run once more, by itself: beside others, on a busy machine, time may have failed it. Twice is a failure.
AGAIN := --last-failed --last-failed-no-failures none
# Compiled once: every command and every server of the tests would compile a thousand modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run ready-tests test attacks faults fuzz mutants lint format bench audit docs security-report lock clean

run: $(VENV)/ready
	$(BIN)/kairanban demo

# Programs and packages beyond Python's, installed where they are missing.
ready-tests: $(VENV)/ready-dev
	bash tests/setup.sh
	$(BIN)/python -m tests.testrig.npm

test: ready-tests
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS) || $(BIN)/python -m pytest $(AGAIN) $(ARGS)

# Of those, the table of attacks.
attacks: ready-tests
	$(BIN)/python -m pytest -n $(JOBS) tests/attacks $(ARGS)

# The fault tests of `make test` at their full size: thousands of activities, locks and pauses as long as in life.
faults: ready-tests
	TEST_FAULTS=long $(BIN)/python -m pytest -o faulthandler_timeout=0 tests/faults $(ARGS)

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

fuzz: $(VENV)/ready-fuzz
	$(BIN)/python -m tests.fuzz $(ONLY) --seconds $(SECONDS)

mutants: $(VENV)/ready-dev
	$(BIN)/python -m tests.mutants $(ONLY) $(ARGS)

# Known faults of what is locked, by PyPI's advisories; fails where there is one.
audit: $(VENV)/ready-dev
	$(BIN)/python -m tests.audit $(ARGS)

docs: $(VENV)/ready-dev
	$(BIN)/python -m tests.docs

security-report: ready-tests
	$(BIN)/python -m tests.attacks.report -n $(JOBS) $(ARGS)

lock: $(VENV)/uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header -q -o requirements.lock
	$(BIN)/uv pip compile --group fuzz --universal --generate-hashes --no-header -q -o requirements-fuzz.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header -q -c requirements.lock -o requirements-dev.lock

$(VENV)/uv:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || bash tests/setup.sh python3-venv
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/ready: $(VENV)/uv requirements.lock pyproject.toml
	test -e $(VENV)/ready-dev || $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@

$(VENV)/ready-dev: $(VENV)/uv requirements-dev.lock pyproject.toml
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@ $(VENV)/ready

# Guided by coverage where there is a wheel for this system; the targets run without it too.
$(VENV)/ready-fuzz: $(VENV)/ready-dev requirements-fuzz.lock
	-$(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements-fuzz.lock
	touch $@

clean:
	rm -rf $(VENV) var
