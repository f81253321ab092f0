# Penstock: `make help` lists the targets. Each is one short command; the work is in scripts/.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := run

# Arguments handed on, as in `make run ARGS="--once"` or `make test ARGS="--filter Manifest"`.
ARGS ?=
PREFIX ?= /usr/local
SWIFT_FLAGS := --explicit-target-dependency-import-check error
SOURCES := Package.swift Sources Tests PluginKit

# Where swiftly puts the toolchain, for a shell that does not know it yet.
export PATH := $(PATH):$(or $(SWIFTLY_BIN_DIR),$(HOME)/.local/share/swiftly/bin)

# Tests that run at one time: each starts processes and waits for them, and all at once starve each other.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 16

.PHONY: run test install uninstall package sbom fuzz fuzz-api drill check-dashboards check-deploy new-plugin calendars dashboard-libraries
.PHONY: browser-test smoke bench bench-peers tables coverage lint format build clean check-toolchain deps help

run: ## Build in release and run the main job with plugins.yaml (ARGS="--once")
	@exec scripts/run.sh $(ARGS)

test: ## Build in debug and run all tests (ARGS="--filter Manifest"); compares with TA-Lib's wheel where Python is
	@scripts/bootstrap.sh
	@scripts/golden.sh
	@exec swift test $(SWIFT_FLAGS) $(ARGS)

install: ## Build in release and install below PREFIX=/usr/local, that below DESTDIR=
	@scripts/bootstrap.sh
	@swift build -c release --product penstock $(SWIFT_FLAGS)
	@exec scripts/package.sh install $(PREFIX)

uninstall: ## Remove what install put below PREFIX=/usr/local
	@exec scripts/package.sh uninstall $(PREFIX)

package: ## Build in release; make the relocatable .tar.gz and the .deb, and run what was packed elsewhere
	@scripts/bootstrap.sh
	@swift build -c release --product penstock $(SWIFT_FLAGS)
	@scripts/package.sh archives
	@exec scripts/package.sh check

sbom: ## Build in release; write every part of the program with version and licence to .build/package/sbom.cdx.json (CycloneDX)
	@scripts/bootstrap.sh
	@swift build -c release --product penstock $(SWIFT_FLAGS)
	@exec scripts/package.sh sbom

fuzz: ## Feed damaged input to the parsers for a minute; an input that crashes one is kept (ARGS="frames")
	@exec scripts/fuzz.sh $(ARGS)

fuzz-api: ## Ask a running host what its own OpenAPI document allows and forbids, 100 requests a route (ARGS="--install")
	@exec scripts/fuzz-api.sh $(ARGS)

drill: ## Provoke each alert that can be, in a real Prometheus; an hour of a rule is a minute here
	@scripts/bootstrap.sh
	@PENSTOCK_DRILL=1 exec swift test $(SWIFT_FLAGS) --filter AlertDrillTests

check-dashboards: ## Hold deploy/grafana to Grafana's types, and ask a real Prometheus every query of every panel
	@exec scripts/check-dashboards.sh $(ARGS)

check-deploy: ## Hold deploy/ to the real Compose, hadolint, promtool and systemd-analyze, and Compose to wrong values
	@exec scripts/check-deploy.sh

new-plugin: ## Make, build, test and run plugins from the templates, and print the time (ARGS="all")
	@exec scripts/new-plugin.sh $(ARGS)

dashboard-libraries: ## Fetch the libraries the dashboard draws with, pinned by digest
	@exec scripts/dashboard-libraries.sh

browser-test: ## Look at every page of the dashboard in headless Chromium (ARGS="-k models"); needs Debian's chromium
	@exec scripts/browser-test.sh $(ARGS)

smoke: ## Run the main job once and as a service from the debug build
	@exec scripts/smoke.sh

bench: ## Build in release and print the table of benchmarks (ARGS="pipeline rest")
	@exec scripts/bench.sh $(ARGS)

bench-peers: ## Make .venv-bench with the Python programs that bench compares with
	@exec scripts/bench-peers.sh

tables: ## Build in release and make the tables of docs/results anew (ARGS="FOLDER")
	@exec scripts/tables.sh $(ARGS)

calendars: ## Make the table of trading calendars from the packages it comes from (ARGS="--check")
	@exec scripts/calendars.sh $(ARGS)

coverage: ## Run the tests with coverage and print it per module
	@exec scripts/coverage.sh

lint: ## Check the format and the rules of .swift-format
	@swift format lint --strict --recursive --parallel $(SOURCES)

format: ## Format the sources in place
	@swift format --in-place --recursive --parallel $(SOURCES)

build: ## Build everything in debug, tests too
	@scripts/bootstrap.sh
	@exec swift build --build-tests $(SWIFT_FLAGS)

clean: ## Remove what was built; var/ and .venv-* stay
	rm -rf .build .build-coverage .build-bench .build-fuzz PluginKit/.build

check-toolchain: ## Check that Swift is here and new enough
	@scripts/bootstrap.sh toolchain

deps: ## Install the system packages that are missing
	@scripts/bootstrap.sh packages

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 21
