# Each target works on a fresh machine: .venv is made from the pinned list when it is not there. What a person names, as PRESET
# or by the name of a folder, reaches recipes as variables of the shell, which it expands once and never runs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: repro test check slow sweep ui bench

repro: .venv/ready checkout lock  ## everything: corpus, network, samples, likelihood, page, MLflow run; PRESET=article: so
	@if [ -n "$$PRESET" ]; then penlift preset -- "$$PRESET"; fi
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

sweep: .venv/ready checkout lock  ## all trials of SWEEP=sweeps/FILE.yaml, AT_ONCE=2 at a time, and what they answer
	@penlift sweep $${AT_ONCE:+--at-once "$$AT_ONCE"} -- "$${SWEEP:-sweeps/first-answer.yaml}"

ui: .venv/ready  ## MLflow's pages, on this machine only
	@case "$$MLFLOW_TRACKING_URI" in http*) echo "Runs go to the server of MLFLOW_TRACKING_URI: open that in a browser."; exit ;; esac; \
	echo "Open http://127.0.0.1:5000/#/experiments?workflowType=machine_learning; Ctrl-C ends it."; \
	MLFLOW_BACKEND_STORE_URI="$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}" MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	  mlflow ui --workers 1 --host 127.0.0.1  # a store may have a password, which no list of processes shows

bench: .venv/ready  ## timings side by side, as ratios
	python bench/step.py

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"penlift: Python 3.11 or later is needed, and this is {sys.version}")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: checkout lock
checkout:
	@said=$$(LC_ALL=C git rev-parse --git-dir 2>&1) || { case "$$said" in *"not a git repository"*) \
	  said="$$PWD is not a git checkout, and DVC needs one; clone the project, or: git init && git add -A && git commit -m start" ;; \
	esac; printf 'penlift: %s\n' "$$said" >&2; exit 1; }

lock: .venv/ready  ## a dvc.lock that was cut short while DVC wrote it goes aside: DVC makes it again from its cache
	@if dvc stage list 2>&1 >/dev/null | grep -q "dvc.lock'"; then mv dvc.lock dvc.lock.cut; \
	  echo "penlift: dvc.lock was not whole: it is kept as dvc.lock.cut, and DVC makes it again from its cache"; fi
