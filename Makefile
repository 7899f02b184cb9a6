# Every command a person or a machine needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test check lock styles bench browser clean

HOST ?= 127.0.0.1
PORT ?= 8000
ARGS ?=
RUN := .venv/bin
export PYTHON

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything installed (seconds when nothing changed)
	@sh .ci/setup

run: setup ## Start the marketplace: database, web and worker (HOST=, PORT= choose the address)
	@WEFT_HOST=$(HOST) WEFT_PORT=$(PORT) exec $(RUN)/python -m market.supervisor

test: setup browser ## Check the code and run every test (ARGS= is passed to pytest)
	@sh .ci/test $(ARGS)

check: setup ## Style, types, layers, dependencies
	@sh .ci/check

browser: ## Install what the browser tests need (as root on Debian), or say what is missing
	@sh .ci/browser

lock: setup ## Resolve the dependencies of pyproject.toml again into requirements.lock
	@$(RUN)/uv pip compile pyproject.toml --group dev --extra pdf --universal --python-version 3.11 --generate-hashes \
		--no-emit-package torch --no-emit-index-url --no-emit-find-links --no-header -q -o requirements.lock

styles: setup ## Make static/css/tabler.css anew: the part of Tabler that the pages use
	@$(RUN)/python .ci/styles.py > static/css/tabler.css.new && mv static/css/tabler.css.new static/css/tabler.css

bench: setup ## Run one benchmark: NAME=a folder of benchmarks/
	@test -n "$(NAME)" || { echo "Say which: make bench NAME=..., one of:" $$(ls benchmarks 2>/dev/null); exit 2; }
	@test -f "benchmarks/$(NAME)/run.py" || { echo "There is no benchmarks/$(NAME)/run.py"; exit 2; }
	@$(RUN)/python -m benchmarks.$(NAME).run $(ARGS)

clean: ## Remove .venv and caches; the data folder stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-results
