# Every target is a few lines; nothing happens in CI that a target here does not do.
CARGO ?= cargo
SHELL := /bin/bash

.PHONY: help build run test lint fmt deny gen vectors bench fuzz-smoke dist startup-order setup

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

setup: ## install what a fresh machine lacks
	@./tests/setup.sh

build: setup ## build the binaries
	@$(CARGO) build --locked --workspace --bins

run: build ## the main job: a real release gate over stdio, from real reports to a verified runpack
	@./tests/demo/run.sh

test: build ## what CI runs
	@./tests/run.sh

lint: ## clippy and formatting, warnings are errors
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

fmt: ## format
	@$(CARGO) fmt --all

gen: build ## print schemas and reference pages from the types
	@DECISION_GATE_UPDATE=1 $(CARGO) nextest run --locked --workspace -E 'test(/up_to_date/)'

vectors: build ## NAME: N of M for every vector collection (DECISION_GATE_VECTORS)
	@./tests/vectors.sh

fuzz-smoke: ## each fuzz target for a few seconds (needs cargo-fuzz and nightly)
	@./fuzz/smoke.sh

bench: ## the table of ratios in README.md
	@./bench/run.sh

deny: ## licences, advisories, duplicates (needs cargo-deny)
	@$(CARGO) deny --locked check

dist: ## the release binaries, the bundle for MCP hosts, completions and manual pages
	@./bench/build.sh decision-gate-verify
	@./packaging/pack.sh target/dist/decision-gate target/dist/out
	@$(CARGO) run --locked --quiet -p decision-gate-cli --features pages -- pages target/dist/out

startup-order: ## write bench/startup.order anew (needs valgrind)
	@touch crates/decision-gate-cli/src/main.rs
	@STARTUP_ORDER=new ./bench/build.sh
