# The same checks that CI runs. `make check` after every change.
PY := .venv/bin/python

.PHONY: check format lint types imports test bench screenshots faults-all

check: lint types imports test

format:
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lint:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .

types:
	.venv/bin/mypy

imports:
	.venv/bin/lint-imports

test:
	$(PY) -m pytest -n 2

bench:
	$(PY) -m benchmarks

screenshots:
	$(PY) -m tests.screenshots screenshots

faults-all:
	PUMAS_FAULTS=all $(PY) -m pytest -n 2 tests/faults
