# `make` prints the targets. Everything runs from a clean clone; scripts/setup installs what is missing.
.DEFAULT_GOAL := help
SHELL := /bin/sh
export TABARD_FORBID_LINK_LOCAL := 1
export SWIFT_BACKTRACE := enable=no

ROOT := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))
STAGE := $(ROOT).build/stage
SOURCES := $(addprefix $(ROOT),Package.swift Sources Plugins packaging docs/manual examples/systemd scripts/stage scripts/build-release \
    scripts/unpin-runtime scripts/start-order.txt)
PREFIX ?= /usr/local

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(ROOT)Makefile | expand -t 22

setup: ## install what building, demo and tests need (Debian packages, a Python environment)
	scripts/setup test

build: ## debug build, as the tests want it; `swift build` adds what a debugger needs
	swift build -debug-info-format none

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

ROUNDS ?= 15
bench: ## every figure beside its floor and its rivals: docs/benchmarks.md and its plots (ROUNDS=15)
	scripts/setup test
	$(MAKE) --no-print-directory stage
	@mkdir -p .build/bench
	Benchmarks/run --rounds $(ROUNDS) $(STAGE) >.build/bench/tables.md || { cat .build/bench/tables.md; exit 1; }
	@cat .build/bench/tables.md
	@Benchmarks/report docs .build/bench/tables.md

bench-check: ## ratios of a short run against Benchmarks/thresholds.json
	scripts/setup test
	$(MAKE) --no-print-directory stage
	Benchmarks/check $(STAGE)

reproducible: ## build the plugins twice, in two folders, and compare their bytes (five minutes)
	scripts/check-reproducible

docs: ## DocC archives of the libraries, in .build/docs
	scripts/check-docc .build/docs

fuzz: ## fuzz every parser for ten minutes each
	scripts/fuzz --seconds 600 all

soak: ## long proofs: a year of single nodes on a clock of their own, ten minutes of an agent under load
	scripts/simulate --lives 100 --days 365
	$(MAKE) --no-print-directory stage
	TABARD_LOAD_SECONDS=600 swift test --disable-xctest -debug-info-format none --filter EndToEndTests.AgentLoadTests

# A staged tree is made again where a toolchain is at hand and the sources are newer; else the one that is there is taken.
staged:
	@if command -v swift >/dev/null && { [ ! -x $(STAGE)/bin/tabard ] || \
	    [ -n "$$(find $(SOURCES) -type f -newer $(STAGE)/bin/tabard 2>/dev/null | head -n 1)" ]; }; then $(ROOT)scripts/stage $(STAGE); fi

install: staged ## copy the staged tree to PREFIX (default /usr/local), below DESTDIR
	@$(ROOT)scripts/install $(STAGE) $(PREFIX) $(DESTDIR)

uninstall: ## remove what install put below PREFIX, and nothing else
	@$(ROOT)scripts/uninstall $(PREFIX) $(DESTDIR)

deb: staged ## Debian packages tabard and tabard-dev, in .build/packages
	@$(ROOT)scripts/make-deb $(STAGE) $(ROOT).build/packages

tarball: staged ## the staged tree with libssl, libcurl and what they need, for systems without them, in .build/packages
	@$(ROOT)scripts/make-tarball $(STAGE) $(ROOT).build/packages

sbom: staged ## what is in it, as SPDX 2.3: .build/stage/share/doc/tabard/tabard.spdx.json
	@$(ROOT)scripts/write-sbom $(STAGE)
	@echo $(STAGE)/share/doc/tabard/tabard.spdx.json

clean: ## remove what builds left
	rm -rf .build .build-*

.PHONY: help setup build stage check test demo bench bench-check reproducible docs fuzz soak staged install uninstall deb tarball sbom clean
