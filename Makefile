# Quire: what you can ask of this repository. `make help` lists it.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# The program carries Swift's libraries with it: it starts faster, and runs where there is no Swift.
RELEASE := -c release --static-swift-stdlib
QUIRE := .build/release/quire

.DEFAULT_GOAL := help
.PHONY: help setup build demo test soak bench install uninstall format lint clean

help: ## Say what there is
	@echo "Quire: a scripting engine over a simulated Linux memory subsystem"
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## Install what the build needs (libreadline-dev, as root or with sudo)
	@sh Tests/setup.sh

build: setup ## Build everything, optimised
	$(SWIFT) build $(RELEASE)

demo: setup ## Run a workload script and show what the kernel did
	@echo "Building quire (the first time takes a minute or two) ..."
	@$(SWIFT) build $(RELEASE) --product quire
	@echo
	$(QUIRE) run samples/tour.quire

test: setup ## Run all tests
	@sh Tests/run.sh

soak: setup ## Run the long swarms: 20 times as many seeds, and 200 repeats (an hour or so)
	QUIRE_SOAK=20 sh Tests/run.sh
	sh Tests/determinism.sh 200 .build/debug/quire .build/tests/release/quire

bench: setup ## Measure, as ratios against lua5.4 and this machine's kernel
	$(SWIFT) build $(RELEASE) --product quire
	$(SWIFT) build $(RELEASE) --product quire-bench
	.build/release/quire-bench

install: setup ## Put one self-contained program at PREFIX/bin/quire
	$(SWIFT) build $(RELEASE) --product quire
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 755 $(QUIRE) "$(DESTDIR)$(PREFIX)/bin/quire"

uninstall: ## Remove it again
	rm -f "$(DESTDIR)$(PREFIX)/bin/quire"

format: ## Lay out the sources in the one style
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests stdlib

lint: ## Say where the sources leave the style
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests stdlib

clean: ## Remove what was built
	rm -rf .build
