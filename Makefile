# `make run` and `make test` set everything up on a fresh machine; `make check` is the quick part of `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH_INDEX ?=
PIP := $(BIN)/python -m uv pip install --python $(BIN)/python $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX) --index-strategy unsafe-best-match,)
PORT ?= 8501
ADDRESS ?= 127.0.0.1
# Each worker computes with one thread and drives a browser of its own: about one for each core, and 3 GB.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest
QUICK := tests/test_architecture.py tests/test_trust_boundary.py tests/test_registry.py tests/test_no_network.py \
	tests/data tests/render tests/models/test_layers.py tests/models/test_model.py tests/models/test_replication.py \
	tests/explain/features tests/explain/architecture tests/explain/attribution/test_identities.py \
	tests/representation/projection/tsne tests/representation/test_embeddings.py tests/representation/test_clusters.py \
	tests/ui/state tests/ui/components tests/javascript
IN_WORKERS := --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder

# memory in large pages, where the C library knows how: every picture and map is found quicker
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: run test check test-long test-gpu lint unit quick networks screenshots bench clean

run: $(VENV)/.run
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

test: lint unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/oxlint --deny-warnings featviz tests

unit: $(VENV)/.test
	$(PYTEST) $(IN_WORKERS) -m "not long and not gpu"

check: $(VENV)/.test
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint quick

quick: $(VENV)/.test
	$(PYTEST) $(QUICK)

test-long: $(VENV)/.test
	$(PYTEST) $(IN_WORKERS) -m "long and not gpu"

test-gpu: $(VENV)/.test
	$(PYTEST) -rs tests/test_gpu.py

$(BIN)/uv:
	@echo "Setting up $(VENV): the first time this downloads torch and more (see README), for minutes on a slow line."
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
	$(BIN)/python -m benchmarks.training

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
