# Everything a contributor or a first-time user runs. Needs Python 3.11+, make, git, pip.
#   make demo     set up, then fit networks to real tables and print the comparison
#   make test     set up, then lint, check types and layers, run all tests
#   make bench    set up the rivals in an environment of their own, then measure (10 minutes)
#   make memory-problems   errors and times on problems that need memory, against PyTorch (10 minutes)
#   make data-profiles     what learners without gradients solve, against SciPy (10 minutes)
#   make learner-problems  what second-order and population learners learn, against their rivals (25 minutes)
#   make docs     build the documentation, warnings as errors
#   make format   let ruff rewrite what it can

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .bench-venv
INSTALL = -m pip install --quiet --disable-pip-version-check \
          --constraint constraints.txt --build-constraint constraints.txt
# What the installed environments depend on; a change of any of them installs again.
RECIPE := pyproject.toml constraints.txt src/wildwire/_version.py

.PHONY: demo test bench memory-problems data-profiles learner-problems docs format lint types layers \
        pytest wheel clean
.DELETE_ON_ERROR:
# Quick checks first, one after another also under `make -j`; pytest has the last word.
.NOTPARALLEL:

test: lint types layers pytest

demo: $(VENV)/.installed-user
	@$(BIN)/wildwire demo

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/pyrefly check

# Without its cache, which remembers imports of modules that did not exist yet.
layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports --no-cache

# On two cores: on a fresh machine half of the time goes into compiling kernels.
pytest: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html

# FANN is a C library: Debian's libfann2. Without it, its column is empty.
bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks

memory-problems: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks.memory_problems

data-profiles: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.data_profiles

learner-problems: $(BENCH)/.installed
	$(BENCH)/bin/python -m benchmarks.learners

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist \
	    --build-constraint constraints.txt .

clean:
	rm -rf $(VENV) $(BENCH) dist build docs/_build .ruff_cache .pytest_cache

# Each stamp is touched only after its installation has succeeded. Users of
# `make demo` do not wait for the tools of contributors.
$(VENV)/.installed-dev: $(VENV)/.pip $(RECIPE)
	$(BIN)/python $(INSTALL) --editable . --group dev
	@touch $@ $(VENV)/.installed-user

$(VENV)/.installed-user: $(VENV)/.pip $(RECIPE)
	$(BIN)/python $(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed-dev
	$(BIN)/python $(INSTALL) --group docs
	@touch $@

$(BENCH)/.installed: $(BENCH)/.pip $(RECIPE)
	$(BENCH)/bin/python $(INSTALL) --editable . --group bench
	@touch $@

# pip understands --group since 25.1, and the one that Python brings is often older.
%/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Wildwire needs Python 3.11 or newer; $(PYTHON) is" \
	         "$$($(PYTHON) --version 2>&1)." \
	         "Name another one: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
	    --constraint constraints.txt pip
	@touch $@
.PRECIOUS: %/.pip
