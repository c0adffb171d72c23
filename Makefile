# Each target works on a fresh machine: .venv is made from the pinned list when it is not there.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: repro test check slow sweep ui bench

repro: .venv/ready checkout  ## everything: corpus, network, samples, likelihood, page, MLflow run; PRESET=article: so
	@if [ -n "$(PRESET)" ]; then penlift preset "$(PRESET)"; fi
	dvc repro
	@echo "Done. Open reports/index.html to see what the network wrote; make ui shows all runs."

test: check  ## lint, types, imports, and the tests that take no more than a second or two
	python -m pytest -m "not slow" -n 2 --max-worker-restart 0

check: .venv/ready
	ruff check .
	ruff format --check .
	mypy
	lint-imports

slow: .venv/ready checkout  ## the tests that take minutes: the pipeline end to end, queued experiments; two files at a time
	python -m pytest -m slow -n 2 --dist loadfile --max-worker-restart 0

sweep: .venv/ready checkout  ## all trials of SWEEP=sweeps/FILE.yaml, AT_ONCE=2 at a time, and what they answer
	penlift sweep $(or $(SWEEP),sweeps/first-answer.yaml) $(if $(AT_ONCE),--at-once $(AT_ONCE))

ui: .venv/ready  ## MLflow's pages, on this machine only
	@case "$$MLFLOW_TRACKING_URI" in http*) echo "Runs go to $$MLFLOW_TRACKING_URI: open that in a browser."; exit ;; esac; \
	echo "Open http://127.0.0.1:5000/#/experiments?workflowType=machine_learning; Ctrl-C ends it."; \
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow ui --workers 1 --host 127.0.0.1 \
	  --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

bench: .venv/ready  ## timings side by side, as ratios
	python bench/step.py

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"penlift: Python 3.11 or later is needed, and this is {sys.version}")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: checkout
checkout:
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "penlift: $(CURDIR) is not a git checkout, and DVC needs one; clone the project, or: git init && git add -A && git commit -m start" >&2; exit 1; }
