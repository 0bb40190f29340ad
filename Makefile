# Amp sandbox. `make help` lists what there is; every target is a thin name for a `sandbox` command.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .envs/uv/bin/uv
SANDBOX := .venv/bin/sandbox
REQUIREMENTS := platform/requirements
# `make up RUNTIME=process` or `RUNTIME=compose`; without it, containers where a Docker engine answers.
ifdef RUNTIME
export SANDBOX_RUNTIME := $(RUNTIME)
endif
export UV_SYSTEM_CERTS := true
export UV_PYTHON_DOWNLOADS := never

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environments: make has the installer's and the sandbox's, `sandbox setup` makes all others -----

.PHONY: setup
setup: .venv/.installed ## Install everything the sandbox needs (Python packages only)
	@$(SANDBOX) setup

# What a start needs: in containers the services bring their environments along.
.PHONY: setup-run
setup-run: .venv/.installed ## Install what a start needs: for containers, only the sandbox command
	@runtime=$$($(SANDBOX) runtime) || exit 1; case $$runtime in compose*) ;; *) $(MAKE) --no-print-directory setup ;; esac

.PHONY: setup-dev
setup-dev: .venv/.installed ## Install what tests, linters and benchmarks need too
	@$(SANDBOX) setup --dev

.envs/uv/.installed: $(REQUIREMENTS)/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Set PYTHON=/path/to/python3.11."; exit 1; }
	@echo "Installing uv"
	@$(PYTHON) -m venv .envs/uv || { echo "Python's venv module is missing (Debian: apt install python3.11-venv)."; exit 1; }
	@.envs/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(REQUIREMENTS)/uv.txt
	@touch $@

.venv/.installed: $(REQUIREMENTS)/sandbox.txt pyproject.toml $(REQUIREMENTS)/build.txt .envs/uv/.installed
	@echo "Installing the sandbox environment"
	@test -x .venv/bin/python || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r $(REQUIREMENTS)/sandbox.txt
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --build-constraints $(REQUIREMENTS)/build.txt --editable .
	@touch $@

.PHONY: lock
lock: .envs/uv/.installed ## Resolve every environment again (platform/requirements/*.in)
	UV=$(CURDIR)/$(UV) $(REQUIREMENTS)/compile.sh

# --- run ----------------------------------------------------------------------------------------

.PHONY: up down status demo batch audit deploy reset notebooks
up: setup-run ## Start the sandbox and deploy the template; PROFILE=batch is with Airflow, bi with Jupyter
	@$(SANDBOX) up $(if $(PROFILE),--profile $(PROFILE))

down: setup-run ## Stop everything
	@$(SANDBOX) down

status: setup-run ## Show the state of every service
	@$(SANDBOX) status

demo: setup-run ## Send seed data through the whole path and show where it arrives
	@$(SANDBOX) demo

batch: setup-run ## Rebuild the transformed tables: snapshots, crawls, Spark jobs
	@$(SANDBOX) batch

audit: setup-run ## Prove that nothing published was lost
	@$(SANDBOX) audit

deploy: setup-run ## Deploy what was edited
	@$(SANDBOX) deploy

reset: setup-run ## Empty all data: a fresh, deployed sandbox
	@$(SANDBOX) reset

notebooks: setup-run ## Open Jupyter on the running sandbox
	@$(SANDBOX) notebooks

# --- build --------------------------------------------------------------------------------------

.PHONY: wheel
wheel: setup ## Build the wheel for other people's suites, and its constraints (dist/)
	@rm -rf dist
	@$(UV) build --quiet --build-constraints $(REQUIREMENTS)/build.txt --out-dir dist .
	@sed -n 's/^\([a-z0-9][^\\]*[^ \\]\) *\\*$$/\1/p' $(REQUIREMENTS)/sandbox.txt > dist/constraints.txt
	@ls dist

.PHONY: s3-connector
s3-connector: setup ## Build the S3 connector's jar again (needs a JDK 17)
	@.envs/spark/bin/python spark/s3_connector/build.py

# --- check --------------------------------------------------------------------------------------

.PHONY: check lint types format test test-unit test-spark test-airflow test-running test-integration test-browser test-e2e test-notebooks test-compose bench docs site pictures
check: lint types ## What CI runs before the tests: linters and types

lint: setup-dev ## ruff and cfn-lint
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/cfn-lint platform/template.yaml

types: setup-dev ## mypy, strict
	@.venv/bin/mypy

format: setup-dev ## Let ruff mend what it can
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format
	@.venv/bin/python -m amp_sandbox.notebooks.outputs

test: check test-unit test-spark test-airflow test-running $(if $(LONG),test-notebooks) ## Everything; with LONG=1 also what takes minutes, and the notebooks

test-unit: setup-dev ## Fast tests, without a sandbox
	@.venv/bin/pytest tests/unit -n auto

test-spark: setup-dev ## Spark jobs and the S3 connector, without a sandbox
	@.envs/spark/bin/pytest tests/spark -n 2 --dist loadfile $(if $(LONG),,-m "not long")

test-airflow: setup-dev ## DAGs: that Airflow takes them, and what they are made of
	@.envs/airflow/bin/pytest tests/airflow

# Most of the time of these is waiting for what a sandbox does, so they are all in two sessions side by side.
test-running: setup-dev ## Tests on running sandboxes: integration, browser and end to end together
	@.venv/bin/pytest tests/integration tests/browser tests/e2e -n 2 $(if $(LONG),,-m "not long")

test-integration: setup-dev ## Tests on a sandbox of their own, on free ports
	@.venv/bin/pytest tests/integration -n 2 $(if $(LONG),,-m "not long")

test-browser: setup-dev ## The console in the system's Chromium
	@.venv/bin/pytest tests/browser

test-e2e: setup-dev ## The sandbox used as a user does; with LONG=1 also what takes minutes, such as a backfill
	@.venv/bin/pytest tests/e2e -n 2 $(if $(LONG),,-m "not long")

site: setup-dev ## Make a site of docs/ (build/site/index.html)
	@.venv/bin/sphinx-build -q -W --keep-going docs build/site
	@echo "build/site/index.html"

test-compose: setup-dev ## The sandbox in containers; with LONG=1 each is killed too. (All end-to-end tests in them: make test-e2e RUNTIME=compose)
	@SANDBOX_RUNTIME=compose .venv/bin/pytest tests/compose tests/e2e/one_user/test_user.py $(if $(LONG),,-m "not long")

pictures: setup-dev ## Take the documentation's pictures again, with the tests' browser
	@PICTURES=$(CURDIR)/docs/images .venv/bin/pytest tests/e2e/one_user/test_airflow.py tests/e2e/one_user/test_console.py -k "web_page or for_the_picture"

test-notebooks: setup-dev ## The notebooks, from their first cell to their last, on a sandbox with data
	@$(SANDBOX) setup --notebooks
	@.venv/bin/pytest tests/notebooks -rP

bench: setup-dev ## Measure speed; writes benchmarks/results/latest.json
	@PYTHONPATH=tests .venv/bin/python benchmarks/run.py $(ROWS)

docs: setup-dev ## Write the generated pages of docs/ again
	@.venv/bin/python -m amp_sandbox.reference
	@.venv/bin/python -m amp_sandbox.standins.coverage
	@.venv/bin/python -m amp_sandbox.warehouse.reference
	@.venv/bin/python -m amp_sandbox.testkit.reference
