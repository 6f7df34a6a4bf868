# Two commands set everything up on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH_INDEX ?=
PIP := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --index-strategy unsafe-best-match,)
PORT ?= 8501
ADDRESS ?= 127.0.0.1

# memory in large pages, where the C library knows how: every picture and map is found quicker
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: run test lint unit networks screenshots bench clean

run: $(VENV)/.run
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

test: lint unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/.test
	$(BIN)/python -m pytest

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.run: requirements.txt | $(BIN)/uv
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.test: requirements-test.txt requirements.txt | $(BIN)/uv
	$(PIP) -r requirements-test.txt
	touch $@ $(VENV)/.run

networks: $(VENV)/.run
	$(BIN)/python -m featviz.training --bfloat16

screenshots: $(VENV)/.test
	$(BIN)/python -m tests.screenshots

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks.record
	$(BIN)/python -m benchmarks.execution
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.sessions
	$(BIN)/python -m benchmarks.attribution
	$(BIN)/python -m benchmarks.maximization
	$(BIN)/python -m benchmarks.embedding

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
