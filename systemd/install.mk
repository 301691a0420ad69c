# Puts Reverie on a machine as a service, or into DESTDIR for a package. Included by the Makefile, which defines UV.

PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
LIBDIR      ?= $(PREFIX)/lib/reverie
DOCDIR      ?= $(PREFIX)/share/doc/reverie
SYSCONFDIR  ?= /etc
UNITDIR     ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
# EXTRAS=magenta adds Magenta itself and TensorFlow (3 GB), for `engine: magenta` and for training.
EXTRAS      ?=

CONFIG  = $(SYSCONFDIR)/reverie
STAGED  = $(if $(DESTDIR),$(abspath $(DESTDIR)))
FILL_IN = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@DOCDIR@|$(DOCDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'
# Only where systemd runs, and only on the machine itself.
SYSTEMD_IS_HERE = [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]

.PHONY: install install-python install-files uninstall

install: install-python install-files
	@if $(SYSTEMD_IS_HERE); then \
	  systemd-sysusers $(SYSUSERSDIR)/reverie.conf && \
	  systemd-tmpfiles --create $(TMPFILESDIR)/reverie.conf && \
	  systemctl daemon-reload && \
	  echo "Installed. Choose the scene in $(CONFIG)/reverie.yaml, then: systemctl enable --now reverie"; \
	else \
	  echo "Installed into $(DESTDIR)/. Users, folders and the unit are made known to systemd by whoever boots it."; \
	fi

# The environment is relocatable and so does not care that it was made under DESTDIR; where no fitting Python is on the
# machine, uv puts one beside it, to which only a relative link may then point. Copied and not linked from uv's cache,
# and compiled now, because the service cannot write there. Reverie itself is built anew: uv would take the wheel that
# it built of an earlier state of this folder, as long as pyproject.toml is the same.
install-python: export UV_PROJECT_ENVIRONMENT = $(STAGED)$(LIBDIR)/venv
install-python: export UV_PYTHON_INSTALL_DIR = $(STAGED)$(LIBDIR)/python
install-python: export UV_PYTHON_PREFERENCE = system
install-python: export UV_LINK_MODE = copy
install-python: $(UV)
	@echo "Installing into $(DESTDIR)$(LIBDIR)"
	@rm -rf "$(STAGED)$(LIBDIR)/venv"
	@$(UV) venv --quiet --relocatable --python ">=3.11,<3.13" "$$UV_PROJECT_ENVIRONMENT"
	@$(UV) sync --quiet --frozen --no-dev --no-editable --compile-bytecode \
	  --reinstall-package reverie-daemon $(addprefix --extra ,$(EXTRAS))
	@target=$$(readlink "$$UV_PROJECT_ENVIRONMENT/bin/python"); \
	case "$$target" in "$$UV_PYTHON_INSTALL_DIR"/*) \
	  ln -sfn "../../python/$${target#"$$UV_PYTHON_INSTALL_DIR"/}" "$$UV_PROJECT_ENVIRONMENT/bin/python" && \
	  sed -i 's|^home = $(STAGED)|home = |' "$$UV_PROJECT_ENVIRONMENT/pyvenv.cfg";; \
	/root/*|/home/*) \
	  echo "Warning: the service may not read $$target; put a Python 3.11 or 3.12 for all users first in PATH.";; \
	esac
	@install -d "$(STAGED)$(BINDIR)"
	@ln -sfn "$(LIBDIR)/venv/bin/reverie" "$(STAGED)$(BINDIR)/reverie"

# A configuration that is there is somebody's work and is left alone; what is new is put beside it.
install-files:
	@install -d "$(STAGED)$(CONFIG)/scenes" "$(STAGED)$(UNITDIR)" "$(STAGED)$(SYSUSERSDIR)" "$(STAGED)$(TMPFILESDIR)" \
	  "$(STAGED)$(DOCDIR)"
	@if [ ! -e "$(STAGED)$(CONFIG)/reverie.yaml" ]; then \
	  install -m 644 config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml"; \
	elif ! cmp -s config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml"; then \
	  install -m 644 config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml.new"; \
	  echo "Kept $(CONFIG)/reverie.yaml; the one of this version is reverie.yaml.new beside it."; \
	fi
	@for schema in $(wildcard config/*.schema.json); do install -m 644 "$$schema" "$(STAGED)$(CONFIG)/"; done
	@$(FILL_IN) systemd/reverie.service > "$(STAGED)$(UNITDIR)/reverie.service"
	@install -m 644 systemd/reverie.sysusers "$(STAGED)$(SYSUSERSDIR)/reverie.conf"
	@install -m 644 systemd/reverie.tmpfiles "$(STAGED)$(TMPFILESDIR)/reverie.conf"
	@install -m 644 README.md LICENSE NOTICE $(wildcard docs/*.md) "$(STAGED)$(DOCDIR)/"

uninstall:
	@if $(SYSTEMD_IS_HERE); then systemctl disable --now reverie.service || true; fi
	@rm -f "$(STAGED)$(BINDIR)/reverie" "$(STAGED)$(UNITDIR)/reverie.service" \
	  "$(STAGED)$(SYSUSERSDIR)/reverie.conf" "$(STAGED)$(TMPFILESDIR)/reverie.conf" \
	  "$(STAGED)$(CONFIG)"/*.schema.json
	@rm -rf "$(STAGED)$(LIBDIR)" "$(STAGED)$(DOCDIR)"
	@if $(SYSTEMD_IS_HERE); then systemctl daemon-reload; fi
	@echo "Removed. Configuration in $(CONFIG), state in /var/lib/reverie and the user reverie are left; they are yours."
