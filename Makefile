# Everything a fresh machine needs is Python 3.11+ and make; `make` alone lists what there is.
# Written for GNU make 3.81 (macOS) and newer.

PY := .venv/bin/python
FINDER := $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11)
# Arguments for the command at hand: make demo ARGS="--partners 100"
ARGS ?=
export PYTHON
# A house is several processes, and its tests are many houses: what one of them compiled serves all.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test chromium lint format css screenshots bench wheel lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: finder ## Make .venv from requirements.lock (skipped when nothing changed)
	@$(FINDER) tools/install.py requirements.lock

setup-dev: finder
	@$(FINDER) tools/install.py requirements-dev.lock

.PHONY: finder
finder:
	@test -n "$(FINDER)" || { echo "setup: no Python was found. Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.12" >&2; exit 1; }

demo: setup ## A seeded programme, live, at http://127.0.0.1:8000
	@.venv/bin/engage demo $(ARGS)

test: setup-dev chromium ## All tests, on SQLite, PostgreSQL, Valkey and Chromium
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(if $(CI),-p tests.no_skips) $(ARGS)

chromium:
	@$(PY) -m tests.chromium

lint: setup-dev ## ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup-dev ## Let ruff mend and format the sources
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

css: setup-dev ## Build static/css/app.css from its sources (needs npm)
	@$(PY) static/css/build.py $(ARGS)

screenshots: setup-dev chromium ## Make the README's pictures from the demo
	@$(PY) tools/screenshots.py $(ARGS)

bench: setup-dev ## Measure what the documentation claims
	@for name in flow boards live video soak why; do echo "== $$name"; $(PY) benchmarks/$$name.py $(ARGS) || exit 1; done

wheel: setup-dev ## Build dist/engage-*.whl, templates and films' templates inside
	@$(PY) -m build --wheel --no-isolation --outdir dist . > .venv/build.log 2>&1 || { cat .venv/build.log >&2; exit 1; }
	@ls dist/*.whl

# uv resolves for every platform at once, which pip cannot. moviepy 2.2.1 asks for a Pillow below
# 12, whose newest has a known hole, and works with newer ones: hence the override, and --no-deps
# wherever the lock is installed.
UV := .make/uv/bin/uv
COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --extra films \
	--override .make/overrides.txt --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

lock: finder ## Compile both lock files anew (ARGS=--upgrade for the newest of everything)
	@mkdir -p .make && echo 'pillow>=12' > .make/overrides.txt
	@test -x $(UV) || { $(FINDER) -m venv .make/uv && .make/uv/bin/pip install --quiet uv; }
	@echo "lock: requirements.lock" && $(COMPILE) $(ARGS) --group setup -o requirements.lock
	@echo "lock: requirements-dev.lock" && $(COMPILE) $(ARGS) --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove what make made: .venv, caches, builds (never the data in var/)
	rm -rf .venv .make build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis static/css/node_modules
	find . -name __pycache__ -prune -exec rm -rf {} +
