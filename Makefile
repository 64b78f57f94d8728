# Everything runs in .venv, which is made from requirements.lock when first needed.
#   make run     execute every lesson; ARGS="--profile paper" passes options on
#   make site    write the executed course as pages that need no network: build/site
#   make lab     open JupyterLab in the course
#   make test    run the tests;        ARGS="tests/test_spots.py -x" picks some
#   make docs    write the pages of docs/ that are made, not typed
#   make bench   time this package beside others: benchmarks/bench.json, a quiet hour
#   make format  let ruff lay out and check the code
#   make clean   remove what run and test made (not .venv, not downloaded or prepared data)

VENV := .venv
PYTHON := $(VENV)/bin/python
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# .venv holds absolute paths and links to the system's Python. Where it was left half-made, its
# Python is gone, or the folder was moved, it is made again.
# Without --no-deps, pip 23 looks at releases newer than the lock (for what a package asks with an
# extra, such as coverage[toml]) and stops because they have no hash there. The lock is complete.
ifneq ($(shell $(PYTHON) -c pass 2>/dev/null && cat $(VENV)/made-in 2>/dev/null),$(CURDIR))
REMAKE := remake
endif

.PHONY: run site docs test bench lab format clean remake

run: $(VENV)/package
	$(VENV)/bin/sfxtutor run $(ARGS)

site: $(VENV)/package build/record.json
	$(PYTHON) -m tools.site

# Only where no lesson was executed yet; `make run` renews it.
build/record.json: | $(VENV)/package
	$(VENV)/bin/sfxtutor run $(ARGS)

test: $(VENV)/package
	$(PYTHON) -m pytest $(ARGS)

docs: $(VENV)/package
	$(PYTHON) -m tools.pages.make

bench: $(VENV)/package
	$(PYTHON) -m benchmarks.run --out benchmarks/bench.json --figure docs/pictures/bench.png $(ARGS)

lab: $(VENV)/package
	$(VENV)/bin/sfxtutor lab $(ARGS)

format: $(VENV)/package
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .coverage notebooks/.ipynb_checkpoints
	find sfxtutor tests docs tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The package itself, editable: installed again only when its metadata changes.
$(VENV)/package: $(VENV)/made-in pyproject.toml
	@$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/made-in: requirements.lock $(REMAKE)
	@found=; \
	for python in python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	      2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Found $$(python3 --version 2>&1 || echo no Python), expected Python 3.11, 3.12 or 3.13:" \
	       "install one of them, so that python3.11 (or .12, .13) is on the PATH, and run make again." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version) from requirements.lock: 2.5 GB, a few minutes ..."; \
	rm -rf $(VENV); \
	$$found -m venv $(VENV) || { \
	  echo "$$found cannot make a virtual environment: install its venv package" \
	       "(Debian, Ubuntu: apt install $$found-venv) and run make again." >&2; exit 1; }
	@$(PYTHON) -m pip install --quiet --no-deps --require-hashes -r requirements.lock || { \
	  echo "The packages of requirements.lock could not be installed (see above):" \
	       "check the network and the free disk space, and run make again." >&2; exit 1; }
	@echo "$(CURDIR)" > $@
