# A fresh clone needs Python 3.11 to 3.13, pip and make; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
JOBS ?= 3
PORT ?= 8443

CLIENTS := .venv-clients

.PHONY: demo test conformance clients sandbox lint lock clean

demo: $(VENV)/run.stamp
	$(BIN)/python -m graphmail_ansible.demo

sandbox: $(VENV)/run.stamp
	$(BIN)/python -m graphmail.rehearsal start --port $(PORT)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# docs/conformance.md says how to name a disposable tenant.
conformance: $(VENV)/dev.stamp
	$(BIN)/python -m tests.conformance

# Programs by others, for the tests marked `clients`; a minute and a gigabyte, so plain `make test` does without.
clients: $(CLIENTS)/clients.stamp

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	ANSIBLE_INVENTORY=inventory.example.yml $(BIN)/ansible-lint --offline
	$(BIN)/nbstripout --verify notebooks/*.ipynb

# Universal for Python 3.11 to 3.13; needs uv.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate requirements-clients.in -o requirements-clients.txt

clean:
	rm -rf $(VENV) $(CLIENTS) tests/clients/node/node_modules .demo .sandbox

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

$(CLIENTS)/clients.stamp: requirements-clients.txt tests/clients/node/package-lock.json
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-clients.txt
	cd tests/clients/node && npm ci --no-audit --no-fund --silent
	touch $@
