# Everything a person does with this project. Needs only Python >= 3.11 and make on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := 0.13.9
# A release needs neither the embedded servers nor what only tests need: LOCK=requirements.production.lock.
LOCK ?= requirements.lock
# A third of the time tests wait for processes; on two cores a third worker takes it up.
TEST_WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile

# The tests start some hundred processes; without kept bytecode each compiles the project anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test test-long hostile soak lint format bench bench-open-loop bench-memory bench-scale bench-stages faults clients lock audit clean

help:  ## List the targets.
	@awk -F':.*## ' '/^[a-z.-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or newer is needed: install it, or say where it is: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) \
		|| { echo "No virtual environment could be made: install python3-venv"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(LOCK)
	@touch $(STAMP)

.venv: $(STAMP)  ## Make the environment from the lock.

.env:
	@echo 'SBD_MODE=demo' > .env
	@echo "Made .env for the demo; .env.example lists every setting."

run: $(STAMP) .env  ## Serve the demo: embedded MongoDB and Redis, API, console. Ctrl-C stops all of it.
	@exec $(BIN)/python manage.py run --with-parent

test: $(STAMP)  ## Run the tests against real servers of their own, in under ten minutes.
	@$(PYTEST)

test-long: $(STAMP)  ## Run what takes longer (browsers, whole processes), and every race and property twenty times as often.
	@SBD_FULL=1 $(PYTEST)

hostile: $(STAMP)  ## Send 250,000 hostile requests to the real system, and look at its memory. Prints the figures.
	@SBD_FULL=1 SBD_HOSTILE=250000 $(BIN)/python -m pytest tests/hostile

soak: $(STAMP)  ## A thousand mails through a bad server, 100,000 overdue invitations, a million ledger commands.
	@SBD_SOAK=1 $(BIN)/python -m pytest -s tests/faults/test_outbox_storm.py tests/families/test_expiry_soak.py \
		tests/faults/test_ledger_faults.py tests/tokens/test_ledger_machine.py tests/tokens/test_hot_accounts.py \
		tests/e2e/test_schemathesis.py tests/ops/backup/test_backup_soak.py

lint: $(STAMP)  ## Check style, types and imports.
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@SBD_MODE=test $(BIN)/mypy .
	@$(BIN)/lint-imports --no-logo

format: $(STAMP)  ## Put the code in the one format.
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

bench: $(STAMP)  ## Measure all hot paths against a bare async endpoint that does the same. Draws a picture of it.
	@$(BIN)/python -m bench

bench-open-loop: $(STAMP)  ## Send at 70 % of what it can for ten minutes, while the jobs are at work.
	@$(BIN)/python -m bench.open_loop

bench-memory: $(STAMP)  ## See whether a web process holds more, the more requests it has answered.
	@$(BIN)/python -m bench.memory

bench-scale: $(STAMP)  ## Measure reads and jobs with 1,000, 100,000 and 1,000,000 families. Takes hours.
	@$(BIN)/python -m bench.scale

bench-stages: $(STAMP)  ## Show where the time of each kind of request goes.
	@$(BIN)/python -m bench.stages

faults: $(STAMP)  ## Break a live system in a hundred ways, and judge what doctor says. Writes docs/faults.md.
	@$(BIN)/python -m faults --all --load-runs 100

clients: $(STAMP) .env  ## Make the typed clients in Python and TypeScript from the API's own description.
	@$(BIN)/python -m clients

lock: $(STAMP)  ## Make both locks anew from pyproject.toml; the versions are the same.
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras \
		--no-emit-index-url pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
		--no-emit-index-url --constraint requirements.lock pyproject.toml -o requirements.production.lock

audit: $(STAMP)  ## Look up known flaws of what both locks pin, at osv.dev. Status 1: there are some, 2: it is away.
	@$(BIN)/python -m ops.deploy.known_flaws $(patsubst %,--ignore %,$(IGNORE)) \
		requirements.lock requirements.production.lock

clean:  ## Stop the demo's servers; remove the environment and the demo's data.
	@-$(BIN)/python manage.py embedded stop
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache
