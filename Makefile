# `make` prints the targets. Everything runs from a clean clone; scripts/setup installs what is missing.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export TABARD_FORBID_LINK_LOCAL := 1
export SWIFT_BACKTRACE := enable=no

STAGE := .build/stage
CLOUDS := gce ecr acr
PREFIX ?= /usr/local

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

setup: ## install what building, demo and tests need (Debian packages, a Python environment)
	scripts/setup test

build: ## debug build
	swift build

stage: ## release build, laid out as it is installed, in .build/stage
	scripts/stage $(STAGE)

check: ## the fast loop: layers, style, header, debug build and unit tests
	scripts/test check

test: ## everything that CI runs
	scripts/setup test
	scripts/test all

demo: ## pull a private image through each plugin, from real registries on loopback
	scripts/setup demo
	$(MAKE) --no-print-directory stage
	scripts/demo $(STAGE)

bench: ## side-by-side figures of the cold start
	scripts/setup test
	$(MAKE) --no-print-directory stage
	Benchmarks/run $(STAGE)

fuzz: ## fuzz every parser for ten minutes each
	scripts/fuzz --seconds 600 all

# Each file is unlinked before it is written: programs and libraries that run keep the one that they have open.
install: stage ## copy the staged tree to PREFIX (default /usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/tabard/v1 $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	find $(STAGE)/bin -type f -exec install -m 0755 -t $(DESTDIR)$(PREFIX)/bin {} +
	find $(STAGE)/bin -type l -exec cp -P --remove-destination -t $(DESTDIR)$(PREFIX)/bin {} +
	install -m 0644 $(STAGE)/lib/tabard/v1/* $(DESTDIR)$(PREFIX)/lib/tabard/v1/
	install -m 0755 $(STAGE)/lib/libtabard.so.1 $(DESTDIR)$(PREFIX)/lib/
	ln -sf libtabard.so.1 $(DESTDIR)$(PREFIX)/lib/libtabard.so
	install -m 0644 $(STAGE)/lib/pkgconfig/tabard.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 0644 $(STAGE)/include/*.h $(DESTDIR)$(PREFIX)/include/

clean: ## remove what builds left
	rm -rf .build .build-*

.PHONY: help setup build stage check test demo bench fuzz install clean
