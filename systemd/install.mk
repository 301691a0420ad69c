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

# Releases lie side by side in LIBDIR; a link says which one counts.
RELEASES = STAGED="$(STAGED)" LIBDIR="$(LIBDIR)" BINDIR="$(BINDIR)" UNITDIR="$(UNITDIR)" UV="$(abspath $(UV))" \
  EXTRAS="$(EXTRAS)" PYTHON="$(PYTHON)" systemd/releases.sh
# A file is the old one or the new one, whatever happens meanwhile: PUT MODE SOURCE TARGET.
PUT = put() { install -m "$$1" "$$2" "$$3.new" && mv -f "$$3.new" "$$3"; }; put

.PHONY: install install-files rollback uninstall

# The release is built and tried first, and switched to last: whatever fails before, nothing has changed.
install: $(UV)
	@number=$$($(RELEASES) build 3>&1 >&2) && \
	$(MAKE) --no-print-directory install-files && \
	cp "$(STAGED)$(UNITDIR)/reverie.service" "$(STAGED)$(LIBDIR)/releases/$$number/" && \
	$(RELEASES) switch "$$number"
	@if $(SYSTEMD_IS_HERE); then \
	  systemd-sysusers $(SYSUSERSDIR)/reverie.conf && \
	  systemd-tmpfiles --create $(TMPFILESDIR)/reverie.conf && \
	  systemctl daemon-reload && \
	  echo "Installed. Choose the scene in $(CONFIG)/reverie.yaml, then: systemctl enable --now reverie" && \
	  echo "If it runs already, it plays on as it was: systemctl restart reverie. The one before: make rollback"; \
	else \
	  echo "Installed into $(DESTDIR)/. Users, folders and the unit are made known to systemd by whoever boots it."; \
	fi

rollback:
	@$(RELEASES) rollback
	@if $(SYSTEMD_IS_HERE); then systemctl daemon-reload && echo "Then: systemctl restart reverie"; fi

# A configuration that is there is somebody's work and is left alone; what is new is put beside it.
install-files:
	@install -d "$(STAGED)$(CONFIG)/scenes" "$(STAGED)$(UNITDIR)" "$(STAGED)$(SYSUSERSDIR)" "$(STAGED)$(TMPFILESDIR)" \
	  "$(STAGED)$(DOCDIR)"
	@if [ ! -e "$(STAGED)$(CONFIG)/reverie.yaml" ]; then \
	  $(PUT) 644 config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml"; \
	elif ! cmp -s config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml"; then \
	  $(PUT) 644 config/reverie.yaml "$(STAGED)$(CONFIG)/reverie.yaml.new" && \
	  echo "Kept $(CONFIG)/reverie.yaml; the one of this version is reverie.yaml.new beside it."; \
	fi
	@set -e; for schema in $(wildcard config/*.schema.json); do \
	  $(PUT) 644 "$$schema" "$(STAGED)$(CONFIG)/$$(basename "$$schema")"; \
	done
	@$(FILL_IN) systemd/reverie.service > "$(STAGED)$(UNITDIR)/reverie.service.new" && \
	  mv -f "$(STAGED)$(UNITDIR)/reverie.service.new" "$(STAGED)$(UNITDIR)/reverie.service"
	@$(PUT) 644 systemd/reverie.sysusers "$(STAGED)$(SYSUSERSDIR)/reverie.conf"
	@$(PUT) 644 systemd/reverie.tmpfiles "$(STAGED)$(TMPFILESDIR)/reverie.conf"
	@rm -f "$(STAGED)$(DOCDIR)"/*.md  # where version 0.1.0 had its pages
	@set -e; for page in README.md CHANGELOG.md CONTRIBUTING.md LICENSE NOTICE $$(find docs config scenes systemd/drop-ins -type f); do \
	  install -d "$(STAGED)$(DOCDIR)/$$(dirname "$$page")" && \
	  $(PUT) 644 "$$page" "$(STAGED)$(DOCDIR)/$$page"; \
	done

uninstall:
	@if $(SYSTEMD_IS_HERE); then systemctl disable --now reverie.service || true; fi
	@rm -f "$(STAGED)$(BINDIR)/reverie" "$(STAGED)$(UNITDIR)/reverie.service" \
	  "$(STAGED)$(SYSUSERSDIR)/reverie.conf" "$(STAGED)$(TMPFILESDIR)/reverie.conf" \
	  "$(STAGED)$(CONFIG)"/*.schema.json
	@rm -rf "$(STAGED)$(LIBDIR)" "$(STAGED)$(DOCDIR)"
	@if $(SYSTEMD_IS_HERE); then systemctl daemon-reload; fi
	@echo "Removed. Configuration in $(CONFIG), state in /var/lib/reverie and the user reverie are left; they are yours."
